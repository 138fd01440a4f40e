import { askingTitle, deadlineWords, MAX_RING_TITLE as MAX_TITLE, shorten as cut, withoutUnseen, type ApprovalState, type Rung } from '@countersign/contracts';

/** What a ring says: a doorbell, nothing of what it is about unless the person wants that (decisions B-7). */
export interface RingText {
  readonly title: string;
  readonly body: string;
  /** Ids and the signed head of the team's record, nothing else; FCM wants strings. */
  readonly data: Readonly<Record<string, string>>;
  /** A later one about the same thing replaces it on the screen. */
  readonly collapseKey: string;
  readonly ttlMs: number;
  readonly urgent: boolean;
  /** Where it leads; opening it decides nothing. */
  readonly link: string;
}

/** `resolved`: what was rung about is over. */
export type RingKind = Rung | 'resolved';

export interface RingFacts {
  readonly kind: RingKind;
  readonly approvalId: string;
  readonly version: number;
  readonly teamId: string;
  readonly teamName: string;
  readonly title: string;
  readonly state: ApprovalState;
  /** The display name of who decided, where somebody did. */
  readonly decidedBy: string | undefined;
  readonly dueAt: Date;
  /** The person's own: a deadline is told by their clock. */
  readonly timeZone: string;
  readonly now: Date;
  /** The lock screen names the team only. */
  readonly discreet: boolean;
  /** How many questions it is about, where it is a digest, or what takes its place. */
  readonly digest: number | undefined;
  /** Origin under which people reach the product. */
  readonly publicUrl: string;
  /** The newest signed head of the team's record: the phone compares it with the one it remembers. Null before the first. */
  readonly head: string | null;
}

const MAX_BODY = 110;
const MAX_TTL_MS = 24 * 3_600_000;
const URGENT_MS = 3_600_000;

const named = (name: string, suffix: string): string => `${cut(name, MAX_TITLE - suffix.length)}${suffix}`;

const SUFFIX: Readonly<Record<RingKind, string>> = {
  push: ' needs your approval',
  reminder: ' still needs your approval',
  email: ' still needs your approval',
  sms: ' still needs your approval',
  warning: ' needs your approval soon',
  substitute: ' needs your approval',
  escalation: ' got no answer',
  resolved: ' needs nothing more',
};
const OVER: Readonly<Partial<Record<ApprovalState, string>>> = {
  approved: 'Approved',
  denied: 'Denied',
  changes_requested: 'Changes were requested',
  expired: 'It expired, and nothing happened',
  superseded: 'A newer version takes its place',
  withdrawn: 'It was withdrawn',
};

/** Discreet unless the person wants more: the team's name, the deadline, and what silence means. Never a word of an agent, never a token. */
export function ringText(told: RingFacts): RingText {
  const facts = { ...told, teamName: withoutUnseen(told.teamName), title: withoutUnseen(told.title), decidedBy: told.decidedBy && withoutUnseen(told.decidedBy) };
  const { kind, approvalId, version, teamId, dueAt, now, publicUrl, digest } = facts;
  const head: RingText['data'] = facts.head === null ? {} : { head: facts.head };
  const leftMs = Math.max(0, dueAt.getTime() - now.getTime());
  if (digest !== undefined) return { ...inbox(digest), data: { t: 'digest', n: String(digest), ...head }, collapseKey: 'inbox', ttlMs: MAX_TTL_MS, urgent: false, link: `${publicUrl}/` };
  const about = { data: { t: 'approval', id: approvalId, v: String(version), team: teamId, ...head }, collapseKey: `apr_${approvalId}`, link: `${publicUrl}/a/${approvalId}` };
  if (kind === 'resolved') return { ...about, ...over(facts), ttlMs: MAX_TTL_MS, urgent: false };
  return { ...about, ...waiting(facts, kind), ttlMs: Math.min(leftMs, MAX_TTL_MS), urgent: leftMs < URGENT_MS };
}

/** For a person who wants to see that a device rings. */
export const testText = (publicUrl: string): RingText => ({ title: 'Countersign can reach you here', body: 'You asked for this test. Nothing waits for you.', data: { t: 'test' }, collapseKey: 'test', ttlMs: URGENT_MS, urgent: false, link: `${publicUrl}/me` });

/** A later one takes the place of an earlier, also when nothing is left to wait for. */
function inbox(n: number): Pick<RingText, 'title' | 'body'> {
  if (n === 0) return { title: 'Nothing waits for you', body: 'All that you were told of together was settled.' };
  return { title: n === 1 ? '1 approval waits for you' : `${n} approvals wait for you`, body: `Open the inbox to see ${n === 1 ? 'it' : 'them'}. Without an answer ${n === 1 ? 'it' : 'each'} expires and nothing happens.` };
}

function waiting({ teamName, title, discreet, dueAt, timeZone }: RingFacts, kind: Rung): Pick<RingText, 'title' | 'body'> {
  const deadline = deadlineWords(dueAt, timeZone);
  if (kind === 'escalation') return { title: named(teamName, SUFFIX.escalation), body: cut(`The customer has not answered. ${deadline.replace('Answer by', 'It is due')}`, MAX_BODY) };
  return { title: askingTitle(teamName, title, discreet, SUFFIX[kind]), body: deadline };
}

/** A visible replacement: an app that shows nothing for a push loses its right to ring on some phones. */
function over({ teamName, title, discreet, state, decidedBy }: RingFacts): Pick<RingText, 'title' | 'body'> {
  const outcome = OVER[state] ?? 'It is over';
  if (discreet) return { title: named(teamName, SUFFIX.resolved), body: 'It was settled. Nothing waits for you here.' };
  return { title: cut(`${teamName} · ${title}`, MAX_TITLE), body: cut(decidedBy === undefined ? `${outcome}.` : `${outcome} by ${decidedBy}.`, MAX_BODY) };
}

const RETRIES_MS = [1_000, 4_000, 15_000, 60_000, 240_000];
/** How long it takes until all tries have failed, the waits between them alone. */
export const ALL_TRIES_MS = RETRIES_MS.reduce((sum, ms) => sum + ms, 0);
/** Who asks for more is taken for dead: the next step of the ladder is sooner. */
const MOST_PATIENCE_MS = 600_000;

/** How long to wait before the next try after `attempts` failed ones; undefined: give up, the ladder goes on. */
export function nextTryMs(attempts: number, retryAfterMs = 0): number | undefined {
  const own = RETRIES_MS[attempts - 1];
  return own === undefined || retryAfterMs > MOST_PATIENCE_MS ? undefined : Math.max(own, retryAfterMs);
}

const HOUR_MS = 3_600_000;
/** Each wait is four times the last one, until it is an hour: twenty-four of those are a day. */
const NOTICE_TRIES = 31;
const MOST_NOTICE_WAIT_MS = 24 * HOUR_MS;

/**
 * The same for what a person is told of their account: no ladder goes on from there, so it outlasts an outage of a day. Who asks for more
 * patience than a day is asked again after one.
 */
export function nextNoticeMs(attempts: number, retryAfterMs = 0): number | undefined {
  if (attempts >= NOTICE_TRIES) return undefined;
  return Math.max(Math.min(1_000 * 4 ** (attempts - 1), HOUR_MS), Math.min(retryAfterMs, MOST_NOTICE_WAIT_MS));
}
