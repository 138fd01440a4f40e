import { canMove, MOST_LINKS, MOST_METADATA_BYTES, todoMachine, type MemberId, type TodoState } from '@countersign/contracts';
import { inOrder } from './in-order.js';
import { teammateNamed, type Teammate } from './team-message.js';

/** An item on the agents' list, or (managed) a task of the manager's, which stands on it to be seen and waited for. */
export interface Todo {
  readonly id: string;
  readonly subject: string;
  readonly description: string;
  readonly activeForm: string | null;
  readonly metadata: object;
  readonly state: TodoState;
  readonly ownerId: MemberId | null;
  readonly creatorId: MemberId | null;
  readonly blockedBy: readonly string[];
  readonly managed: boolean;
}
export interface TodoChange {
  readonly state?: TodoState;
  readonly subject?: string;
  readonly description?: string;
  readonly activeForm?: string;
  /** A member's name; empty: nobody. */
  readonly owner?: string;
  readonly metadata?: object;
  /** What `metadata` takes where it is stored. */
  readonly metadataBytes?: number;
  readonly blocks?: readonly string[];
  readonly blockedBy?: readonly string[];
}
export type TodoRefusal = {
  readonly ok: false;
  readonly code: 'todo_unknown' | 'todo_managed' | 'todo_not_yours' | 'todo_transition_refused' | 'todo_blocked' | 'todo_cycle' | 'todo_links_full' | 'owner_unknown' | 'todo_list_full' | 'metadata_too_large';
  readonly message: string;
};
export type Changed = { readonly ok: true; readonly changed: readonly Todo[] } | TodoRefusal;

/** Items of one mission. */
export const MOST_TODOS = 200;

const no = (code: TodoRefusal['code'], message: string): TodoRefusal => ({ ok: false, code, message });

export function judgeNew(todos: readonly Todo[], metadataBytes: number): TodoRefusal | undefined {
  if (todos.filter(({ managed }) => !managed).length >= MOST_TODOS) return no('todo_list_full', `A mission's agents keep at most ${MOST_TODOS} items.`);
  return metadataFault(metadataBytes);
}
const metadataFault = (bytes: number): TodoRefusal | undefined => (bytes > MOST_METADATA_BYTES ? no('metadata_too_large', `An item's metadata has at most ${MOST_METADATA_BYTES} bytes.`) : undefined);

/**
 * What an agent's change makes of the list: the items that are not as they were. An item is changed by who made or owns it, or taken
 * by anybody while nobody does; the manager's tasks are changed by nobody here. What waits for something unfinished is not completed.
 */
export function changeTodo(todos: readonly Todo[], id: string, change: TodoChange, by: MemberId, roster: readonly Teammate[]): Changed {
  const todo = todos.find((each) => each.id === id);
  if (todo?.state === 'deleted' && change.state === 'deleted') return { ok: true, changed: [] };
  if (!todo || todo.state === 'deleted') return no('todo_unknown', 'There is no such item in this mission.');
  if (todo.managed) return no('todo_managed', "It is the manager's task: it moves by drafts and reviews.");
  if (todo.ownerId !== by && todo.creatorId !== by && todo.ownerId !== null) return no('todo_not_yours', 'It belongs to another agent.');
  const owner = ownerOf(change, roster);
  if (owner === 'unknown') return no('owner_unknown', 'The team has no active member of that name.');
  const fault = metadataFault(change.metadataBytes ?? 0);
  if (fault) return fault;
  const { state = todo.state } = change;
  if (state !== todo.state && !canMove(todoMachine, todo.state, state)) return no('todo_transition_refused', `An item that is ${todo.state} does not become ${state}.`);
  const next: Todo = {
    ...todo,
    state,
    subject: change.subject ?? todo.subject,
    description: change.description ?? todo.description,
    activeForm: change.activeForm ?? todo.activeForm,
    metadata: change.metadata ?? todo.metadata,
    ownerId: owner === undefined ? todo.ownerId : owner,
  };
  return link(todos.map((each) => (each.id === id ? next : each)), todos, id, change, by);
}

function ownerOf({ owner }: TodoChange, roster: readonly Teammate[]): MemberId | null | undefined | 'unknown' {
  if (owner === undefined) return undefined;
  return owner.trim() === '' ? null : (teammateNamed(owner, roster)?.id ?? 'unknown');
}

/** Adds what the change links, and looks at the whole: a circle would wait for itself. */
function link(next: readonly Todo[], before: readonly Todo[], id: string, { blocks = [], blockedBy = [] }: TodoChange, by: MemberId): Changed {
  const known = new Map(next.map((each) => [each.id, each]));
  if ([...blocks, ...blockedBy].some((other) => known.get(other) === undefined || known.get(other)!.state === 'deleted')) return no('todo_unknown', 'It is linked to something that is not in this mission.');
  const held = blocks.map((other) => known.get(other)!);
  if (held.some(({ managed }) => managed)) return no('todo_managed', "An agent's item holds up no task of the manager's.");
  if (held.some(({ ownerId, creatorId }) => ownerId !== by && creatorId !== by && ownerId !== null)) return no('todo_not_yours', 'It would hold up an item of another agent.');
  const linked = next.map((each) => {
    const more = [...(each.id === id ? blockedBy : []), ...(blocks.includes(each.id) ? [id] : [])];
    return more.length === 0 ? each : { ...each, blockedBy: [...new Set([...each.blockedBy, ...more])] };
  });
  if (linked.some(({ blockedBy: waits }) => waits.length > MOST_LINKS)) return no('todo_links_full', `An item waits for at most ${MOST_LINKS} others.`);
  if (!inOrder(linked.map(({ id: key, blockedBy: dependsOn }) => ({ key, dependsOn })))) return no('todo_cycle', 'The items would wait for each other in a circle.');
  const now = linked.find((each) => each.id === id)!;
  const open = now.state === 'completed' && now.blockedBy.some((other) => isOpen(linked.find((each) => each.id === other)));
  if (open) return no('todo_blocked', 'It waits for an item that is not completed.');
  return { ok: true, changed: linked.filter((each) => JSON.stringify(each) !== JSON.stringify(before.find((old) => old.id === each.id))) };
}

const isOpen = (todo: Todo | undefined): boolean => todo?.state === 'pending' || todo?.state === 'in_progress';
