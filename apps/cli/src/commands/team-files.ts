import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { depthsOf, inCycles, isSettledTask, MOST_DEPTH, type TaskView } from '@countersign/contracts';
import { say } from '../../../../scripts/lib/report.mjs';
import { ApiError } from '../api/api-error.js';
import type { ApiClient } from '../api/client.js';
import { signIn } from '../api/sign-in.js';
import { readFolder, writeFolder } from '../layout/folder.js';
import { fileName, memberNames, readLayout, renderLayout, type Layout, type LayoutMessage, type ReadLayout, type ReadTask } from '../layout/team-layout.js';
import { print } from '../ui/print.js';
import { EXIT, textFlag, UsageError, type Command } from './command.js';
import { output } from './data.js';
import { findTeam } from './find-team.js';

const USUAL = 'asha';
const LEAD = 'team-lead';
/** Under these names the original's members know whoever writes to them. */
const FROM = { person: 'user', lead: LEAD, system: 'system' } as const;

const exportTeam: Command = {
  usage: '<folder> [--team T]',
  summary: 'write a team into a new folder in the original’s layout: members, inboxes, tasks with their history',
  options: { team: { type: 'string' } },
  words: [1, 1],
  async run(call) {
    const client = await signIn(call, USUAL);
    const team = await findTeam(client, textFlag(call, 'team'));
    const files = renderLayout(await layoutOf(client, team.id, team.name));
    writeFolder(call.words[0]!, files);
    output(call.global.json, [...files.keys()], (paths) => paths.forEach((path) => print(path)));
    if (!call.global.json) say('  Not among them: what agents say to each other, which is kept for agents alone; files of messages, which `message list` names.');
    return EXIT.done;
  },
};

export async function layoutOf(client: ApiClient, teamId: string, name: string): Promise<Layout> {
  const [{ members }, { value: board }, fresh, archived] = await Promise.all([client.team(teamId), client.board(teamId), client.messages(teamId, {}), client.messages(teamId, { archived: 'true' })]);
  const messages = [...fresh, ...archived].filter(({ erasedAt }) => erasedAt === null).sort((a, b) => a.seq - b.seq);
  const cards = board.columns.flatMap(({ id: column, tasks }) => tasks.map((card) => ({ column, card })));
  const goals = await Promise.all([...new Set(cards.map(({ card }) => card.goalId))].map((goalId) => client.goal(teamId, goalId)));
  const details = new Map(goals.flatMap((goal) => goal.tasks.map((task) => [task.id, task] as const)));
  const tasks: Layout['tasks'][number][] = [];
  for (const { column, card } of cards) {
    const { items } = await client.taskHistory(teamId, card.id);
    tasks.push({ id: card.id, title: card.title, detail: details.get(card.id)?.detail ?? '', blockedBy: details.get(card.id)?.dependsOn ?? [], owner: card.member?.name ?? null, column, reviewer: card.review.reviewer?.name ?? null, needsFix: card.review.state === 'needs_fix', history: items });
  }
  return {
    name, tasks,
    members: members.map((member) => ({ name: member.name, skill: member.skill, lead: member.kind === 'manager' })),
    reviewers: board.reviewers.map(({ id }) => id),
    messages: messages.flatMap(({ id, fromKind, text, summary, at, archivedAt, receipts }) => receipts.map(({ member, state }): LayoutMessage => ({ id, from: FROM[fromKind], to: member.name, text, summary, at, read: archivedAt !== null || state === 'read' || state === 'answered' }))),
  };
}

const importTeam: Command = {
  usage: '<folder> --goal GOAL [--name NAME] [--team T] [--dry-run]',
  summary: 'take pending tasks and unread messages from a folder in the original’s layout into a goal at work; the same folder again adds nothing',
  options: { team: { type: 'string' }, goal: { type: 'string' }, name: { type: 'string' }, 'dry-run': { type: 'boolean' } },
  words: [1, 1],
  async run(call) {
    const goalId = textFlag(call, 'goal');
    if (goalId === undefined) throw new UsageError('into which goal?', '--goal ID');
    const files = readFolder(call.words[0]!);
    const names = [...new Set([...files.keys()].map((path) => path.split('/')[1]!))];
    const name = textFlag(call, 'name') ?? (names.length === 1 ? names[0]! : undefined);
    if (name === undefined) throw new UsageError(names.length === 0 ? 'the folder holds no team' : 'which team?', `--name with one of: ${names.join(', ')}`);
    const read = readLayout(files, name);
    if (!read) throw new UsageError(`the folder holds no team "${name}"`);
    const client = await signIn(call, USUAL);
    const { id: teamId } = await findTeam(client, textFlag(call, 'team'));
    const [{ members }, { tasks }] = await Promise.all([client.team(teamId), client.goal(teamId, goalId)]);
    const plan = planImport(read, members, tasks);
    const dry = call.flags['dry-run'] === true;
    if (!dry) await carryOut(client, teamId, goalId, plan);
    output(call.global.json, { dryRun: dry, ...plan }, ({ tasks, messages }) => print(`${tasks.length} tasks\t${messages.length} messages${dry ? '\tnothing was changed' : ''}`));
    if (!call.global.json) for (const word of plan.left) say(`  ${word}`);
    return EXIT.done;
  },
};

interface Plan {
  readonly tasks: readonly { readonly file: string; readonly title: string; readonly detail: string; readonly memberId?: string; /** Files of the tasks that come first. */ readonly after: readonly string[] }[];
  readonly messages: readonly { readonly file: string; readonly to: string; readonly text: string; readonly summary: string }[];
  /** Tasks that the goal has already, by the file that says the same. */
  readonly known: Readonly<Record<string, string>>;
  /** What is not taken, and why. */
  readonly left: readonly string[];
}

/** Names lead to members that the team has: nobody is made by a file. */
function planImport({ tasks, messages, roster, faults }: ReadLayout, members: readonly { readonly id: string; readonly name: string; readonly kind: string }[], goal: readonly GoalTask[]): Plan {
  const names = memberNames(members.map(({ name, kind }) => ({ name, lead: kind === 'manager' })));
  const memberOf = (name: string): string | undefined => (members.find((member) => member.name === name) ?? members.find((member) => names.get(member.name) === fileName(name)))?.id;
  const lead = members.find(({ kind }) => kind === 'manager')?.id;
  const toLead = messages.filter(({ to }) => lead !== undefined && memberOf(to) === lead).length;
  const strangers = roster.filter((name) => memberOf(name) === undefined);
  const over = tasks.filter(({ status }) => status !== 'pending' && status !== 'in_progress');
  const { taken, deep, known } = inOrder(tasks.filter((task) => !over.includes(task)), goal);
  return {
    known,
    tasks: taken.map(({ file, title, detail, owner, after }) => ({ file, title, detail, after, ...(owner !== null && memberOf(owner) !== undefined && owner !== LEAD ? { memberId: memberOf(owner)! } : {}) })),
    messages: messages.flatMap(({ to, ...message }) => (memberOf(to) === undefined || memberOf(to) === lead ? [] : [{ ...message, to: memberOf(to)! }])),
    left: [
      ...faults,
      ...over.map(({ file, status }) => `${file}: ${status}, so it is not done again`),
      ...Object.keys(known).map((file) => `${file}: the goal has this task already`),
      ...deep.map(({ file }) => `${file}: more than ${MOST_DEPTH} tasks would wait in a row up to it; import the folder again when the first of them are done`),
      ...(toLead === 0 ? [] : [`${toLead} to the lead: here it reads no mail, so they are left`]),
      ...strangers.map((name) => `${name}: the team has no such member; its tasks wait for an owner, its messages are left`),
    ],
  };
}

type GoalTask = Pick<TaskView, 'id' | 'title' | 'detail' | 'dependsOn' | 'state'>;
interface Ordered {
  readonly taken: readonly ReadTask[];
  /** They would wait in a longer row than there may be. */
  readonly deep: readonly ReadTask[];
  readonly known: Readonly<Record<string, string>>;
}

/** What comes first stands first, as whoever waits has to be told for whom. What is over is waited for no more, whether the folder says so or the goal. */
function inOrder(tasks: readonly ReadTask[], goal: readonly GoalTask[]): Ordered {
  const files = new Map(tasks.map(({ number, file }) => [number, file]));
  const steps = tasks.map((task) => ({ ...task, after: task.after.flatMap((number) => files.get(number) ?? []) }));
  const stuck = inCycles(steps.map(({ file: key, after: dependsOn }) => ({ key, dependsOn })));
  if (stuck.size > 0) throw new UsageError(`these wait for each other: ${[...stuck].join(', ')}`, 'mend their blockedBy; nothing was changed');
  const known = alreadyIn(goal, tasks);
  const fresh = steps.filter(({ file }) => known[file] === undefined);
  const open = goal.filter(({ state }) => !isSettledTask(state)).map(({ id: key, dependsOn }) => ({ key, dependsOn }));
  const depths = depthsOf([...open, ...fresh.map(({ file: key, after }) => ({ key, dependsOn: after.map((file) => known[file] ?? file) }))]);
  const depthOf = ({ file }: ReadTask): number => depths.get(file)!;
  return {
    taken: fresh.filter((task) => depthOf(task) <= MOST_DEPTH).sort((one, other) => depthOf(one) - depthOf(other)),
    deep: fresh.filter((task) => depthOf(task) > MOST_DEPTH),
    known,
  };
}

/** The goal's task for each file that says the same; two that say the same are two. */
function alreadyIn(goal: readonly GoalTask[], tasks: readonly ReadTask[]): Record<string, string> {
  const left = [...goal];
  return Object.fromEntries(tasks.flatMap(({ file, title, detail }) => {
    const at = left.findIndex((one) => one.title === title && one.detail === detail);
    return at < 0 ? [] : left.splice(at, 1).map(({ id }) => [file, id] as const);
  }));
}

/** Each has a key of its own, made of what it says and where it stands: sent again it counts once. */
async function carryOut(client: ApiClient, teamId: string, goalId: string, { tasks, messages, known }: Plan): Promise<void> {
  const made = new Map(Object.entries(known));
  for (const { file, after, ...said } of tasks) {
    const task = { ...said, ...(after.length === 0 ? {} : { dependsOn: after.map((first) => made.get(first)!) }) };
    made.set(file, (await client.addCard(teamId, { goalId, ...task }, keyOf(goalId, file, task))).id);
  }
  for (const [at, { file, ...message }] of messages.entries()) await patiently(`${at} of ${messages.length} messages`, () => client.sendMessage(teamId, message, keyOf(teamId, file, message)));
}

/** A team takes so many messages a minute: whoever brings more waits, and says so. */
async function patiently<T>(done: string, send: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await send();
    } catch (error) {
      if (!(error instanceof ApiError) || error.code !== 'message_rate_exceeded' || error.retryAfterSeconds === undefined) throw error;
      say(`  ${done}; the team takes no more at once, it goes on in ${error.retryAfterSeconds} s`);
      await sleep(error.retryAfterSeconds * 1000);
    }
  }
}

const keyOf = (...parts: readonly unknown[]): string => `import-${createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 40)}`;

export const layout = { export: exportTeam, import: importTeam };
