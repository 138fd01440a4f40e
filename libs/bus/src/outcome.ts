import { AppError, firstOf } from '@countersign/contracts';

/** What becomes of a delivery. */
export type Outcome =
  | { readonly kind: 'ack' }
  | { readonly kind: 'again'; readonly delayMs: number }
  | { readonly kind: 'drop'; readonly code: string }
  | { readonly kind: 'dead'; readonly code: string; readonly text: string };

/** After this many failures of one message it becomes a dead letter. */
export const FAILURES_AT_MOST = 5;
/** Handed out this often without an end, it ends the processes that handle it: dead without another try. */
export const DELIVERIES_AT_MOST = 10;
const BACKOFF_MS = [250, 1_000, 5_000, 30_000];
/** Refused because the team moved on; reactivation starts from the rows, so nothing is lost with the message. */
const OUTDATED = new Set(['stale_epoch', 'team_not_active']);
const TEXT_AT_MOST = 2_000;

/** Decides by the error's class; `failures` counts this one. */
export function outcomeOf(error: unknown, failures: number): Outcome {
  if (error instanceof AppError && OUTDATED.has(error.code)) return { kind: 'drop', code: error.code };
  const hopeless = error instanceof AppError && !error.retryable;
  if (!hopeless && failures < FAILURES_AT_MOST) return { kind: 'again', delayMs: BACKOFF_MS[failures - 1] ?? BACKOFF_MS.at(-1)! };
  return { kind: 'dead', code: error instanceof AppError ? error.code : 'handler_failed', text: describe(error) };
}

/** The error and its causes, each level in its own words. */
function describe(error: unknown): string {
  const levels: string[] = [];
  for (let level: unknown = error; level !== undefined && levels.length < 5; level = (level as { cause?: unknown }).cause) levels.push(String(level));
  return firstOf(levels.join('; because: '), TEXT_AT_MOST);
}
