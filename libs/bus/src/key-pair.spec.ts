import { createUser, fromPublic, fromSeed, Prefix } from '@nats-io/nkeys';
import { expect } from 'expect';
import { describe, it } from 'node:test';
import { KeyPair } from './key-pair.js';

describe('a key pair', () => {
  const bytes = Buffer.from('a nonce of the server');

  it('is the one that the seed stands for everywhere else: same name, same key, same signature', () => {
    const theirs = createUser();
    const ours = new KeyPair(theirs.getSeed());
    expect(ours.getPublicKey()).toBe(theirs.getPublicKey());
    expect(Buffer.from(ours.getPrivateKey())).toEqual(Buffer.from(theirs.getPrivateKey()));
    expect(Buffer.from(ours.sign(bytes))).toEqual(Buffer.from(theirs.sign(bytes)));
  });

  for (const [prefix, letter] of [[Prefix.Operator, 'O'], [Prefix.Account, 'A'], [Prefix.User, 'U']] as const) {
    it(`made anew for "${letter}" is read by everybody, and signs what its public key confirms`, () => {
      const made = KeyPair.create(prefix);
      expect(made.getPublicKey()[0]).toBe(letter);
      expect(fromSeed(made.getSeed()).getPublicKey()).toBe(made.getPublicKey());
      expect(fromPublic(made.getPublicKey()).verify(bytes, made.sign(bytes))).toBe(true);
      expect(fromPublic(made.getPublicKey()).verify(Buffer.from('another nonce'), made.sign(bytes))).toBe(false);
      expect(KeyPair.create(prefix).getPublicKey()).not.toBe(made.getPublicKey());
    });
  }
});
