import { firstOf } from '@countersign/contracts/characters';

/** A notification to show; `tag` makes a later one about the same thing replace it. */
export interface Notice {
  readonly title: string;
  readonly body: string;
  readonly tag: string;
  /** A path of ours. */
  readonly path: string;
  /** Undefined: it is about several. */
  readonly approvalId: string | undefined;
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const MAX_TITLE = 80;
const MAX_BODY = 200;
const MAX_HEAD = 2_000;

/**
 * The notification behind a push payload: the ids `{t, id, v, team}` themselves, or wrapped as FCM (`data`, `notification`)
 * or as a declarative web push wraps them. Undefined for anything else; a push is a doorbell, nothing of it is believed.
 */
export function noticeOf(payload: unknown): Notice | undefined {
  if (!isObject(payload)) return undefined;
  const words = isObject(payload['notification']) ? payload['notification'] : {};
  const members = [payload, payload['data'], words['data']].filter(isObject);
  const data = members.find((value) => value['t'] === 'approval');
  if (members.some((value) => value['t'] === 'digest')) return { ...wordsOf(words, 'Approvals wait for you', 'Open the inbox to see them.'), tag: 'inbox', path: '/', approvalId: undefined };
  if (members.some((value) => value['t'] === 'test')) return { ...wordsOf(words, 'Countersign can reach you here', 'You asked for this test.'), tag: 'test', path: '/me', approvalId: undefined };
  const team = members.find((value) => value['t'] === 'team');
  if (isId(team?.['id'])) return { ...wordsOf(words, 'One of your teams has changed', 'It stands still, goes on, or waits for you: look at it.'), tag: `acc_${team['id']}`, path: isId(team['team']) ? `/teams/${team['team']}` : '/teams', approvalId: undefined };
  const account = members.find((value) => value['t'] === 'account')?.['id'];
  if (typeof account === 'string' && UUID.test(account)) return { ...wordsOf(words, 'Your account was changed', 'If that was not you, look at your devices now.'), tag: `acc_${account}`, path: '/me', approvalId: undefined };
  const id = data?.['id'];
  if (typeof id !== 'string' || !UUID.test(id)) return undefined;
  return {
    ...wordsOf(words, 'A team needs your approval', 'Open it to see what would happen. Without an answer it expires and nothing leaves the team.'),
    tag: `apr_${id}`,
    path: `/a/${id}`,
    approvalId: id,
  };
}

/** The signed head of the team's record that came with a push; not believed here either. */
export function headOf(payload: unknown): string | undefined {
  if (!isObject(payload)) return undefined;
  const words = isObject(payload['notification']) ? payload['notification'] : {};
  const head = [payload, payload['data'], words['data']].filter(isObject).map((value) => value['head']).find((value) => typeof value === 'string');
  return typeof head === 'string' && head.length <= MAX_HEAD ? head : undefined;
}

const wordsOf = (words: Members, title: string, body: string): Pick<Notice, 'title' | 'body'> => ({ title: textOf(words['title'], MAX_TITLE) ?? title, body: textOf(words['body'], MAX_BODY) ?? body });

type Members = Readonly<Record<string, unknown>>;
const isId = (value: unknown): value is string => typeof value === 'string' && UUID.test(value);
const isObject = (value: unknown): value is Members => typeof value === 'object' && value !== null && !Array.isArray(value);
const textOf = (value: unknown, max: number): string | undefined => (typeof value === 'string' && value.trim() !== '' ? firstOf(value, max) : undefined);
