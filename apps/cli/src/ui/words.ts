/** How amounts, times and states read to a person; one place, so that all screens of the terminal agree. */
import { paint } from '../../../../scripts/lib/report.mjs';

const MICROS = 1_000_000;

export interface Amount {
  readonly amountMicros: number;
  readonly currency: string;
  readonly rehearsal?: boolean;
}

/** `$0.0123`: as many digits as the amount has, at least two, at most six. */
export function money({ amountMicros, currency }: Amount): string {
  const text = (amountMicros / MICROS).toFixed(6).replace(/0{1,4}$/, '');
  return currency === 'USD' ? `$${text}` : `${text} ${currency}`;
}

/** An amount, and where made-up prices of the rehearsal are in it, that they are. */
export const costWords = (amount: Amount): string => `${money(amount)}${amount.rehearsal ? ' (rehearsal)' : ''}`;

export const REHEARSAL_PRICES = 'Costs are made-up prices of the rehearsal, which is no model; nobody bills them.';

export function duration(ms: number): string {
  const seconds = Math.max(0, ms) / 1000;
  if (seconds < 60) return `${seconds.toFixed(1)}s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60 ? `${minutes}m ${Math.round(seconds % 60)}s` : `${Math.floor(minutes / 60)}h ${minutes % 60}m`;
}

export const shortId = (id: string): string => id.slice(-8);

const GREEN = new Set(['active', 'done', 'approved', 'executed', 'submitted', 'ok']);
const RED = new Set(['failed', 'denied', 'blocked', 'rejected', 'refused', 'expired', 'withdrawn', 'cancelled']);

export function stateWord(state: string): string {
  if (GREEN.has(state)) return paint(32, state);
  if (RED.has(state)) return paint(31, state);
  return state === 'suspended' || state === 'unknown' ? paint(33, state) : paint(36, state);
}
