import type { ApprovalSummary, QuorumView } from '@countersign/contracts';
import { inSight } from './invisible.js';

const OUTCOME: Readonly<Record<NonNullable<ApprovalSummary['heldFor']>, string>> = { approved: 'Approved', denied: 'Denied', changes_requested: 'Changes requested' };

/** Whole seconds until a moment; never less than none. */
export const secondsUntil = (at: string, now: number): number => Math.max(0, Math.ceil((Date.parse(at) - now) / 1000));

/** `9 min 40 s`, `12 s`. */
export function countdownWords(seconds: number): string {
  const minutes = Math.floor(seconds / 60);
  return minutes === 0 ? `${seconds} s` : `${minutes} min${seconds % 60 === 0 ? '' : ` ${seconds % 60} s`}`;
}

/** What a held decision will be, and when: for the eye each second anew, for who hears the page once. */
export function heldWords({ heldFor, mayUndo }: Pick<ApprovalSummary, 'heldFor' | 'mayUndo'>, seconds: number): string {
  const outcome = OUTCOME[heldFor ?? 'approved'];
  if (seconds === 0) return `${outcome} · taking effect …`;
  return `${outcome} · takes effect in ${countdownWords(seconds)}${mayUndo ? '' : ', unless it is taken back'}`;
}

/** `1 of 2 · Asha`. */
export const quorumWords = ({ need, yes }: QuorumView): string => [`${yes.length} of ${need}`, ...(yes.length === 0 ? [] : [inSight(yes.map(({ by }) => by).join(', '))])].join(' · ');
/** Of a request that expired; one yes of two that are needed is an answer. */
export const expiredWords = (quorum: QuorumView | null): string => (quorum && quorum.yes.length > 0 ? `Not enough answered in time: ${quorum.yes.length} of ${quorum.need}` : 'Nobody answered in time');
