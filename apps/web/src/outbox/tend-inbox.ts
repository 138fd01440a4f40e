import type { ApprovalSummary } from '@countersign/contracts';
import { clearNotices } from './clear-notices.js';
import { keepInbox } from './keep-inbox.js';

/** Until it is stopped: takes what is seen here from the notifications, now and when the app is looked at again, and keeps these requests. */
export async function tendInbox(kept: readonly ApprovalSummary[], stopped: AbortSignal): Promise<void> {
  if (stopped.aborted) return;
  const clear = (): void => void clearNotices().catch((error: unknown) => console.warn('what is seen here still stands among the notifications', error));
  document.addEventListener('visibilitychange', clear, { signal: stopped });
  clear();
  if (kept.length === 0) return;
  try {
    await keepInbox(kept, stopped);
  } catch (error) {
    if (!stopped.aborted) throw error;
  }
}
