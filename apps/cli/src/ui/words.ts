/** How times and states read to a person; one place, so that all screens of the terminal agree. */
import { paint } from '../../../../scripts/lib/report.mjs';

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
