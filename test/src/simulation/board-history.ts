import type { Card } from './board-model.js';

/** One row of what only grows. */
export interface Event {
  readonly task: string;
  readonly id: string;
  readonly kind: string;
  readonly actor: string;
  readonly body: { readonly reviewer?: string | null; readonly request?: string; readonly note?: string };
}
/** What a card's history comes to, read anew from its beginning. */
export interface Replayed {
  readonly work: Card['work'];
  readonly verdict: Card['verdict'];
  readonly note: string;
  /** The request that waits, of whom (`null`: anybody), and whether that one was begun or reminded of. */
  readonly request?: { readonly id: string; readonly of: string | null; readonly begun: boolean; readonly reminded: boolean };
}
const NEW: Replayed = { work: 'nobodys', verdict: 'none', note: '' };
const WORK: Readonly<Partial<Record<string, Card['work']>>> = { assigned: 'in_hand', reassigned: 'in_hand', in_progress: 'in_hand', review: 'handed_in', approved: 'good', done: 'done', cancelled: 'gone', todo: 'nobodys' };

/** A board from its history and nothing else: this is what is promised to whoever loads it, so it is written a second time here. */
export const replay = (events: readonly Event[]): Replayed => events.reduce(next, NEW);

function next(before: Replayed, { id, kind, body }: Event): Replayed {
  const { request, ...rest } = before;
  const work = WORK[kind];
  if (work !== undefined) return { work, ...(before.verdict === 'needs_fix' && work !== 'done' ? { verdict: before.verdict, note: before.note } : { verdict: 'none', note: '' }) };
  const mine = request !== undefined && request.id === body.request;
  switch (kind) {
    case 'review_requested':
      return { ...rest, verdict: 'none', note: '', request: { id, of: body.reviewer ?? null, begun: false, reminded: false } };
    case 'review_started':
      return mine ? { ...before, request: { ...request, begun: true } } : before;
    case 'review_nudged':
      return mine ? { ...before, request: { ...request, reminded: true } } : before;
    case 'review_approved':
      return { ...rest, verdict: 'approved', note: '' };
    case 'review_changes_requested':
      return { ...rest, verdict: 'needs_fix', note: body.note ?? '' };
    case 'review_removed':
      return { ...rest, verdict: 'none', note: '' };
    default:
      return before;
  }
}
