import { readFileSync } from 'node:fs';
import type { ContextSummary, ContextVersionView, SharedReach } from '@countersign/contracts';
import type { ApiClient } from '../api/client.js';
import { signIn } from '../api/sign-in.js';
import { print, visible } from '../ui/print.js';
import { printFacts, printTable } from '../ui/table.js';
import { EXIT, textFlag, UsageError, type Call, type Command, type Options } from './command.js';
import { output } from './data.js';
import { findTeam } from './find-team.js';

const USUAL = 'asha';
const SHORTEST = 4;
const TEAM: Options = { team: { type: 'string' } };

const open = async (call: Call): Promise<{ client: ApiClient; teamId: string }> => {
  const client = await signIn(call, USUAL);
  return { client, teamId: (await findTeam(client, textFlag(call, 'team'))).id };
};

/** Something shared by its name, its id or the end of it. */
async function sharedNamed(client: ApiClient, teamId: string, said = ''): Promise<ContextSummary> {
  const { items } = await client.workspace(teamId);
  const found = items.filter(({ id, name }) => id === said || name === said || (said.length >= SHORTEST && id.endsWith(said)));
  if (found.length === 1 && found[0]) return found[0];
  throw new UsageError(found.length === 0 ? `the team shares nothing called "${said}"` : `"${said}" could be more than one`, 'countersign workspace list');
}

const REACH_WORDS: Readonly<Record<SharedReach, string>> = { whole: 'all of it', cut: 'its beginning', none: 'nothing' };

/** Who wrote it, from what, and what became of it. */
const writtenBy = ({ version, writer, by, expected, at, overwrote, erasedAt }: ContextVersionView): [string, string] => [
  `version ${version}`,
  [`${writer}${by === 'manager' ? ' (the result of a task)' : ''}`, at, ...(expected > 0 ? [`from version ${expected}`] : []), ...(overwrote ? ['over one not seen'] : []), ...(erasedAt ? ['erased'] : [])].join(', '),
];

function versionSaid(version: string | undefined): string {
  if (version === undefined || !/^[1-9]\d{0,5}$/.test(version)) throw new UsageError('which version?', '--version N');
  return version;
}

/** A file's text, or standard input's where the file is `-`. */
const textOf = (file: string): string => readFileSync(file === '-' ? 0 : file, 'utf8');

const list: Command = {
  usage: '[--team T]',
  summary: 'what the team shares, and how much it keeps',
  options: TEAM,
  async run(call) {
    const { client, teamId } = await open(call);
    const workspace = await client.workspace(teamId);
    output(call.global.json, workspace, ({ items }) => printTable(['ID', 'NAME', 'FOR', 'VERSION', 'BYTES', 'MEMBERS GET', 'AT'], items.map(({ id, name, visibility, taskId, version, size, reaches, at }) => [id, name, visibility === 'team' ? 'everybody' : `task ${taskId}`, String(version), String(size), REACH_WORDS[reaches], at])));
    return EXIT.done;
  },
};

const show: Command = {
  usage: '<name|id> [--version N] [--team T]',
  summary: 'its newest version, or another, and who wrote which from what',
  options: { ...TEAM, version: { type: 'string' } },
  words: [1, 1],
  async run(call) {
    const { client, teamId } = await open(call);
    const { id } = await sharedNamed(client, teamId, call.words[0]);
    const version = textFlag(call, 'version');
    if (version !== undefined) {
      output(call.global.json, await client.sharedVersion(teamId, id, versionSaid(version)), (one) => {
        printFacts([writtenBy(one)]);
        print(visible(one.content ?? '(erased)'));
      });
      return EXIT.done;
    }
    const { value } = await client.shared(teamId, id);
    output(call.global.json, value, ({ name, versions, content }) => {
      printFacts([['name', name], ...versions.map(writtenBy)]);
      print(visible(content ?? '(erased)'));
    });
    return EXIT.done;
  },
};

const add: Command = {
  usage: '<name> <file|-> [--task ID] [--team T]',
  summary: 'share a text with the team, or with whoever has a task',
  options: { ...TEAM, task: { type: 'string' } },
  words: [2, 2],
  async run(call) {
    const { client, teamId } = await open(call);
    const task = textFlag(call, 'task');
    output(call.global.json, await client.share(teamId, { name: call.words[0]!, content: textOf(call.words[1]!), ...(task === undefined ? {} : { taskId: task }) }), ({ id }) => print(id));
    return EXIT.done;
  },
};

const write: Command = {
  usage: '<name|id> <file|-> [--version N] [--overwrite] [--team T]',
  summary: 'write another version, of the newest unless said; refused with both versions where somebody was quicker',
  options: { ...TEAM, version: { type: 'string' }, overwrite: { type: 'boolean' } },
  words: [2, 2],
  async run(call) {
    const { client, teamId } = await open(call);
    const { id, version } = await sharedNamed(client, teamId, call.words[0]);
    const from = textFlag(call, 'version') ?? String(version);
    if (!/^\d{1,9}$/.test(from)) throw new UsageError(`which version? a number, not "${from}"`);
    const written = await client.writeShared(teamId, id, textOf(call.words[1]!), `"${from}"`, call.flags['overwrite'] === true);
    output(call.global.json, written, (now) => print(`${now.id}\t${now.version}`));
    return EXIT.done;
  },
};

const erase: Command = {
  usage: '<name|id> --version N [--team T]',
  summary: 'have the content of a version erased; its hash stays on the record',
  options: { ...TEAM, version: { type: 'string' } },
  words: [1, 1],
  async run(call) {
    const version = versionSaid(textFlag(call, 'version'));
    const { client, teamId } = await open(call);
    const { id } = await sharedNamed(client, teamId, call.words[0]);
    await client.eraseShared(teamId, id, version);
    output(call.global.json, { id, version: Number(version) }, () => print(`${id}\t${version}\terased`));
    return EXIT.done;
  },
};

const files: Command = {
  usage: '[--team T]',
  summary: 'the files of drafts, with the ids that `workspace shred` takes; what of them stays at the end, `team export` brings',
  options: TEAM,
  async run(call) {
    const { client, teamId } = await open(call);
    output(call.global.json, await client.files(teamId), (items) => printTable(['ID', 'FILE', 'VERSION', 'BYTES', 'TASK', 'AT'], items.map(({ id, name, version, size, taskId, erased, at }) => [id, visible(name), String(version), erased ? 'erased' : String(size), taskId ?? '', at])));
    return EXIT.done;
  },
};

const shred: Command = {
  usage: '<artifact id> --version N [--team T]',
  summary: 'have the bytes of a file of a finished goal erased; its hash stays on the record',
  options: { ...TEAM, version: { type: 'string' } },
  words: [1, 1],
  async run(call) {
    const version = versionSaid(textFlag(call, 'version'));
    const { client, teamId } = await open(call);
    await client.eraseFile(teamId, call.words[0]!, version);
    output(call.global.json, { id: call.words[0], version: Number(version) }, () => print(`${call.words[0]}\t${version}\terased`));
    return EXIT.done;
  },
};

export const workspace = { list, show, add, write, erase, files, shred };
