import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';

import { expect } from 'expect';

import { entryHash, GENESIS_HASH, leafBytes, LEAF_BYTES, sha256 } from './leaf.js';

const parts = { teamId: '01234567-89ab-7def-8123-456789abcdef', seq: 258, atMs: 1_700_000_000_123, prevHash: Buffer.alloc(32, 0xaa), payloadHash: Buffer.alloc(32, 0xbb) };

describe('the leaf of an entry', () => {
  it('is the 97 bytes that the design lays down', () => {
    const leaf = leafBytes(parts);
    expect(leaf.length).toBe(LEAF_BYTES);
    expect(leaf.toString('hex')).toBe(`01${'0123456789ab7def8123456789abcdef'}${'0000000000000102'}${'0000018bcfe5687b'}${'aa'.repeat(32)}${'bb'.repeat(32)}`);
  });

  it('is hashed behind a zero byte, so that no inner node can pass for an entry', () => {
    expect(entryHash(parts)).toEqual(createHash('sha256').update(Buffer.concat([Buffer.from([0]), leafBytes(parts)])).digest());
  });

  it('starts every chain from 32 zero bytes', () => {
    expect(GENESIS_HASH.equals(Buffer.alloc(32))).toBe(true);
  });

  it('refuses what is not a UUID, a hash or a counter', () => {
    expect(() => leafBytes({ ...parts, teamId: 'team-1' })).toThrow(RangeError);
    expect(() => leafBytes({ ...parts, prevHash: Buffer.alloc(31) })).toThrow(RangeError);
    expect(() => leafBytes({ ...parts, seq: -1 })).toThrow(RangeError);
    expect(() => leafBytes({ ...parts, seq: 1.5 })).toThrow(RangeError);
  });

  it('hashes several parts as if they were one', () => {
    expect(sha256(Buffer.from('ab'), Buffer.from('c'))).toEqual(sha256(Buffer.from('abc')));
  });
});
