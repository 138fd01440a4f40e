import { AppError } from '@countersign/contracts/errors';
import { setTimeout as sleep } from 'node:timers/promises';

/** As long as a gateway or a database that was killed takes to be there again, with room to spare. */
const PATIENCE_MS = 30_000;
const AGAIN_MS = 500;

/** Asks again while the answer is an error that a retry can help with. `onWait` is told the first one. Rejects with the last after half a minute. */
export async function rideOut<T>(ask: () => Promise<T>, onWait: (error: AppError) => void, patienceMs = PATIENCE_MS): Promise<T> {
  const deadline = performance.now() + patienceMs;
  for (let told = false; ; told = true) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof AppError) || !error.retryable || performance.now() > deadline) throw error;
      if (!told) onWait(error);
      await sleep(AGAIN_MS);
    }
  }
}
