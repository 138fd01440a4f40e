import { MOST_PLACES, USUAL_PLACES, type PlacesView } from '@countersign/contracts';
import { say } from '../../../../scripts/lib/report.mjs';
import { signIn } from '../api/sign-in.js';
import { printTable } from '../ui/table.js';
import { EXIT, textFlag, UsageError, type Command } from './command.js';
import { output } from './data.js';
import { findTeam } from './find-team.js';

const USUAL = 'asha';

export const fanout: Command = {
  usage: '[N] [--team T]',
  summary: `make sure that N places for agents stand ready (${USUAL_PLACES} unless said); what stands there counts, and none spends anything before it works`,
  options: { team: { type: 'string' } },
  words: [0, 1],
  async run(call) {
    const places = placesIn(call.words[0]);
    const client = await signIn(call, USUAL);
    const team = await findTeam(client, textFlag(call, 'team'));
    const answer = await client.fanOut(team.id, places);
    output(call.global.json, answer, ({ ready }) => printTable(['PLACE', 'ROLE', 'TEMPLATE', 'HOW', 'UNUSED UNTIL'], ready.map(({ instanceID, role, templateID, how, until }) => [instanceID, role, templateID, how, until])));
    if (!call.global.json) sayRefusals(answer);
    return answer.ready.length >= places ? EXIT.done : EXIT.denied;
  },
};

function placesIn(said: string | undefined): number {
  if (said === undefined) return USUAL_PLACES;
  const places = Number(said);
  if (!/^\d+$/.test(said) || places < 1 || places > MOST_PLACES) throw new UsageError(`how many places? a whole number from 1 to ${MOST_PLACES}, not "${said}"`);
  return places;
}

/** What is not there, each with the rule that said no, and what can be done about it. */
export function sayRefusals({ wanted, ready, refused }: PlacesView): void {
  if (ready.length >= wanted) return;
  say(`  ${ready.length} of ${wanted} places are ready; they stay. Refused:`);
  for (const { templateID, code, reason, decisionID } of refused) say(`    ${templateID}  ${code}  ${reason}  (countersign policy explain ${decisionID})`);
  const questions = refused.flatMap(({ approvalID }) => approvalID ?? []);
  for (const question of questions) say(`  a person other than you says yes or no: countersign agent approve|deny ${question}`);
  say(`  When room is there again (countersign agent list shows who holds it), the same command asks for the rest.`);
}
