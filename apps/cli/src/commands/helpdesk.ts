import type { HelpdeskNote } from '@countersign/contracts';
import { signIn } from '../api/sign-in.js';
import { print } from '../ui/print.js';
import { printTable } from '../ui/table.js';
import { EXIT, textFlag, type Command } from './command.js';
import { output } from './data.js';
import { findTeam } from './find-team.js';

const open: Command = {
  usage: '[team] [--reason "…"]',
  summary: 'open the helpdesk of a suspended team, where its bundle left that to be decided',
  options: { reason: { type: 'string' } },
  words: [0, 1],
  async run(call) {
    const client = await signIn(call, 'gov');
    const { id } = await findTeam(client, call.words[0]);
    output(call.global.json, await client.openHelpdesk(id, textFlag(call, 'reason') ?? ''), ({ state }) => print(`${id}\t${state}`));
    return EXIT.done;
  },
};

const handoff: Command = {
  usage: '[team]',
  summary: 'the hand-off packet of the newest suspension (HDP-1.0), as JSON',
  words: [0, 1],
  async run(call) {
    const client = await signIn(call, 'gov');
    const packet = await client.handoff((await findTeam(client, call.words[0])).id);
    output(call.global.json, packet, () => print(JSON.stringify(packet, null, 2)));
    return EXIT.done;
  },
};

const note: Command = {
  usage: '<team> "message"',
  summary: 'leave a message for a person of the platform while your team is suspended',
  words: [2, 2],
  async run(call) {
    const [said = '', text = ''] = call.words;
    const client = await signIn(call, 'asha');
    const left = await client.leaveNote((await findTeam(client, said)).id, text);
    output(call.global.json, left, ({ id }) => print(id));
    return EXIT.done;
  },
};

const notes: Command = {
  usage: '[team]',
  summary: 'what was left for a person, and the answers',
  words: [0, 1],
  async run(call) {
    const client = await signIn(call, 'asha');
    output(call.global.json, await client.notes((await findTeam(client, call.words[0])).id), printNotes);
    return EXIT.done;
  },
};

const printNotes = (all: readonly HelpdeskNote[]): void => printTable(['AT', 'MESSAGE', 'ANSWER'], all.map(({ at, text, answer }) => [at, text, answer ?? 'not yet']));

export const helpdesk = { open, handoff, note, notes };
