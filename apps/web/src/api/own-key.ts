import { makeSigningKey, type SigningKey } from '@countersign/contracts/assertions';
import { inStore } from './browser-store.js';

const keys = <R>(work: Parameters<typeof inStore<SigningKey, R>>[2]): Promise<R> => inStore('countersign.keys', 'keys', work);

/**
 * The key with which this browser signs for a person on a device. Its secret cannot be read out, not even by this page; it goes
 * when the browser's data are cleared. Made at first use.
 */
export async function ownKey(personId: string, deviceId: string): Promise<SigningKey> {
  const name = `${personId} ${deviceId}`;
  const known = await keys((kept) => kept.get(name));
  if (known) return known;
  const fresh = await makeSigningKey({ extractable: false });
  return keys(async (kept) => {
    // Another tab may have been quicker: then the key is that one's.
    const first = await kept.get(name);
    if (!first) await kept.put(name, fresh);
    return first ?? fresh;
  });
}
