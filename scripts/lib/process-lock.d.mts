export interface ProcessMark {
  pid: number;
  start: string | undefined;
}
export type Holder = ProcessMark & Record<string, unknown>;
export type LockAttempt = { taken: true; release: () => void } | { taken: false; holder: Holder };

export function startOf(pid: number): string | undefined;
export function markOf(pid: number): ProcessMark;
export function isRunning(mark: ProcessMark | undefined): boolean;
/** The mark that a file holds; one of no process when the text is none. */
export function markIn(text: string): Holder;
export function tryLock(path: string, details?: Record<string, unknown>): LockAttempt;
export function waitForLock(path: string, onWait?: (holder: Holder) => void): Promise<() => void>;
