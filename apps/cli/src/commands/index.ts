import { ApiError, UnreachableError } from '../api/api-error.js';
import { visible } from '../ui/print.js';
import { EXIT, readCall, UsageError, type Command } from './command.js';
import { paint, say, showThrough } from '../../../../scripts/lib/report.mjs';
/** Commands are loaded when they are asked for: `token` should not wait for what `up` needs. */
type Loader = () => Promise<Command>;
type Entry = Loader | Readonly<Record<string, Loader>>;

const COMMANDS: Readonly<Record<string, Entry>> = {
  up: async () => (await import('./up.js')).up,
  down: async () => (await import('./down.js')).down,
  status: async () => (await import('./status.js')).status,
  reset: async () => (await import('./reset.js')).reset,
  demo: async () => (await import('./demo.js')).demo,
  dev: async () => (await import('./dev.js')).dev,
  doctor: async () => (await import('./doctor.js')).doctor,
  person: group(async () => (await import('./person.js')).person, ['add', 'list', 'erase']),
  token: async () => (await import('./token.js')).token,
  bundle: group(async () => (await import('./bundle.js')).bundle, ['list', 'show', 'price', 'apply', 'draft', 'review', 'publish', 'rollback', 'drop']),
  team: group(async () => (await import('./team.js')).team, ['hire', 'certification', 'certify', 'reject', 'deploy', 'list', 'status', 'members', 'log', 'work', 'recommended', 'trial', 'suspend', 'reactivate', 'complete', 'dissolve', 'cancel', 'archive', 'promote', 'extend', 'rate', 'export', 'coordinate', 'handback', 'revert', 'bench', 'unbench', 'replace']),
  helpdesk: group(async () => (await import('./helpdesk.js')).helpdesk, ['open', 'handoff', 'note', 'notes']),
  escalation: group(async () => (await import('./escalation.js')).escalation, ['list', 'ack', 'resolve', 'record']),
  layout: group(async () => (await import('./team-files.js')).layout, ['export', 'import']),
  charter: async () => (await import('./charter.js')).charter,
  review: group(async () => (await import('./review.js')).review, ['recommend', 'reject', 'waive', 'list']),
  evolution: group(async () => (await import('./evolution.js')).evolution, ['propose', 'list', 'show', 'confirm', 'approve', 'reject', 'withdraw']),
  goal: group(async () => (await import('./goal.js')).goal, ['submit', 'status', 'retry', 'skip', 'cancel', 'pause', 'resume']),
  board: group(async () => (await import('./board.js')).board, ['show', 'history', 'add', 'assign', 'review', 'start', 'approve', 'changes', 'reopen', 'remove', 'order', 'reviewers']),
  message: group(async () => (await import('./message.js')).message, ['list', 'send', 'interrupt', 'archive', 'erase', 'questions', 'answer', 'shutdown']),
  workspace: group(async () => (await import('./workspace.js')).workspace, ['list', 'show', 'add', 'write', 'erase', 'files', 'shred']),
  approvals: group(async () => (await import('./approvals.js')).approvals, ['list', 'show', 'approve', 'deny', 'changes', 'defer', 'escalate', 'ask', 'reach', 'undo', 'settle']),
  agent: group(async () => (await import('./agent.js')).agent, ['list', 'spawn', 'fanout', 'cancel', 'questions', 'approve', 'deny']),
  policy: group(async () => (await import('./policy.js')).policy, ['lint', 'apply', 'explain', 'simulate']),
  skill: group(async () => (await import('./skill.js')).skill, ['show', 'recall', 'lift']),
  mcp: async () => (await import('./mcp.js')).mcp,
  audit: group(async () => (await import('./audit.js')).audit, ['verify', 'export', 'prove', 'tail']),
};

function group<T extends Readonly<Record<string, Command>>>(load: () => Promise<T>, verbs: readonly (keyof T & string)[]): Readonly<Record<string, Loader>> {
  return Object.fromEntries(verbs.map((verb) => [verb, async () => (await load())[verb] as Command]));
}

/** Runs one command line and resolves with its exit code. */
export async function runCommand(args: readonly string[]): Promise<number> {
  showThrough(visible); // whatever is said on the way, by whichever command: an answer, a mistyped word, a path
  try {
    const asked = args.length === 0 ? COMMANDS : helpAsked(args);
    if (asked) return await overview(asked);
    const found = await find(args);
    if (!found) return await unknown(args[0]!);
    const call = readCall(found.command, found.rest, args);
    if (call.help) return helpFor(found.name, found.command);
    return await found.command.run(call);
  } catch (error) {
    if (error instanceof UsageError) return explainUsage(error, await usageOf(args));
    if (error instanceof ApiError) return explainRefusal(error, args.includes('--json'));
    if (error instanceof UnreachableError) return explainUnreachable(error);
    throw error;
  }
}

function explainUsage(error: UsageError, usage: string): number {
  say(`${paint(31, 'error:')} ${error.message}`);
  say(`${paint(36, 'hint:')}  ${error.hint ?? usage}`);
  return EXIT.usage;
}

/** The stable code travels with every refusal; scripts read it from `--json`, people beside the sentence. */
function explainRefusal({ problem, message, code, retryable, idempotencyKey }: ApiError, json: boolean): number {
  if (json) console.log(JSON.stringify({ error: problem }));
  say(`${paint(31, 'error:')} ${message} ${paint(2, `(${code}${problem.requestId ? `, request ${problem.requestId}` : ''})`)}`);
  for (const { pointer, message: detail } of problem.errors ?? []) say(`        ${pointer || '/'}: ${detail}`);
  if (retryable && idempotencyKey) say(`${paint(36, 'hint:')} ${repeatWith(idempotencyKey)}`);
  if (problem.status === 403) return EXIT.denied;
  return problem.status === 404 ? EXIT.notFound : EXIT.failed;
}

function explainUnreachable(error: UnreachableError): number {
  say(`${paint(31, 'error:')} ${error.message}${error.cause instanceof Error ? `: ${error.cause.message}` : ''}`);
  const repeat = error.idempotencyKey ? repeatWith(error.idempotencyKey) : '';
  say(`${paint(36, 'hint:')}  see \`countersign status\`.${repeat}`);
  return EXIT.failed;
}

const repeatWith = (key: string): string => ` It may have arrived: repeat it with --idempotency-key ${key}`;

interface Found {
  readonly name: string;
  readonly command: Command;
  readonly rest: readonly string[];
}

async function find([first = '', second = '', ...more]: readonly string[]): Promise<Found | undefined> {
  const entry = entryOf(first);
  if (!entry) return undefined;
  if (typeof entry === 'function') return { name: first, command: await entry(), rest: second === '' && more.length === 0 ? [] : [second, ...more] };
  const load = Object.hasOwn(entry, second) ? entry[second] : undefined;
  if (load) return { name: `${first} ${second}`, command: await load(), rest: more };
  if (first === 'team' && (second === 'add' || second === 'remove')) await tellWhoComposes();
  throw new UsageError(second === '' ? `${first} what?` : `${first} has no "${second}"`, `one of: ${Object.keys(entry).map((verb) => `${first} ${verb}`).join(', ')}`);
}

/** What somebody looks for who wants other members: it is no verb of a team. */
async function tellWhoComposes(): Promise<never> {
  const { COMPOSITION_FIXED: { why, instead } } = await import('@countersign/contracts');
  throw new UsageError(why, `${instead}: countersign escalation record composition_change "…" --member NAME, countersign team replace, countersign bundle draft`);
}

async function usageOf(args: readonly string[]): Promise<string> {
  const [first = '', second = ''] = args;
  const entry = entryOf(first);
  if (typeof entry === 'object' && !Object.hasOwn(entry, second)) return `countersign ${first} ${Object.keys(entry).join('|')}`;
  const found = await find(args);
  return found ? `countersign ${found.name} ${found.command.usage}`.trimEnd() : 'countersign help';
}

function helpFor(name: string, command: Command): number {
  say(`${command.summary}\n\n  countersign ${name} ${command.usage}\n\neverywhere: --json  --home DIR  --url URL  --as PERSONA`);
  return EXIT.done;
}

/** `help`, or one group of commands by `message --help` or `help message`; a single command shows its own. */
function helpAsked([first = '', second = '']: readonly string[]): Readonly<Record<string, Entry>> | undefined {
  const [entry, named] = [entryOf(first), entryOf(second)];
  if (isHelp(first)) return named ? { [second]: named } : COMMANDS;
  return isHelp(second) && typeof entry === 'object' ? { [first]: entry } : undefined;
}

const entryOf = (name: string): Entry | undefined => (Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined);
const isHelp = (word: string): boolean => ['help', '--help', '-h'].includes(word);

async function unknown(name: string): Promise<number> {
  say(`${paint(31, 'error:')} there is no command "${name}"`);
  await overview(COMMANDS);
  return EXIT.usage;
}

async function overview(commands: Readonly<Record<string, Entry>>): Promise<number> {
  const named = Object.entries(commands).flatMap(([name, entry]): [string, Loader][] => (typeof entry === 'function' ? [[name, entry]] : Object.entries(entry).map(([verb, load]): [string, Loader] => [`${name} ${verb}`, load])));
  const lines = await Promise.all(named.map(async ([name, load]) => line(name, await load())));
  say(`countersign: governed teams of AI agents\n\n${lines.join('\n')}\n\neverywhere: --json  --home DIR  --url URL  --as PERSONA   exit: 0 done, 1 failed, 2 usage, 3 denied, 4 not found`);
  return EXIT.done;
}

const line = (name: string, command: Command): string => `  ${name.padEnd(19)} ${command.summary}\n  ${' '.repeat(19)} ${paint(2, command.usage)}`.trimEnd();
