import { goalMachine, isTerminal, MOST_PLACES, USUAL_PLACES, type GoalState, type PlacesView } from '@countersign/contracts';
import { say } from '../../../../scripts/lib/report.mjs';
import type { ApiClient } from '../api/client.js';
import { signIn } from '../api/sign-in.js';
import { printTable } from '../ui/table.js';
import { EXIT, textFlag, UsageError, type Call, type Command } from './command.js';
import { output } from './data.js';
import { findGoal, findTeam } from './find-team.js';
import { followToRest, submitSaid } from './goal.js';

const USUAL = 'asha';

/** What is to be fanned out: a new goal, one that is there, or nothing yet. */
interface Wanted {
  readonly places: number;
  readonly text: string | undefined;
}

export const fanout: Command = {
  usage: '[N] ["goal" | --goal ID] [--team T] [--repo PATH] [--branch NAME] [--repair FILE] [--no-wait]',
  summary: `have N places for agents ready (${USUAL_PLACES} unless said), none of which spends anything before it works; with a goal the manager delegates it to at most N workers`,
  options: { team: { type: 'string' }, goal: { type: 'string' }, repo: { type: 'string' }, branch: { type: 'string' }, repair: { type: 'string' }, 'no-wait': { type: 'boolean' } },
  words: [0, 2],
  async run(call) {
    const { places, text } = readWords(call.words);
    const known = textFlag(call, 'goal');
    if (text !== undefined && known !== undefined) throw new UsageError('a new goal, or one that is there?', 'either "text" or --goal ID');
    const client = await signIn(call, USUAL);
    const { teamId, goalId, state } = await goalOf(call, client, text, known);
    // before anything can fail: it is there, whatever becomes of the places
    if (text !== undefined) say(`  goal ${goalId} is planned`);
    const answer = await client.fanOut(teamId, places);
    const delegated = goalId === undefined || answer.ready.length === 0 ? undefined : await client.delegateGoal(teamId, goalId, Math.min(places, answer.ready.length));
    output(call.global.json, { ...answer, ...(goalId === undefined ? {} : { goal: { id: goalId, ...delegated } }) }, () => printPlaces(answer));
    if (!call.global.json) sayRefusals(answer);
    const enough = answer.ready.length >= places ? EXIT.done : EXIT.denied;
    if (goalId === undefined) return enough;
    if (!delegated) {
      say(`  ${whatStays(goalId, state ?? 'planned', places)}`);
      return EXIT.denied;
    }
    if (!call.global.json) say(`  ${delegated.switchedFrom === undefined ? '' : `mode: ${delegated.switchedFrom} → ${delegated.mode}; `}goal ${goalId} is delegated to at most ${Math.min(places, answer.ready.length)} at a time`);
    return call.flags['no-wait'] === true ? enough : followToRest(client, teamId, goalId, { grid: true });
  },
};

/** What there is to say of a goal that no place was free for. */
function whatStays(goalId: string, state: GoalState, places: number): string {
  if (isTerminal(goalMachine, state)) return `The goal ${goalId} is ${state}: nobody is needed for it`;
  const stays = state === 'planned' ? 'stays planned and nobody works on it' : `stays ${state}, with those who work on it already`;
  return `The goal ${goalId} ${stays}: countersign agent fanout ${places} --goal ${goalId}`;
}

/** A new goal is only planned at first: nobody works before there is room for them. */
async function goalOf(call: Call, client: ApiClient, text: string | undefined, known: string | undefined): Promise<{ teamId: string; goalId?: string; state?: GoalState }> {
  if (known !== undefined) {
    const { team, goal } = await findGoal(client, known);
    return { teamId: team.id, goalId: goal.id, state: goal.state };
  }
  const team = await findTeam(client, textFlag(call, 'team'));
  return text === undefined ? { teamId: team.id } : { teamId: team.id, goalId: (await submitSaid(call, client, team.id, text, 'plan')).id };
}

/** `[N] ["goal"]`: a first word that is a number is the number. */
function readWords([first, second]: readonly string[]): Wanted {
  if (first !== undefined && second === undefined && !/^[-\d]/.test(first.trim())) return { places: USUAL_PLACES, text: textIn(first) };
  return { places: placesIn(first), text: second === undefined ? undefined : textIn(second) };
}

function textIn(said: string): string {
  if (said.trim() === '') throw new UsageError('which goal?', 'countersign agent fanout 4 "what is to be done"');
  return said;
}

function placesIn(said: string | undefined): number {
  if (said === undefined) return USUAL_PLACES;
  const places = Number(said);
  if (!/^\d+$/.test(said) || places < 1 || places > MOST_PLACES) throw new UsageError(`how many places? a whole number from 1 to ${MOST_PLACES}, not "${said}"`);
  return places;
}

const printPlaces = ({ ready }: PlacesView): void =>
  printTable(['PLACE', 'ROLE', 'TEMPLATE', 'HOW', 'UNUSED UNTIL'], ready.map(({ instanceID, role, templateID, how, until }) => [instanceID, role, templateID, how, until]));

/** What is not there, each with the rule that said no, and what can be done about it. */
function sayRefusals({ wanted, ready, refused }: PlacesView): void {
  if (ready.length >= wanted) return;
  say(`  ${ready.length} of ${wanted} places are ready; they stay. Refused:`);
  for (const { templateID, code, reason, decisionID } of refused) say(`    ${templateID}  ${code}  ${reason}  (countersign policy explain ${decisionID})`);
  const questions = refused.flatMap(({ approvalID }) => approvalID ?? []);
  for (const question of questions) say(`  a person other than you says yes or no: countersign agent approve|deny ${question}`);
  say('  When room is there again (countersign agent list shows who holds it), the same command asks for the rest.');
}
