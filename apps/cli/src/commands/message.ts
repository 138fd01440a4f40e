import type { MemberMessageView } from '@countersign/contracts';
import { imageSize, refusesFiles } from '@countersign/contracts/attachments';
import { questionWords } from '@countersign/view';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
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
  summary: 'what was written to members, by whom, and how far it has come with each',
  options: { ...TEAM, member: { type: 'string' }, archived: { type: 'boolean' } },
  async run(call) {
    const { client, teamId } = await open(call);
    const member = textFlag(call, 'member');
    const found = await client.messages(teamId, { ...(member === undefined ? {} : { member: await memberNamed(client, teamId, member) }), ...(call.flags['archived'] === true ? { archived: 'true' } : {}) });
    output(call.global.json, found, (all) => printTable(['SEQ', 'AT', 'KIND', 'FROM', 'TO', 'TEXT', 'RECEIPTS'], all.map((message) => [String(message.seq), message.at, message.kind, message.from || 'somebody', message.to?.name ?? 'everybody', message.text, receipts(message)])));
    return EXIT.done;
  },
};

const send: Command = {
  usage: '"text" [--to MEMBER] [--task ID] [--attach FILE]… [--team T]',
  summary: 'write to a member, or to all of them; they answer their manager',
  options: { ...TEAM, to: { type: 'string' }, task: { type: 'string' }, attach: { type: 'string', multiple: true } },
  words: [1, 1],
  async run(call) {
    const files = await readFiles((call.flags['attach'] ?? []) as readonly string[]);
    const { client, teamId } = await open(call);
    const [to, taskId] = [textFlag(call, 'to'), textFlag(call, 'task')];
    const body = { text: call.words[0]!, ...(to === undefined ? {} : { to: await memberNamed(client, teamId, to) }), ...(taskId === undefined ? {} : { taskId }) };
    const attachments = [];
    for (const { name, bytes } of files) attachments.push({ name, sha256: (await client.putAttachment(teamId, bytes)).sha256 });
    output(call.global.json, await client.sendMessage(teamId, { ...body, ...(attachments.length > 0 ? { attachments } : {}) }), ({ id }) => print(id));
    return EXIT.done;
  },
};

/** All of them, judged by the rule of the house before any is sent. */
async function readFiles(paths: readonly string[]): Promise<readonly { name: string; bytes: Uint8Array }[]> {
  const files = await Promise.all(paths.map(async (path) => ({ name: basename(path), bytes: await readFile(path).catch((cause: unknown) => { throw new UsageError(`cannot read ${path}: ${(cause as Error).message}`); }) })));
  const unfit = refusesFiles(files.map(({ bytes }) => ({ bytes: bytes.length, image: imageSize(bytes) })));
  if (unfit) throw new UsageError(unfit.message);
  return files;
}

const erase: Command = {
  usage: '<message id> [--team T]',
  summary: 'have a message’s words and files erased for good; their hashes stay on record',
  options: TEAM,
  words: [1, 1],
  async run(call) {
    const { client, teamId } = await open(call);
    await client.eraseMessage(teamId, call.words[0]!);
    print('erased');
    return EXIT.done;
  },
};

const interrupt: Command = {
  usage: '<member> "text" [--stop] [--team T]',
  summary: 'have the next call of each of a member’s agents answered with this; --stop ends at once what it does and was about to do',
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

const questions: Command = {
  usage: '[--open] [--team T]',
  summary: 'what members ask about their tasks, and what became of it',
  options: { ...TEAM, open: { type: 'boolean' } },
  async run(call) {
    const { client, teamId } = await open(call);
    const asked = await client.clarifications(teamId, call.flags['open'] === true ? { open: 'true' } : {});
    output(call.global.json, asked, (all) => printTable(['QUESTION', 'AT', 'MEMBER', 'TASK', 'STANDS', 'ASKS', 'ANSWER'], all.map((each) => [each.id, each.at, each.member.name, each.title, questionWords(each), [each.question, ...each.choices.map((choice) => `[${choice}]`)].join(' '), each.answer])));
    return EXIT.done;
  },
};

const answer: Command = {
  usage: '<question id> "text" [--team T]',
  summary: 'answer what a member asks; it waits for it',
  options: TEAM,
  words: [2, 2],
  async run(call) {
    const { client, teamId } = await open(call);
    output(call.global.json, await client.answerClarification(teamId, call.words[0]!, call.words[1]!), ({ id }) => print(id));
    return EXIT.done;
  },
};

const shutdown: Command = {
  usage: '<member> "why" [--wait SECONDS] | <member> --stop [--team T]',
  summary: 'ask a member to end, which it answers; --stop ends one that said no, or nothing in time',
  options: { ...TEAM, wait: { type: 'string' }, stop: { type: 'boolean' } },
  words: [1, 2],
  async run(call) {
    const [member, reason] = call.words;
    const ends = call.flags['stop'] === true;
    if (ends === (reason !== undefined)) throw new UsageError('say why, or --stop');
    const waits = textFlag(call, 'wait');
    const waitSeconds = waits === undefined ? undefined : Number(waits);
    if (waitSeconds !== undefined && !Number.isSafeInteger(waitSeconds)) throw new UsageError(`so many seconds, not "${waits}"`);
    const { client, teamId } = await open(call);
    const memberId = await memberNamed(client, teamId, member);
    if (ends) output(call.global.json, await client.endMember(teamId, memberId), ({ stopped }) => print(`${stopped} stopped`));
    else output(call.global.json, await client.askShutdown(teamId, memberId, { reason: reason!, ...(waitSeconds === undefined ? {} : { waitSeconds }) }), ({ id }) => print(id));
    return EXIT.done;
  },
};

export const message = { list, send, interrupt, archive, erase, questions, answer, shutdown };
