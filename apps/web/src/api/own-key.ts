import { makeSigningKey, type SigningKey } from '@countersign/contracts/assertions';

const NAME = 'countersign.keys';
const STORE = 'keys';

const done = <T>(request: IDBRequest<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error('the browser could not keep a key'));
  });

async function opened(): Promise<IDBDatabase> {
  const request = indexedDB.open(NAME, 1);
  request.onupgradeneeded = () => request.result.createObjectStore(STORE);
  return done(request);
}

/**
 * The key with which this browser signs for a person on a device. Its secret cannot be read out, not even by this page; it goes
 * when the browser's data are cleared. Made at first use.
 */
export async function ownKey(personId: string, deviceId: string): Promise<SigningKey> {
  const name = `${personId} ${deviceId}`;
  const database = await opened();
  try {
    const known = (await done(database.transaction(STORE).objectStore(STORE).get(name))) as SigningKey | undefined;
    if (known) return known;
    const fresh = await makeSigningKey({ extractable: false });
    // Another tab may have been quicker: then the key is that one's.
    const store = database.transaction(STORE, 'readwrite').objectStore(STORE);
    const first = (await done(store.get(name))) as SigningKey | undefined;
    if (!first) await done(store.put(fresh, name));
    return first ?? fresh;
  } finally {
    database.close();
  }
}
