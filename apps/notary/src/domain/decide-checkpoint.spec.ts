import { describe, it } from 'node:test';

import { append, entryHash, rootOf, sha256 } from '@countersign/audit';
import { expect } from 'expect';
import fc from 'fast-check';

import { decideCheckpoint, decideRecheck, emptyHead, type ChainEntry, type CheckpointDecision, type Head } from './decide-checkpoint.js';

const TEAM = '0190a000-0000-7000-8000-000000000001';
const hashing = { entryHash, append, rootOf };
const NOW = 1_800_000_000_000;
const start = emptyHead(hashing);

function chain(length: number, words = 'payload'): ChainEntry[] {
  const entries: ChainEntry[] = [];
  for (let seq = 0; seq < length; seq += 1) {
    const parts = { teamId: TEAM, seq, atMs: 1_000 + seq, prevHash: entries.at(-1)?.entryHash ?? Buffer.alloc(32), payloadHash: sha256(Buffer.from(`${words} ${seq}`)) };
    entries.push({ ...parts, entryHash: entryHash(parts) });
  }
  return entries;
}

const decide = (head: Head, entries: readonly ChainEntry[], size: number, signedSize = head.size): CheckpointDecision => decideCheckpoint(head, { size, signedSize }, entries, NOW, hashing);
const advanced = (decision: CheckpointDecision): Head => {
  if (decision.kind !== 'advance') throw new Error(JSON.stringify(decision));
  return decision.head;
};
const headOver = (entries: readonly ChainEntry[]): Head => advanced(decide(start, entries, entries.length));

describe('the decision to sign a head', () => {
  it('covers what is new, in any portions, with the root of the whole chain', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 8 }), (portions) => {
        const entries = chain(portions.reduce((sum, size) => sum + size, 0));
        let head = start;
        for (const size of portions) head = advanced(decide(head, entries.slice(head.size, head.size + size), entries.length));
        expect(head).toEqual(headOver(entries));
        expect(head.root).toEqual(rootOf(append({ size: 0, hashes: [] }, entries.map((entry) => entry.entryHash))));
        expect(head).toMatchObject({ size: entries.length, claimedAtMs: NOW, lastAtMs: 1_000 + entries.length - 1 });
      }),
      { numRuns: 50 },
    );
  });

  it('is to do nothing where nothing is new', () => {
    expect(decide(start, [], 0)).toEqual({ kind: 'nothing' });
    expect(decide(headOver(chain(3)), [], 3)).toEqual({ kind: 'nothing' });
  });

  it('is a refusal when the database is shorter than the head', () => {
    expect(decide(headOver(chain(3)), [], 2)).toEqual({ kind: 'refuse', reason: 'history_rewritten', seq: 2, what: 'shorter' });
  });

  it('is a refusal when more was signed than this notary has on record', () => {
    expect(decide(headOver(chain(3)), [], 4, 4)).toMatchObject({ kind: 'refuse', reason: 'head_store_behind', seq: 3 });
  });

  it('is a refusal when an entry does not continue the one before it', () => {
    const entries = chain(6);
    const head = headOver(entries.slice(0, 3));
    const after = (change: (rest: ChainEntry[]) => ChainEntry[]) => decide(head, change(entries.slice(3)), 6);
    const edit = (part: Partial<ChainEntry>) => after(([first, second, ...rest]) => [first!, { ...second!, ...part }, ...rest]);
    const refused = (seq: number, what: string) => ({ kind: 'refuse', reason: 'history_rewritten', seq, what });
    expect(after(() => [])).toEqual(refused(3, 'gap'));
    expect(after(([, ...rest]) => rest)).toEqual(refused(3, 'gap'));
    expect(after(([first, , ...rest]) => [first!, ...rest])).toEqual(refused(4, 'gap'));
    expect(edit({ prevHash: entries[0]!.entryHash })).toEqual(refused(4, 'link'));
    expect(edit({ payloadHash: sha256(Buffer.from('other')) })).toEqual(refused(4, 'hash'));
    expect(edit({ atMs: 5_000 })).toEqual(refused(4, 'hash'));
    expect(edit({ teamId: '0190a000-0000-7000-8000-000000000002' })).toEqual(refused(4, 'hash'));
    const early = { ...entries[4]!, atMs: entries[3]!.atMs - 1 };
    expect(edit({ ...early, entryHash: entryHash(early) })).toEqual(refused(4, 'time'));
  });

  it('is a refusal when the chain was begun anew below the head', () => {
    expect(decide(headOver(chain(3)), chain(5, 'other').slice(3), 5)).toMatchObject({ kind: 'refuse', what: 'link', seq: 3 });
  });
});

describe('the comparison of a claimed head with the chain read anew', () => {
  it('passes only for the very same head', () => {
    const claimed = headOver(chain(5));
    expect(decideRecheck(claimed, headOver(chain(5)))).toEqual({ kind: 'nothing' });
    for (const walked of [headOver(chain(4)), { ...claimed, root: Buffer.alloc(32) }, { ...claimed, lastHash: Buffer.alloc(32) }]) expect(decideRecheck(claimed, walked)).toMatchObject({ kind: 'refuse', reason: 'history_rewritten', what: 'root' });
  });
});
