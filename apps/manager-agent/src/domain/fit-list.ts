import type { MailView, TodoView } from '@countersign/contracts';

/** What an answer to `TaskList` shows: everything, or with `cut` as much of it as one message of the bus holds. */
export interface ShownList {
  readonly todos: TodoView[];
  readonly messages: MailView[];
  readonly cut?: true;
}

/** Bytes of JSON. A message of the bus has 256 KiB; neither the mail of one talkative agent nor long items leave the other no room. */
export const MAIL_BYTES = 100 * 1024;
export const TODO_BYTES = 140 * 1024;

/** Every item is there, the long ones shortened; of the mail, which comes with the oldest first, the newest. */
export function fitList(todos: readonly TodoView[], messages: readonly MailView[]): ShownList {
  const [items, mail] = [fitTodos(todos), newest(messages)];
  const cut = mail.length < messages.length || items.some((item) => item.cut);
  return { todos: items, messages: mail, ...(cut ? { cut } : {}) };
}

export const bytesOf = (value: unknown): number => Buffer.byteLength(JSON.stringify(value)) + 1;

function newest(messages: readonly MailView[]): MailView[] {
  let left = MAIL_BYTES;
  const first = messages.findLastIndex((message) => (left -= bytesOf(message)) < 0);
  return messages.slice(first + 1);
}

/** The first of what waits, as much as one answer holds; the rest comes with the next. */
export function fitMail<M>(waiting: readonly M[], asMail: (message: M) => MailView): readonly M[] {
  let left = MAIL_BYTES;
  const first = waiting.findIndex((message) => (left -= bytesOf(asMail(message))) < 0);
  return first < 0 ? waiting : waiting.slice(0, Math.max(first, 1));
}

function fitTodos(todos: readonly TodoView[]): TodoView[] {
  const sizes = todos.map(bytesOf);
  const share = fairShare(sizes, TODO_BYTES);
  return todos.map((todo, at) => (sizes[at]! <= share ? todo : shortened(todo, share)));
}

/** The most that each may have so that all together have no more than `total`: what small ones leave, the others have. */
function fairShare(sizes: readonly number[], total: number): number {
  let left = total;
  for (const [at, size] of sizes.toSorted((a, b) => a - b).entries()) {
    const share = Math.floor(left / (sizes.length - at));
    if (size > share) return share;
    left -= size;
  }
  return Infinity;
}

/** What is given up of an item, one after the other, as far as it is `over`; what it is, whose and in which state is never. */
const CUTS: readonly ((todo: TodoView, over: number) => TodoView)[] = [
  (todo, over) => ({ ...todo, description: without(todo.description, over, 0) }),
  (todo) => ({ ...todo, metadata: {} }),
  ({ activeForm: _, ...todo }) => todo,
  (todo, over) => ({ ...todo, blockedBy: todo.blockedBy.slice(0, Math.max(0, todo.blockedBy.length - Math.ceil(over / bytesOf(todo.id)))) }),
  (todo, over) => ({ ...todo, subject: without(todo.subject, over, 2) }),
];

function shortened(todo: TodoView, most: number): TodoView {
  return CUTS.reduce<TodoView>((kept, cut) => (bytesOf(kept) > most ? cut(kept, bytesOf(kept) - most) : kept), { ...todo, cut: true });
}

/** The longest beginning of a text that is so many bytes shorter, or its `least` first characters where that is less. */
function without(text: string, bytes: number, least: number): string {
  const most = bytesOf(text) - bytes;
  let [fits, length] = [0, text.length];
  while (fits < length) {
    const middle = Math.ceil((fits + length) / 2);
    if (bytesOf(text.slice(0, middle)) <= most) fits = middle;
    else length = middle - 1;
  }
  return text.slice(0, Math.max(least, fits)).replace(HALF_A_CHARACTER, '');
}
const HALF_A_CHARACTER = /[\ud800-\udbff]$/;
