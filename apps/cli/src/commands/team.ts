import type { TeamDetail } from '@countersign/contracts';
import { costWords, moneyWords } from '@countersign/view';
import { say } from '../../../../scripts/lib/report.mjs';
import type { TeamVerb } from '../api/client.js';
import { signIn } from '../api/sign-in.js';
import { print } from '../ui/print.js';
import { printFacts, printTable } from '../ui/table.js';
import { stateWord } from '../ui/words.js';
import { EXIT, textFlag, UsageError, type Command } from './command.js';
import { output } from './data.js';
import { findTeam } from './find-team.js';

const USUAL = 'asha';

const list: Command = {
  usage: '',
  summary: 'the teams of a customer; all of them for platform staff',
  async run(call) {
    const teams = await (await signIn(call, USUAL)).teams();
    output(call.global.json, teams, () => printTable(['TEAM', 'NAME', 'STATE', 'MODE', 'BUNDLE'], teams.map(({ id, name, state, mode, bundleId }) => [id, name, stateWord(state), mode, bundleId])));
    return EXIT.done;
  },
};

const status: Command = {
  usage: '[team]',
  summary: 'members, budget and goals of a team',
  words: [0, 1],
  async run(call) {
    const client = await signIn(call, USUAL);
    const team = await client.team((await findTeam(client, call.words[0])).id);
    output(call.global.json, team, printTeam);
    return EXIT.done;
  },
};

function printTeam(team: TeamDetail): void {
  const { usd_micros: cost, tokens } = team.budget;
  const dollars = (amountMicros: number): string => moneyWords({ amountMicros, currency: 'USD' });
  printFacts([
    ['team', `${team.name} (${team.id})`],
    ['state', `${stateWord(team.state)}${team.stateReason ? `: ${team.stateReason}` : ''}`],
    ['mode', team.mode],
    ['cost', `${dollars(cost.spent)} of ${dollars(cost.granted)}, ${dollars(cost.held)} held, at most ${dollars(cost.overshoot)} more for calls under way`],
    ['tokens', `${tokens.spent} of ${tokens.granted}`],
    ...team.members.map(({ name, skill, agent, state }): [string, string] => ['member', `${name}: ${skill} (${agent}), ${state}`]),
  ]);
  if (team.goals.length > 0) print('');
  printTable(['GOAL', 'STATE', 'COST', 'TEXT'], team.goals.map(({ id, state, cost: spent, text }) => [id, stateWord(state), costWords(spent), text]));
}

const hire: Command = {
  usage: '<bundle> [--mode trial|production]',
  summary: 'hire a team; it works once it is certified and deployed',
  options: { mode: { type: 'string' } },
  words: [1, 1],
  async run(call) {
    const [bundleId = ''] = call.words;
    const mode = textFlag(call, 'mode') ?? 'trial';
    if (mode !== 'trial' && mode !== 'production') throw new UsageError(`--mode is trial or production, not "${mode}"`);
    const hired = await (await signIn(call, USUAL)).hire(bundleId, mode);
    output(call.global.json, hired, ({ id }) => print(id));
    if (!call.global.json) say(`  next: countersign team certify ${hired.id} (genesis), then countersign team deploy ${hired.id}`);
    return EXIT.done;
  },
};

/** A verb of the team's life, done by the persona who usually may. */
function move(verb: TeamVerb, usual: string, summary: string, needsReason: boolean): Command {
  return {
    usage: `<team>${needsReason ? ' --reason "…"' : ''}`,
    summary,
    options: { reason: { type: 'string' } },
    words: [0, 1],
    async run(call) {
      const reason = textFlag(call, 'reason');
      if (needsReason && !reason) throw new UsageError('why? people will read it', '--reason "…"');
      const client = await signIn(call, usual);
      const { id } = await findTeam(client, call.words[0]);
      const moved = await client.moveTeam(id, verb, reason);
      output(call.global.json, moved, ({ state, approvalId }) => print([id, state, ...(approvalId === undefined ? [] : [approvalId])].join('\t')));
      if (moved.approvalId === undefined) return EXIT.done;
      if (!call.global.json) say(`  it waits for a person’s yes to the team’s manager: countersign agent approve ${moved.approvalId}`);
      return EXIT.denied;
    },
  };
}

export const team = {
  hire,
  list,
  status,
  certify: move('certify', 'genesis', 'certify a requested team', false),
  deploy: move('deploy', USUAL, 'put a certified team to work', false),
  suspend: move('suspend', USUAL, 'stop a team at once; the helpdesk takes the conversation', true),
  reactivate: move('reactivate', 'gov', 'let a suspended team go on', false),
};
