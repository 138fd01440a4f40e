import type { GoalDetail, TeamSummary } from '@countersign/contracts';
import { ApiError } from '../api/api-error.js';
import type { ApiClient } from '../api/client.js';
import { UsageError } from './command.js';

const SHORTEST = 4;

/** A team by id, the end of an id as lists show it, bundle or name; the only one there is when nothing was said. */
export async function findTeam(client: Pick<ApiClient, 'teams'>, said: string | undefined): Promise<TeamSummary> {
  const teams = await client.teams();
  const found = said === undefined ? teams.filter(({ state }) => state !== 'archived') : teams.filter((team) => isMeant(team, said));
  if (found.length === 1 && found[0]) return found[0];
  const names = found.map(({ id, name }) => `${id} (${name})`).join(', ');
  if (found.length > 1) throw new UsageError(said === undefined ? 'which team?' : `"${said}" could be more than one team`, `--team with one of: ${names}`);
  throw notFound(said === undefined ? 'no team yet' : `no team "${said}"`);
}

const isMeant = (team: TeamSummary, said: string): boolean => team.id === said || team.name === said || team.bundleId === said || (said.length >= SHORTEST && team.id.endsWith(said));

/** A goal by its id or the end of it, in whichever of the person's teams it is; an end that several have names none of them. */
export async function findGoal(client: Pick<ApiClient, 'teams' | 'goals' | 'goal'>, said: string): Promise<{ team: TeamSummary; goal: GoalDetail }> {
  const teams = await client.teams();
  const goals = (await Promise.all(teams.map(async (team) => (await client.goals(team.id)).map(({ id }) => ({ team, id }))))).flat();
  const whole = goals.filter(({ id }) => id === said);
  const found = whole.length > 0 || said.length < SHORTEST ? whole : goals.filter(({ id }) => id.endsWith(said));
  const [first, ...others] = found;
  if (!first) throw notFound(`no goal "${said}"`);
  if (others.length > 0) throw new UsageError(`"${said}" could be more than one goal`, `one of: ${found.map(({ id, team }) => `${id} (${team.name})`).join(', ')}`);
  return { team: first.team, goal: await client.goal(first.team.id, first.id) };
}

/** The same answer as the gateway's for something that is not there or is somebody else's. */
const notFound = (detail: string): ApiError => new ApiError({ title: 'Not found', status: 404, code: 'not_found', detail });
