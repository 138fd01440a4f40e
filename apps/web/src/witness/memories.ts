import { claimedHead, noteHeads, teamOfOrigin, type Alarm, type Memory } from '@countersign/audit/web';

const NAME = 'countersign.witness';
const STORE = 'memories';
const MOST_PAST = 20;

/** What this browser remembers of a team's record for one person. */
export interface Remembered {
  readonly personId: string;
  readonly teamId: string;
  /** As it was when the person last saw it, for a screen without a connection. */
  readonly teamName: string;
  readonly memory: Memory | undefined;
  /** Alarms that the person has dealt with, each with what was remembered then: the evidence is never thrown away. */
  readonly past: readonly { readonly alarm: Alarm; readonly memory: Memory }[];
}

const done = <T>(request: IDBRequest<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error('the browser could not keep what it remembers'));
  });

async function withStore<T>(mode: IDBTransactionMode, work: (store: IDBObjectStore) => Promise<T>): Promise<T> {
  const request = indexedDB.open(NAME, 1);
  request.onupgradeneeded = () => request.result.createObjectStore(STORE);
  const database = await done(request);
  try {
    return await work(database.transaction(STORE, mode).objectStore(STORE));
  } finally {
    database.close();
  }
}

/** Everything that is remembered here, of all persons who signed in in this browser. */
export const everything = (): Promise<readonly Remembered[]> => withStore('readonly', (store) => done<Remembered[]>(store.getAll()));

/** Changes one memory. Of all tabs and the service worker one at a time does: none forgets what another has just seen. */
export function remember(of: Pick<Remembered, 'personId' | 'teamId'>, change: (before: Remembered | undefined) => Promise<Remembered>): Promise<Remembered> {
  const name = `${of.personId} ${of.teamId}`;
  return navigator.locks.request(`countersign-witness ${name}`, async () => {
    const before = await withStore('readonly', (store) => done<Remembered | undefined>(store.get(name)));
    const after = await change(before);
    if (after !== before) await withStore('readwrite', (store) => done(store.put(after, name)));
    return after;
  });
}

/** Notes a signed head that came with a push, for everybody here who remembers its team. True when it contradicts what one of them knows. */
export async function noteHead(note: string, now = new Date()): Promise<boolean> {
  const team = teamOf(note);
  const known = (await everything()).filter(({ teamId, memory }) => teamId === team && memory !== undefined);
  const after = await Promise.all(known.map((one) => remember(one, async (before = one) => ({ ...before, memory: before.memory && (await noteHeads(before.memory, [note], now)) }))));
  return after.some(({ memory }) => memory?.alarm !== null && memory?.alarm !== undefined);
}

/** Lets a person go on from the record as it is now. What was remembered stays as evidence. */
export const putAside = (of: Remembered): Promise<Remembered> =>
  remember(of, (before = of) => {
    const { memory, past } = before;
    return Promise.resolve(memory?.alarm ? { ...before, memory: undefined, past: [...past, { alarm: memory.alarm, memory }].slice(-MOST_PAST) } : before);
  });

/** The key that somebody here has pinned for the log that a file speaks of. */
export async function pinnedKeyFor(text: string): Promise<string | undefined> {
  const keys = (await everything()).flatMap(({ memory, past }) => [memory?.vkey, ...past.map((one) => one.memory.vkey)]);
  return keys.find((vkey) => vkey !== undefined && text.includes(vkey.slice(0, vkey.indexOf('+'))));
}

function teamOf(note: string): string | undefined {
  try {
    return teamOfOrigin(claimedHead(note).origin);
  } catch {
    return undefined; // not a note: nobody here remembers its team
  }
}
