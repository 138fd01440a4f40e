import type { Me } from '@countersign/contracts';
import type { QueryClient } from '@tanstack/react-query';
import { onConnection } from '../api/connection.js';
import { introduceBrowser } from '../api/decide.js';
import { keys } from '../api/queries.js';
import { OUTBOX, savedBy, sendSaved } from './outbox.js';

/** The server may have had trouble of its own: no event tells when that is over. */
const LOOK_AGAIN_MS = 30_000;

/** Sends what waits of this person's: now, when there is a connection again, and when the app is looked at again. Returns how to stop. */
export function startOutbox(client: QueryClient, { personId, deviceId }: Pick<Me, 'personId' | 'deviceId'>): () => void {
  const stale = (...queryKeys: (readonly unknown[])[]): void => {
    for (const queryKey of queryKeys) void client.invalidateQueries({ queryKey });
  };
  const others = new BroadcastChannel(OUTBOX);
  others.onmessage = () => stale(keys.outbox, keys.approvals, ['approval']);
  const send = async (): Promise<void> => {
    if (!(await savedBy(personId)).some(({ problem }) => problem === undefined)) return;
    if (deviceId === null) {
      await introduceBrowser();
      stale(keys.me); // with the device, this begins anew
      return;
    }
    if (await sendSaved(personId)) stale(keys.me); // then the page asks to sign in, or this begins anew without a device
  };
  const occasion = (): void => void send().catch((error: unknown) => console.warn('what was decided here could not be sent, to be tried again', error));
  const looked = (): void => {
    if (document.visibilityState === 'visible') occasion();
  };
  const deaf = onConnection(({ online }) => {
    if (online) occasion();
  });
  document.addEventListener('visibilitychange', looked);
  const timer = setInterval(looked, LOOK_AGAIN_MS);
  occasion();
  return () => {
    deaf();
    clearInterval(timer);
    document.removeEventListener('visibilitychange', looked);
    others.close();
  };
}
