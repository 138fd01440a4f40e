import { blockedAt, GOAL_MODES, workerName, type GoalDetail, type GoalEffectBody, type GoalMode, type RepairSpec, type TaskAnswer } from '@countersign/contracts';
import { readFileSync } from 'node:fs';
import { costWords, moneyWords } from '@countersign/view';
import { say } from '../../../../scripts/lib/report.mjs';
import type { ApiClient } from '../api/client.js';
import { signIn } from '../api/sign-in.js';
import { makeMirror, tagOf } from '../repo/mirror.js';
import { readSource, type Source } from '../repo/source.js';
import { homeOf, type Home } from '../stack/home.js';
import { print } from '../ui/print.js';
import { GoalFollower } from '../ui/follow-goal.js';
import { printFacts, printTable } from '../ui/table.js';
import { stateWord } from '../ui/words.js';
import { EFFECT_FLAGS, effectSaid } from './goal-effect.js';
import { EXIT, textFlag, UsageError, type Call, type Command } from './command.js';
import { output } from './data.js';
import { findGoal, findTeam } from './find-team.js';

const USUAL = 'asha';
const SLUG_LENGTH = 40;

const submit: Command = {
  usage: '--team T "text" [--repo PATH] [--branch NAME] [--repair FILE] [--mode plan] [--follow] [--effect git.push|file.publish|http.post|email.send] [--body PATH --post-to URL [--content-type T] | --body PATH --to A,B --subject S [--cc A,B] [--attach PATH,PATH]]',
  summary: 'give a team a goal on a git repository',
  options: { team: { type: 'string' }, repo: { type: 'string' }, branch: { type: 'string' }, repair: { type: 'string' }, mode: { type: 'string' }, follow: { type: 'boolean' }, ...EFFECT_FLAGS },
  words: [1, 1],
  async run(call) {
    const [text = ''] = call.words;
    const client = await signIn(call, USUAL);
    const team = await findTeam(client, textFlag(call, 'team'));
    const said = textFlag(call, 'mode');
    const mode = GOAL_MODES.find((each) => each === (said ?? 'orchestrate'));
    if (!mode) throw new UsageError(`--mode is one of ${GOAL_MODES.join(', ')}, not "${said}"`);
    const submitted = await submitSaid(call, client, team.id, text, mode);
    output(call.global.json, submitted, ({ id }) => print(id));
    if (mode === 'plan' && !call.global.json) say(`  planned; it is delegated by: countersign agent fanout N --goal ${submitted.id}`);
    return call.flags.follow === true && mode === 'orchestrate' ? followToRest(client, team.id, submitted.id) : EXIT.done;
  },
};

/** Submits a goal on the repository, branch and repair that the command line names. */
export async function submitSaid(call: Call, client: ApiClient, teamId: string, text: string, mode: GoalMode): Promise<{ id: string; branch: string; mirror: string }> {
  const source = await readSource(textFlag(call, 'repo') ?? '.');
  if (source.dirty) say(`  note: ${source.folder} has changes that are not committed; the work starts from ${source.base.slice(0, 12)} without them`);
  const repair = textFlag(call, 'repair');
  return submitGoal(client, homeOf(call.global.home), { teamId, text, source, branch: textFlag(call, 'branch'), repair: repair === undefined ? undefined : readRepair(repair), mode, effect: effectSaid(call) });
}

/** Shows the goal until it waits for a person or is over. */
export async function followToRest(client: ApiClient, teamId: string, goalId: string, look: { readonly grid?: boolean } = {}): Promise<number> {
  const { state } = await new GoalFollower(client, teamId, goalId, look).follow();
  return state === 'done' || state === 'proposed' ? EXIT.done : EXIT.failed;
}

export interface NewGoal {
  readonly teamId: string;
  readonly text: string;
  readonly source: Source;
  readonly branch: string | undefined;
  readonly repair: RepairSpec | undefined;
  /** Absent: the manager delegates at once. */
  readonly mode?: GoalMode;
  /** Absent: what the bundle says. */
  readonly effect?: GoalEffectBody | undefined;
  /** With the same one the same goal is the same request; a new one unless said. */
  readonly key?: string | undefined;
}

/**
 * Mirrors the repository for the fleet and submits the goal. The names of mirror and branch follow from the key, so that
 * the same command with the same key is the same request. Resolves with the goal's id and the branch the result will have.
 */
export async function submitGoal(client: ApiClient, home: Home, { teamId, text, source, branch, repair, mode, effect, key = client.deedKey() }: NewGoal): Promise<{ id: string; branch: string; mirror: string }> {
  const { customer } = await client.me();
  if (!customer) throw new UsageError('platform staff have no repositories here', '--as a person of a customer');
  const mirror = await makeMirror(home, customer.id, source, key);
  await client.adoptMirror(mirror, source.remote, key);
  const name = branch ?? branchFor(text, `${key} ${teamId}`);
  const { id } = await client.submitGoal(teamId, { text, repository: { mirror, base: source.base, remote: source.remote, branch: name }, ...(repair ? { repair } : {}), ...(mode ? { mode } : {}), ...(effect ? { effect } : {}) }, key);
  return { id, branch: name, mirror };
}

/** `countersign/<what the goal says>-<four hex digits>`: readable, and two goals with the same words do not meet, but a goal that is submitted again is the same. */
function branchFor(text: string, deed: string): string {
  const slug = text.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-').slice(0, SLUG_LENGTH).replace(/^-+|-+$/g, '');
  return `countersign/${slug || 'goal'}-${tagOf(deed, 4)}`;
}

/** A repair for the patch member: `{"check": "npm test", "candidates": [{"path", "find", "replace"}, …]}`. */
function readRepair(path: string): RepairSpec {
  const wrong = (why: string): UsageError => new UsageError(`${path}: ${why}`, 'a JSON object {"check": "command", "candidates": [ … ]}');
  let value: Partial<RepairSpec>;
  try {
    value = JSON.parse(readFileSync(path, 'utf8')) as Partial<RepairSpec>;
  } catch (error) {
    throw wrong(error instanceof Error ? error.message : 'not readable');
  }
  if (typeof value.check !== 'string' || !Array.isArray(value.candidates)) throw wrong('"check" or "candidates" is missing');
  return { check: value.check, candidates: value.candidates };
}

const status: Command = {
  usage: '<goal> [--follow]',
  summary: 'tasks, who works on them, cost, and what became of it',
  options: { follow: { type: 'boolean' } },
  words: [1, 1],
  async run(call) {
    const client = await signIn(call, USUAL);
    const { team, goal } = await findGoal(client, call.words[0] ?? '');
    if (call.flags.follow === true) await new GoalFollower(client, team.id, goal.id).follow();
    else output(call.global.json, goal, printGoal);
    return EXIT.done;
  },
};

function printGoal(goal: GoalDetail): void {
  printFacts([
    ['goal', goal.id],
    ['text', goal.text],
    ['state', `${stateWord(goal.state)}${goal.note ? `: ${goal.note}` : ''}`],
    ...(goal.workers === undefined ? [] : [['workers', `at most ${goal.workers} at a time`] as const]),
    ...(goal.pausedAt === null ? [] : [['paused', `${goal.pausedAt}: ${goal.pauseReason}`] as const]),
    ['cost', `${costWords(goal.cost)}, at most ${moneyWords(goal.overshoot)} more than is held for calls under way`],
    ...(goal.repository ? [['branch', `${goal.repository.branch} → ${goal.repository.remote}`] as const] : []),
    ...(goal.approval ? [['approval', `${goal.approval.id} ${stateWord(goal.approval.state)}`] as const] : []),
    ...(goal.notAsked ? [['not asked', `${goal.notAsked.code}: ${goal.notAsked.message}`] as const] : []),
    ...(goal.effect ? [['effect', `${goal.effect.kind} ${stateWord(goal.effect.state)} ${JSON.stringify(goal.effect.receipt ?? {})}`] as const] : []),
  ]);
  print('');
  printTable(['TASK', 'MEMBER', 'STATE', 'ROUND', 'PROGRESS'], goal.tasks.map((task) => [task.title, workerName(task), stateWord(task.state), String(task.round), task.progress]));
}

const cancel: Command = {
  usage: '<goal> [--reason "…"]',
  summary: 'stop a goal',
  options: { reason: { type: 'string' } },
  words: [1, 1],
  async run(call) {
    const client = await signIn(call, USUAL);
    const { team, goal } = await findGoal(client, call.words[0] ?? '');
    output(call.global.json, await client.cancelGoal(team.id, goal.id, textFlag(call, 'reason')), ({ state }) => print(`${goal.id}\t${state}`));
    return EXIT.done;
  },
};

const pause: Command = {
  usage: '<goal> --reason "…"',
  summary: 'stop a goal for a while; nothing of it runs and no deadline passes',
  options: { reason: { type: 'string' } },
  words: [1, 1],
  async run(call) {
    const reason = textFlag(call, 'reason') ?? '';
    if (reason.trim() === '') throw new UsageError('--reason is missing', 'say why: it is shown to the others and kept');
    const client = await signIn(call, USUAL);
    const { team, goal } = await findGoal(client, call.words[0] ?? '');
    output(call.global.json, await client.pauseGoal(team.id, goal.id, reason), ({ state }) => print(`${goal.id}\t${state}`));
    return EXIT.done;
  },
};

const resume: Command = {
  usage: '<goal>',
  summary: 'let a paused goal go on',
  words: [1, 1],
  async run(call) {
    const client = await signIn(call, USUAL);
    const { team, goal } = await findGoal(client, call.words[0] ?? '');
    output(call.global.json, await client.resumeGoal(team.id, goal.id), ({ state }) => print(`${goal.id}\t${state}`));
    return EXIT.done;
  },
};

/** A person's answer to the task a blocked goal waits at. */
const answering = (answer: TaskAnswer, summary: string): Command => ({
  usage: '<goal> [--note "…"] [--follow]',
  summary,
  options: { note: { type: 'string' }, follow: { type: 'boolean' } },
  words: [1, 1],
  async run(call) {
    const client = await signIn(call, USUAL);
    const { team, goal } = await findGoal(client, call.words[0] ?? '');
    const task = blockedAt(goal) ?? goal.tasks[0];
    if (!task) throw new UsageError(`${goal.id} has no task to answer for`, 'goal status');
    const note = textFlag(call, 'note');
    output(call.global.json, await client.answerTask(team.id, goal.id, task.id, { answer, ...(note === undefined ? {} : { note }) }), ({ state }) => print(`${goal.id}\t${state}\t${task.title}`));
    if (call.flags.follow === true) await new GoalFollower(client, team.id, goal.id).follow();
    return EXIT.done;
  },
});
const retry = answering('retry', 'let a blocked goal try again, with a note for the member');
const skip = answering('skip', 'let a blocked goal go on without the task it is blocked at');

export const goal = { submit, status, retry, skip, cancel, pause, resume };
