import type { GoalDetail, TeamSummary } from '@countersign/contracts';
import { ApiError } from '../api/api-error.js';
import type { ApiClient } from '../api/client.js';
import { UsageError } from './command.js';

const SHORTEST = 4;

/** A team by id, the end of an id as lists show it, bundle or name; the only one there is when nothing was said. */
export async function findTeam(client: ApiClient, said: string | undefined): Promise<TeamSummary> {
  const teams = await client.teams();
  const found = said === undefined ? teams.filter(({ state }) => state !== 'archived') : teams.filter((team) => isMeant(team, said));
  if (found.length === 1 && found[0]) return found[0];
  const names = found.map(({ id, name }) => `${id} (${name})`).join(', ');
  if (found.length > 1) throw new UsageError(said === undefined ? 'which team?' : `"${said}" could be more than one team`, `--team with one of: ${names}`);
  throw notFound(said === undefined ? 'no team yet' : `no team "${said}"`);
}

const isMeant = (team: TeamSummary, said: string): boolean => team.id === said || team.name === said || team.bundleId === said || (said.length >= SHORTEST && team.id.endsWith(said));

/** A goal by its id, in whichever of the person's teams it is. */
export async function findGoal(client: ApiClient, goalId: string): Promise<{ team: TeamSummary; goal: GoalDetail }> {
  for (const team of await client.teams()) {
    const summary = (await client.goals(team.id)).find(({ id }) => id === goalId || (goalId.length >= SHORTEST && id.endsWith(goalId)));
    if (summary) return { team, goal: await client.goal(team.id, summary.id) };
  }
  throw notFound(`no goal "${goalId}"`);
}

/** The same answer as the gateway's for something that is not there or is somebody else's. */
const notFound = (detail: string): ApiError => new ApiError({ title: 'Not found', status: 404, code: 'not_found', detail });
