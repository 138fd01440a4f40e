import type { Alarm, Memory } from '@countersign/audit/web';
import { inStore } from '../api/browser-store.js';

// Read before Approve opens, so nothing of the proofs is loaded here.

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

const store = <R>(work: Parameters<typeof inStore<Remembered, R>>[2]): Promise<R> => inStore('countersign.witness', 'memories', work);

/** Everything that is remembered here, of all persons who signed in in this browser. */
export const everything = (): Promise<readonly Remembered[]> => store((kept) => kept.all());

type Of = Pick<Remembered, 'personId' | 'teamId'>;
type Change = (before: Remembered | undefined) => Promise<Remembered>;

const nameOf = ({ personId, teamId }: Of): string => `${personId} ${teamId}`;

/** Changes one memory. Of all tabs and the service worker one at a time does: none forgets what another has just seen. A push waits for it, so `change` waits for no server. */
export function remember(of: Of, change: Change): Promise<Remembered> {
  const name = nameOf(of);
  return navigator.locks.request(`countersign-witness ${name}`, async () => {
    const before = await store((kept) => kept.get(name));
    const after = await change(before);
    if (after !== before) await store((kept) => kept.put(name, after));
    return after;
  });
}

/** Changes one memory by what a server answers, in its own time. Of all tabs one at a time asks; what others remember meanwhile is never written over, it is asked about as well. */
export function rememberAsked(of: Of, ask: Change): Promise<Remembered> {
  const name = nameOf(of);
  return navigator.locks.request(`countersign-witness-asks ${name}`, async () => {
    for (;;) {
      const before = await store((kept) => kept.get(name));
      const after = await ask(before);
      const now = await remember(of, (current) => Promise.resolve(current === undefined || isSame(current, before) ? after : current));
      if (now === after) return after;
    }
  });
}

/** As they are stored. */
const isSame = (one: Remembered, other: Remembered | undefined): boolean => JSON.stringify(one) === JSON.stringify(other);

/** Lets a person go on from the record as it is now. What was remembered stays as evidence. */
export const putAside = (of: Remembered): Promise<Remembered> =>
  remember(of, (before = of) => {
    const { memory, past } = before;
    return Promise.resolve(memory?.alarm ? { ...before, memory: undefined, past: [...past, { alarm: memory.alarm, memory }].slice(-MOST_PAST) } : before);
  });

/** The keys that somebody here has pinned for the log that a file speaks of, those of now first. */
export async function pinnedKeysFor(text: string): Promise<string[]> {
  const all = await everything();
  const keys = [...all.map(({ memory }) => memory?.vkey), ...all.flatMap(({ past }) => past.map((one) => one.memory.vkey))];
  return [...new Set(keys)].filter((vkey) => vkey !== undefined).filter((vkey) => text.includes(vkey.slice(0, vkey.indexOf('+'))));
}
