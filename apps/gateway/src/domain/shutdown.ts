import type { ShutdownState } from '@countersign/contracts';

/** What rows say of the newest request to a member that it ends. */
export interface ShutdownFacts {
  readonly nowMs: number;
  readonly dueAtMs: number;
  /** An agent of it has been given the request. */
  readonly told: boolean;
  /** Its answer; null: none yet. */
  readonly approve: boolean | null;
}

/** An answer stands, also one that came late; silence is neither a yes nor a no. */
export function shutdownStateOf({ nowMs, dueAtMs, told, approve }: ShutdownFacts): ShutdownState {
  if (approve !== null) return approve ? 'agreed' : 'refused';
  if (nowMs >= dueAtMs) return 'overdue';
  return told ? 'told' : 'asked';
}

/** Why a member is not ended without its yes now; undefined: it may be. One that has agreed ends by itself, and is ended where it does not. */
export function refusesEnd(state: ShutdownState | undefined): { readonly code: 'shutdown_not_asked' | 'shutdown_pending'; readonly message: string } | undefined {
  if (state === undefined) return { code: 'shutdown_not_asked', message: 'Ask it to end first; what cannot wait is stopped by an interrupt.' };
  return state === 'asked' || state === 'told' ? { code: 'shutdown_pending', message: 'It was asked to end, and has time to answer.' } : undefined;
}
