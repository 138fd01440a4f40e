const done = <T>(request: IDBRequest<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error('the browser could not keep this'));
  });

export interface Kept<T> {
  get(name: string): Promise<T | undefined>;
  all(): Promise<T[]>;
  put(name: string, value: T): Promise<void>;
  remove(name: string): Promise<void>;
}

/**
 * Reads and writes one store of this browser in one transaction; on return what was written is on disk, as far as the browser
 * tells. Throws what the browser does when it has no room left. `work` may wait for nothing but the store.
 */
export async function inStore<T, R>(database: string, store: string, work: (kept: Kept<T>) => Promise<R>): Promise<R> {
  const request = indexedDB.open(database, 1);
  request.onupgradeneeded = () => request.result.createObjectStore(store);
  const opened = await done(request);
  try {
    const transaction = opened.transaction(store, 'readwrite', { durability: 'strict' });
    const ended = new Promise<void>((resolve, reject) => {
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(transaction.error ?? new Error('the browser could not keep this'));
    });
    const objects = transaction.objectStore(store);
    const result = work({
      get: (name) => done<T | undefined>(objects.get(name)),
      all: () => done<T[]>(objects.getAll()),
      put: async (name, value) => void (await done(objects.put(value, name))),
      remove: async (name) => void (await done(objects.delete(name))),
    });
    const [value] = await Promise.all([result, ended]);
    return value;
  } finally {
    opened.close();
  }
}
