import { SOON_MS } from './time-words.js';

export interface InboxGroup<T> {
  readonly id: 'soon' | 'today' | 'later';
  readonly title: string;
  readonly items: readonly T[];
}

const TODAY_MS = 24 * 60 * 60_000;
const TITLES = { soon: 'Due within the hour', today: 'Due within a day', later: 'Later' } as const;

/** What waits, the nearest deadline first, in groups; groups without items are left out. */
export function groupByDue<T extends { readonly dueAt: string }>(items: readonly T[], now: Date): InboxGroup<T>[] {
  const byDue = [...items].sort((a, b) => Date.parse(a.dueAt) - Date.parse(b.dueAt));
  const groups = Map.groupBy(byDue, ({ dueAt }) => groupOf(Date.parse(dueAt) - now.getTime()));
  return (['soon', 'today', 'later'] as const).flatMap((id) => {
    const members = groups.get(id);
    return members ? [{ id, title: TITLES[id], items: members }] : [];
  });
}

/** The reader has put it off, and the time has not come. */
export const isPutOff = ({ deferredUntil }: { readonly deferredUntil: string | null }, now: Date): boolean => deferredUntil !== null && Date.parse(deferredUntil) > now.getTime();

const groupOf = (leftMs: number): InboxGroup<never>['id'] => (leftMs < SOON_MS ? 'soon' : leftMs < TODAY_MS ? 'today' : 'later');
