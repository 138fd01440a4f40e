import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';

import { expect } from 'expect';

import { leafHash } from './leaf.js';
import { consistencyRanges, consistencySteps, followLater, inclusionSteps, type ConsistencyClaim, type InclusionClaim } from './proof.js';
import { random } from './spec-support/log.js';
import { consistencyProof, inclusionProof, nodeHash, rangeRoot, verifyConsistency, verifyInclusion, type KnownHashes } from './tree.js';

/** The most leaves of the exhaustive part. */
const MOST = 64;
/** The most leaves where each proof is tried at every other place and size. */
const CROSSED = 32;
const WIDE = 2 ** 20;

/** The tree's hashes from its leaves; ranges of a power of two are worked out once, as a server would hold them. */
function hashesOf(leaf: (index: number) => Buffer): KnownHashes {
  const held = new Map<string, Buffer>();
  const known: KnownHashes = ({ from, to }) => {
    if (to - from === 1) return leaf(from);
    if (to - from < 256 || !Number.isInteger(Math.log2(to - from))) return undefined;
    const name = `${from}:${to}`;
    const half = (to - from) / 2;
    const hash = held.get(name) ?? nodeHash(rangeRoot({ from, to: from + half }, known), rangeRoot({ from: from + half, to }, known));
    held.set(name, hash);
    return hash;
  };
  return known;
}

const LEAVES = Array.from({ length: MOST }, (_, index) => leafHash(Buffer.from(`leaf ${index}`)));
const tree = hashesOf((index) => LEAVES[index]!);
const ROOTS = Array.from({ length: MOST + 1 }, (_, size) => (size === 0 ? Buffer.alloc(32) : rangeRoot({ from: 0, to: size }, tree)));
const headOf = (size: number) => ({ size, root: ROOTS[size]! });
const inclusion = (index: number, size: number): InclusionClaim => ({ leaf: LEAVES[index]!, index, ...headOf(size), path: inclusionProof(tree, index, size) });
const consistency = (from: number, to: number): ConsistencyClaim => ({ from: headOf(from), to: headOf(to), path: consistencyProof(tree, from, to) });

const flipped = (hash: Uint8Array, bit: number): Buffer => {
  const bytes = Buffer.from(hash);
  bytes[bit >> 3]! ^= 1 << (bit & 7);
  return bytes;
};

/** Every path that is one change away: a bit of each hash, two neighbours exchanged, a hash too few or too many at each place. */
function alteredPaths(path: readonly Uint8Array[], bit: number): Uint8Array[][] {
  const altered: Uint8Array[][] = [];
  for (const [at, hash] of path.entries()) {
    altered.push(path.with(at, flipped(hash, bit)), path.toSpliced(at, 1), path.toSpliced(at, 0, hash), path.with(at, hash.subarray(1)));
    if (at > 0) altered.push(path.with(at, path[at - 1]!).with(at - 1, hash));
  }
  return [...altered, [...path, LEAVES[0]!], [LEAVES[1]!, ...path]];
}

describe('the proofs of the RFC 6962 test vectors', () => {
  const inputs = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f'];
  const leaves = inputs.map((hex) => leafHash(Buffer.from(hex, 'hex')));
  const known = hashesOf((index) => leaves[index]!);
  const hex = (path: readonly Buffer[]): string[] => path.map((hash) => hash.toString('hex'));

  it('are these', () => {
    expect(hex(inclusionProof(known, 0, 1))).toEqual([]);
    expect(hex(inclusionProof(known, 0, 8))).toEqual([
      '96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7',
      '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
      '6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4',
    ]);
    expect(hex(inclusionProof(known, 5, 8))).toEqual([
      'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
      'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
      'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    ]);
    expect(hex(inclusionProof(known, 2, 3))).toEqual(['fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125']);
    expect(hex(inclusionProof(known, 1, 5))).toEqual([
      '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
      '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
      'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
    ]);
    expect(hex(consistencyProof(known, 1, 1))).toEqual([]);
    expect(hex(consistencyProof(known, 1, 8))).toEqual([
      '96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7',
      '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
      '6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4',
    ]);
    expect(hex(consistencyProof(known, 6, 8))).toEqual([
      '0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a',
      'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
      'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    ]);
    expect(hex(consistencyProof(known, 2, 5))).toEqual([
      '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
      'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
    ]);
  });
});

describe(`an inclusion proof, at every place of every tree of up to ${MOST} leaves`, () => {
  it('is accepted as it is', () => {
    for (let size = 1; size <= MOST; size += 1) for (let index = 0; index < size; index += 1) expect([index, size, verifyInclusion(inclusion(index, size))]).toEqual([index, size, true]);
  });

  it('is refused with anything about its path, its leaf or the root changed', () => {
    const below = random(1);
    let refused = 0;
    const refuse = (claim: InclusionClaim, what: string) => {
      if (verifyInclusion(claim)) throw new Error(`accepted: ${what} of leaf ${claim.index} in ${claim.size}`);
      refused += 1;
    };
    for (let size = 1; size <= MOST; size += 1) {
      for (let index = 0; index < size; index += 1) {
        const claim = inclusion(index, size);
        const bit = below(256);
        for (const path of alteredPaths(claim.path, bit)) refuse({ ...claim, path }, 'path');
        refuse({ ...claim, leaf: flipped(claim.leaf, bit) }, 'leaf');
        refuse({ ...claim, root: flipped(claim.root, bit) }, 'root');
        refuse({ ...claim, leaf: claim.leaf.subarray(1) }, 'short leaf');
      }
    }
    expect(refused).toBeGreaterThan(24_511);
  });

  it('is refused for every other leaf, at every other index, and under the head of every other size, up to 32', () => {
    for (let size = 1; size <= CROSSED; size += 1) {
      for (let index = 0; index < size; index += 1) {
        const claim = inclusion(index, size);
        for (let other = -1; other <= size; other += 1) {
          if (other === index) continue;
          if (verifyInclusion({ ...claim, index: other })) throw new Error(`the proof of leaf ${index} in ${size} was accepted at ${other}`);
          if (LEAVES[other] !== undefined && verifyInclusion({ ...claim, leaf: LEAVES[other]! })) throw new Error(`leaf ${other} was accepted with the proof of leaf ${index} in ${size}`);
        }
        for (let other = 0; other <= CROSSED; other += 1) if (other !== size && verifyInclusion({ ...claim, ...headOf(other) })) throw new Error(`the proof of leaf ${index} in ${size} was accepted under the head of ${other}`);
      }
    }
  });

  it('is refused with numbers that are none', () => {
    for (const wrong of [-1, 0.5, NaN, Infinity, 2 ** 53]) {
      expect(verifyInclusion({ ...inclusion(0, 1), index: wrong })).toBe(false);
      expect(verifyInclusion({ ...inclusion(0, 1), size: wrong })).toBe(false);
    }
    expect(() => inclusionProof(tree, 3, 3)).toThrow(RangeError);
    expect(() => inclusionProof(tree, -1, 3)).toThrow(RangeError);
  });
});

describe(`a consistency proof, between all sizes up to ${MOST}`, () => {
  it('is accepted as it is', () => {
    for (let to = 1; to <= MOST; to += 1) for (let from = 1; from <= to; from += 1) expect([from, to, verifyConsistency(consistency(from, to))]).toEqual([from, to, true]);
  });

  it('is refused with anything about its path or the roots changed, and with the heads of other sizes', () => {
    const below = random(2);
    for (let to = 1; to <= MOST; to += 1) {
      for (let from = 1; from <= to; from += 1) {
        const claim = consistency(from, to);
        const refuse = (changed: Partial<ConsistencyClaim>, what: string) => {
          if (verifyConsistency({ ...claim, ...changed })) throw new Error(`accepted: ${what} from ${from} to ${to}`);
        };
        const bit = below(256);
        for (const path of alteredPaths(claim.path, bit)) refuse({ path }, 'path');
        refuse({ from: { size: from, root: flipped(claim.from.root, bit) } }, 'first root');
        refuse({ to: { size: to, root: flipped(claim.to.root, bit) } }, 'second root');
        for (let other = 0; to <= CROSSED && other <= CROSSED; other += 1) {
          if (other !== from && other !== to) refuse({ from: headOf(other) }, `head of ${other} first`);
          if (other !== to && other !== from) refuse({ to: headOf(other) }, `head of ${other} second`);
        }
        if (from !== to) refuse({ from: claim.to, to: claim.from }, 'heads exchanged');
        // the same root under a size whose proofs have another length: nothing but the walk to the top of the tree shows it
        for (let size = from + 1; to <= CROSSED && size <= CROSSED; size += 1) if (consistencyRanges(from, size).length !== claim.path.length) refuse({ to: { size, root: claim.to.root } }, `size ${size} with the root`);
      }
    }
  });

  it('is refused between a history and another one that begins alike', () => {
    for (const size of [2, 7, 33, MOST]) {
      for (const edited of [0, 1, size - 1]) {
        const fork = hashesOf((index) => (index === edited ? leafHash(Buffer.from('as someone wants it')) : LEAVES[index]!));
        for (let to = size; to <= MOST; to += 1) {
          const claim = { from: headOf(size), to: { size: to, root: rangeRoot({ from: 0, to }, fork) }, path: consistencyProof(fork, size, to) };
          if (verifyConsistency(claim)) throw new Error(`a fork at ${edited} was accepted from ${size} to ${to}`);
        }
      }
    }
  });

  it('says nothing about the empty tree or numbers that are none', () => {
    for (const wrong of [0, -1, 0.5, NaN, 2 ** 53]) {
      expect(verifyConsistency({ ...consistency(1, 2), from: { size: wrong, root: ROOTS[1]! } })).toBe(false);
      expect(() => consistencyProof(tree, wrong, 2)).toThrow(RangeError);
    }
    expect(() => consistencyProof(tree, 3, 2)).toThrow(RangeError);
  });
});

describe('proofs of trees of up to 2^20 leaves', () => {
  const known = hashesOf((index) => {
    const leaf = Buffer.alloc(32, 0x5a);
    leaf.writeUInt32BE(index);
    return leaf;
  });

  it('are accepted at random places, and refused with a random change', () => {
    const below = random(3);
    for (let turn = 0; turn < 200; turn += 1) {
      const size = 1 + below(turn % 4 === 0 ? WIDE : 1 + below(WIDE));
      const [index, from] = [below(size), 1 + below(size)];
      const root = rangeRoot({ from: 0, to: size }, known);
      const included: InclusionClaim = { leaf: known({ from: index, to: index + 1 })!, index, size, root, path: inclusionProof(known, index, size) };
      const consistent: ConsistencyClaim = { from: { size: from, root: rangeRoot({ from: 0, to: from }, known) }, to: { size, root }, path: consistencyProof(known, from, size) };
      expect([turn, verifyInclusion(included), verifyConsistency(consistent)]).toEqual([turn, true, true]);
      const bit = below(256);
      for (const path of alteredPaths(included.path, bit)) if (verifyInclusion({ ...included, path })) throw new Error(`turn ${turn}: accepted inclusion`);
      for (const path of alteredPaths(consistent.path, bit)) if (verifyConsistency({ ...consistent, path })) throw new Error(`turn ${turn}: accepted consistency`);
    }
  });
});

describe('the same check in a browser', () => {
  it('needs nothing that a browser has not', () => {
    const source = readFileSync(new URL('./proof.js', import.meta.url), 'utf8');
    expect(source.match(/\bimport\b|\brequire\b|\bBuffer\b|\bprocess\b/g)).toBeNull();
  });

  it('gives the same verdicts with WebCrypto', async () => {
    for (const [index, size] of [[0, 1], [5, 8], [40, 41], [63, MOST]] as const) {
      const claim = inclusion(index, size);
      expect(await followLater(inclusionSteps(claim))).toBe(true);
      expect(await followLater(inclusionSteps({ ...claim, leaf: flipped(claim.leaf, 9) }))).toBe(false);
      const older = consistency(index + 1, size);
      expect(await followLater(consistencySteps(older))).toBe(true);
      expect(await followLater(consistencySteps({ ...older, to: { size, root: flipped(older.to.root, 9) } }))).toBe(false);
    }
  });
});
