import type { MemberMessageView } from '@countersign/contracts';
import type { ApiClient } from '../api/client.js';
import { signIn } from '../api/sign-in.js';
import { print } from '../ui/print.js';
import { printTable } from '../ui/table.js';
import { EXIT, textFlag, UsageError, type Call, type Command, type Options } from './command.js';
import { output } from './data.js';
import { findTeam } from './find-team.js';

const USUAL = 'asha';
const TEAM: Options = { team: { type: 'string' } };

const open = async (call: Call): Promise<{ client: ApiClient; teamId: string }> => {
  const client = await signIn(call, USUAL);
  return { client, teamId: (await findTeam(client, textFlag(call, 'team'))).id };
};

/** A member by name or id; one place for all commands that name one. */
export async function memberNamed(client: ApiClient, teamId: string, said: string | undefined): Promise<string> {
  const { members } = await client.team(teamId);
  const found = members.find(({ id, name }) => said !== undefined && (id === said || name.toLowerCase() === said.toLowerCase()));
  if (!found) throw new UsageError(said === undefined ? 'which member?' : `no member "${said}"`, `one of: ${members.map(({ name }) => name).join(', ')}`);
  return found.id;
}

const receipts = ({ receipts: all }: MemberMessageView): string => all.map(({ member, state }) => `${member.name}: ${state}`).join(', ');

const list: Command = {
  usage: '[--member M] [--archived] [--team T]',
  summary: 'what people wrote to members, and how far it has come with each',
  options: { ...TEAM, member: { type: 'string' }, archived: { type: 'boolean' } },
  async run(call) {
    const { client, teamId } = await open(call);
    const member = textFlag(call, 'member');
    const found = await client.messages(teamId, { ...(member === undefined ? {} : { member: await memberNamed(client, teamId, member) }), ...(call.flags['archived'] === true ? { archived: 'true' } : {}) });
    output(call.global.json, found, (all) => printTable(['SEQ', 'AT', 'KIND', 'TO', 'TEXT', 'RECEIPTS'], all.map((message) => [String(message.seq), message.at, message.kind, message.to?.name ?? 'everybody', message.text, receipts(message)])));
    return EXIT.done;
  },
};

const send: Command = {
  usage: '"text" [--to MEMBER] [--team T]',
  summary: 'write to a member, or to all of them; they answer their manager',
  options: { ...TEAM, to: { type: 'string' } },
  words: [1, 1],
  async run(call) {
    const { client, teamId } = await open(call);
    const to = textFlag(call, 'to');
    const sent = await client.sendMessage(teamId, { text: call.words[0]!, ...(to === undefined ? {} : { to: await memberNamed(client, teamId, to) }) });
    output(call.global.json, sent, ({ id }) => print(id));
    return EXIT.done;
  },
};

const interrupt: Command = {
  usage: '<member> "text" [--stop] [--team T]',
  summary: 'have a member’s next tool call answered with this; --stop also ends what it does now',
  options: { ...TEAM, stop: { type: 'boolean' } },
  words: [2, 2],
  async run(call) {
    const { client, teamId } = await open(call);
    const done = await client.interrupt(teamId, await memberNamed(client, teamId, call.words[0]), { text: call.words[1]!, ...(call.flags['stop'] === true ? { stop: true } : {}) });
    output(call.global.json, done, ({ id, stopped }) => print(`${id}\t${stopped} stopped`));
    return EXIT.done;
  },
};

const archive: Command = {
  usage: '<seq> [--team T]',
  summary: 'put away what was written up to there, as the list numbers it',
  options: TEAM,
  words: [1, 1],
  async run(call) {
    const upTo = Number(call.words[0]);
    if (!Number.isSafeInteger(upTo) || upTo < 1) throw new UsageError(`up to which message? a number of the list, not "${call.words[0]}"`);
    const { client, teamId } = await open(call);
    output(call.global.json, await client.archiveMessages(teamId, upTo), ({ count }) => print(`${count} put away`));
    return EXIT.done;
  },
};

export const message = { list, send, interrupt, archive };
