import { firstOf, type Actor, type BoardColumnId } from '@countersign/contracts';

/** The original's folder of a team, as files by path: `teams/NAME/…` and `tasks/NAME/…`. Rows are the truth; this is a copy, to look at or to take elsewhere. */
export type LayoutFiles = ReadonlyMap<string, string>;

export interface LayoutTask {
  readonly id: string;
  readonly title: string;
  readonly detail: string;
  readonly owner: string | null;
  readonly column: BoardColumnId;
  readonly reviewer: string | null;
  readonly needsFix: boolean;
  /** Ids of what comes before it. */
  readonly blockedBy?: readonly string[];
  readonly history: readonly object[];
}
export interface LayoutMessage {
  readonly id: string;
  /** `user`, or `team-lead`. */
  readonly from?: string;
  readonly to: string;
  readonly text: string;
  readonly summary: string;
  readonly at: string;
  readonly read: boolean;
}
export interface Layout {
  readonly name: string;
  readonly members: readonly { readonly name: string; readonly skill: string; readonly lead: boolean }[];
  readonly reviewers: readonly Actor[];
  readonly tasks: readonly LayoutTask[];
  readonly messages: readonly LayoutMessage[];
}

const COLORS = ['blue', 'green', 'red', 'yellow', 'purple', 'cyan', 'orange', 'pink'] as const;
/** What the original calls where a card is, where the task itself does not say it. */
const STORED: readonly BoardColumnId[] = ['review', 'approved'];
const STATUS: Readonly<Record<BoardColumnId, string>> = { todo: 'pending', in_progress: 'in_progress', review: 'completed', done: 'completed', approved: 'completed' };
const LEAD = 'team-lead';

const page = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;
/** A file's name has 255 bytes, its ending and a number included, and a character up to four. */
const MOST_IN_NAME = 56;
/** Kebab-case, as the original names teams and files, in whatever script the name is. */
export const fileName = (name: string): string => [...name.normalize('NFC').toLowerCase().replaceAll(/[^\p{L}\p{M}\p{N}]+/gu, '-').replaceAll(/^-+|-+$/g, '')].slice(0, MOST_IN_NAME).join('') || 'team';

/** What each member is called there: the lead as the original calls it, the others by their names, by number where two would be one. */
export function memberNames(members: readonly { readonly name: string; readonly lead: boolean }[]): ReadonlyMap<string, string> {
  const taken = new Set([LEAD, 'user']); // names that mean somebody else there
  return new Map(members.map(({ name, lead }) => {
    if (lead) return [name, LEAD];
    const plain = fileName(name);
    const called = [plain, ...members.map((_, index) => `${plain}-${index + 2}`)].find((one) => !taken.has(one))!;
    taken.add(called);
    return [name, called];
  }));
}

/** The files of a team; the same facts are the same bytes. Task numbers count from 1 in the order given. */
export function renderLayout({ name, members, reviewers, tasks, messages }: Layout): LayoutFiles {
  const team = `teams/${fileName(name)}`;
  const folder = `tasks/${fileName(name)}`;
  const number = new Map(tasks.map(({ id }, index) => [id, String(index + 1)]));
  const names = memberNames(members);
  const called = ({ name: member }: { readonly name: string }): string => names.get(member)!;
  const order = Map.groupBy(tasks, ({ column }) => column);
  return new Map([
    [`${team}/config.json`, page({ name: fileName(name), description: name, leadAgentId: `${LEAD}@${fileName(name)}`, members: members.map((member) => ({ name: called(member), agentType: member.lead ? LEAD : 'general-purpose' })) })],
    [`${team}/members.meta.json`, page(members.map((member, index) => ({ name: called(member), role: member.skill, color: COLORS[index % COLORS.length], agentType: member.lead ? LEAD : 'general-purpose' })))],
    [`${team}/kanban-state.json`, page({
      teamName: fileName(name), reviewers, tasks: Object.fromEntries(tasks.filter(({ column }) => STORED.includes(column)).map(({ id, column, reviewer }) => [number.get(id), { column, reviewer }])),
      columnOrder: Object.fromEntries([...order].map(([column, cards]) => [column, cards.map(({ id }) => number.get(id))])),
    })],
    ...members.map((member): [string, string] => [`${team}/inboxes/${called(member)}.json`, page(messages.filter(({ to }) => to === member.name).map(({ id, from = 'user', text, summary, at, read }) => ({ from, to: called(member), text, timestamp: at, read, ...(summary === '' ? {} : { summary }), messageId: id })))]),
    ...tasks.map((task): [string, string] => [`${folder}/${number.get(task.id)}.json`, page({
      id: number.get(task.id), subject: task.title, description: task.detail, ...(task.owner === null ? {} : { owner: names.get(task.owner) }), status: STATUS[task.column], ...(task.needsFix ? { reviewState: 'needsFix' } : {}), ...(task.blockedBy?.length ? { blockedBy: task.blockedBy.flatMap((before) => number.get(before) ?? []) } : {}), metadata: { countersignTask: task.id }, historyEvents: task.history,
    })]),
    [`${folder}/.lock`, ''],
    [`${folder}/.highwatermark`, String(tasks.length)],
  ]);
}

export interface ReadTask {
  readonly file: string;
  /** What other tasks of the folder call it. */
  readonly number: string;
  readonly title: string;
  readonly detail: string;
  readonly owner: string | null;
  readonly status: string;
  /** Numbers of those that come first: as it says itself, or as they do. */
  readonly after: readonly string[];
}
export interface ReadMessage {
  readonly file: string;
  readonly to: string;
  readonly text: string;
  readonly summary: string;
}
/** What a folder says, and what of it could not be read: nothing is left out without a word. */
export interface ReadLayout {
  readonly name: string;
  /** Everybody that any file names: metadata, configuration, inboxes, owners of tasks. */
  readonly roster: readonly string[];
  readonly tasks: readonly ReadTask[];
  /** What people wrote and nobody has read. */
  readonly messages: readonly ReadMessage[];
  readonly faults: readonly string[];
}

type Json = Readonly<Record<string, unknown>>;
const TEXT_MOST = 10_000;

/** Reads one team of a folder in the original's layout; undefined where there is none of that name. Files of other programs, and locks, are passed over. */
export function readLayout(files: LayoutFiles, name: string): ReadLayout | undefined {
  const [team, folder] = [`teams/${name}/`, `tasks/${name}/`];
  if (![...files.keys()].some((path) => path.startsWith(team) || path.startsWith(folder))) return undefined;
  const faults: string[] = [];
  const parse = (path: string): unknown => {
    try {
      return JSON.parse(files.get(path) ?? 'null');
    } catch {
      faults.push(`${path}: no JSON`);
      return null;
    }
  };
  const objects = (value: unknown): Json[] => (Array.isArray(value) ? value : []).filter((one): one is Json => typeof one === 'object' && one !== null);
  const below = (prefix: string): string[] => [...files.keys()].filter((path) => path.startsWith(prefix) && path.endsWith('.json') && !path.slice(prefix.length).includes('/')).sort(byNumber);
  const namesIn = (value: unknown): string[] => objects(value).flatMap((one) => text(one['name']) ?? []);

  const blocks: [first: string, then: string][] = [];
  const found = below(folder).flatMap((file): ReadTask[] => {
    const task = parse(file) as Json | null;
    const title = text(task?.['subject']);
    if (!task || title === null) {
      if (task) faults.push(`${file}: no subject`);
      return [];
    }
    const number = numberOf(task['id']) ?? nameOf(file);
    if (task['status'] === 'deleted') return [];
    blocks.push(...numbersOf(task['blocks']).map((other): [string, string] => [number, other]));
    return [{ file, number, after: numbersOf(task['blockedBy']), title: firstOf(title, 200), detail: firstOf(text(task['description']) ?? '', 4000), owner: text(task['owner']), status: text(task['status']) ?? 'pending' }];
  });
  const tasks = found.map((task): ReadTask => {
    const said = [...new Set([...task.after, ...blocks.filter(([, then]) => then === task.number).map(([first]) => first)])];
    const after = said.filter((first) => found.some(({ number }) => number === first));
    if (after.length < said.length) faults.push(`${task.file}: it was to wait for ${firstOf(said.filter((first) => !after.includes(first)).join(', '), 100)}, which the folder does not have; it waits for that no more`);
    return { ...task, after };
  });
  const inboxes = below(`${team}inboxes/`);
  const messages = inboxes.flatMap((file) => {
    const all = objects(parse(file));
    const others = all.filter((one) => one['from'] !== 'user').length;
    if (others > 0) faults.push(`${file}: ${others} ${others === 1 ? 'message is' : 'messages are'} of no person and left`);
    return all.flatMap((one): ReadMessage[] => {
      const said = text(one['text']);
      if (said === null || one['read'] === true || one['from'] !== 'user') return [];
      if (firstOf(said, TEXT_MOST) !== said) faults.push(`${file}: a message is cut after ${TEXT_MOST} characters`);
      return [{ file, to: nameOf(file), text: firstOf(said, TEXT_MOST), summary: firstOf(text(one['summary']) ?? '', 200) }];
    });
  });
  const config = files.has(`${team}config.json`) ? (parse(`${team}config.json`) as Json | null) : null;
  const roster = new Set([...(files.has(`${team}members.meta.json`) ? namesIn(parse(`${team}members.meta.json`)) : []), ...namesIn(config?.['members']), ...inboxes.map(nameOf), ...tasks.flatMap(({ owner }) => owner ?? [])]);
  roster.delete('user');
  return { name, roster: [...roster].sort(), tasks, messages, faults };
}

const text = (value: unknown): string | null => (typeof value === 'string' && value.trim() !== '' ? value : null);
/** The original writes a task's number as text; other programs as a number. */
const numberOf = (value: unknown): string | null => (typeof value === 'number' ? String(value) : text(value));
const numbersOf = (value: unknown): string[] => (Array.isArray(value) ? value : []).flatMap((one) => numberOf(one) ?? []);
const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1, -'.json'.length);
/** `2.json` before `10.json`. */
const byNumber = (a: string, b: string): number => Number(nameOf(a)) - Number(nameOf(b)) || (a < b ? -1 : 1);
