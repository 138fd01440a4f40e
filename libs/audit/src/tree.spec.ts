import { describe, it } from 'node:test';

import { expect } from 'expect';
import fc from 'fast-check';

import { leafHash } from './leaf.js';
import { append, EMPTY_FRONTIER, EMPTY_ROOT, isFrontier, nodeHash, rootOf } from './tree.js';

/** The inputs of the RFC 6962 test vectors that implementations share. */
const INPUTS = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f'];
const ROOTS: Readonly<Record<number, string>> = {
  1: '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  2: 'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  3: 'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  7: 'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  8: '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
};

/** The definition of RFC 6962 §2.1, word for word. */
function definedRoot(leaves: readonly Buffer[]): Buffer {
  if (leaves.length === 0) return EMPTY_ROOT;
  if (leaves.length === 1) return leaves[0]!;
  let split = 1;
  while (split * 2 < leaves.length) split *= 2;
  return nodeHash(definedRoot(leaves.slice(0, split)), definedRoot(leaves.slice(split)));
}

describe('the Merkle tree', () => {
  it('has the roots of the RFC 6962 test vectors', () => {
    expect(EMPTY_ROOT.toString('hex')).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
    for (const [size, root] of Object.entries(ROOTS)) {
      const leaves = INPUTS.slice(0, Number(size)).map((hex) => leafHash(Buffer.from(hex, 'hex')));
      expect(rootOf(append(EMPTY_FRONTIER, leaves)).toString('hex')).toBe(root);
    }
  });

  it('has the root of the definition at every size up to 130, however the leaves arrive', () => {
    const leaves = Array.from({ length: 130 }, (_, index) => leafHash(Buffer.from([index])));
    for (let size = 0; size <= leaves.length; size += 1) expect(rootOf(append(EMPTY_FRONTIER, leaves.slice(0, size)))).toEqual(definedRoot(leaves.slice(0, size)));
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 40 }), { maxLength: 12 }), (batches) => {
        const all = Array.from({ length: batches.reduce((sum, size) => sum + size, 0) }, (_, index) => leafHash(Buffer.from(`${index}`)));
        let frontier = EMPTY_FRONTIER;
        for (const size of batches) frontier = append(frontier, all.slice(frontier.size, frontier.size + size));
        expect(isFrontier(frontier)).toBe(true);
        expect(frontier.size).toBe(all.length);
        expect(rootOf(frontier)).toEqual(definedRoot(all));
      }),
      { numRuns: 50 },
    );
  });

  it('leaves the frontier it was given as it was', () => {
    const before = append(EMPTY_FRONTIER, [leafHash(Buffer.from('a'))]);
    const root = rootOf(before);
    append(before, [leafHash(Buffer.from('b'))]);
    expect(rootOf(before)).toEqual(root);
  });

  it('counts sizes beyond 32 bits', () => {
    const wide = { size: 2 ** 40, hashes: [leafHash(Buffer.from('wide'))] };
    const next = append(wide, [leafHash(Buffer.from('next'))]);
    expect(next.size).toBe(2 ** 40 + 1);
    expect(isFrontier(next)).toBe(true);
    expect(rootOf(next)).toEqual(nodeHash(wide.hashes[0]!, leafHash(Buffer.from('next'))));
  });

  it('knows a stored frontier that cannot be one', () => {
    const hash = leafHash(Buffer.from('x'));
    expect(isFrontier({ size: 2, hashes: [hash] })).toBe(true);
    expect(isFrontier({ size: 3, hashes: [hash] })).toBe(false);
    expect(isFrontier({ size: 1, hashes: [hash.subarray(1)] })).toBe(false);
    expect(isFrontier({ size: -1, hashes: [] })).toBe(false);
  });
});
