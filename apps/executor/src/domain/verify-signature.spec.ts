import { approvalPreimage, FLAGS, fromBase64url, joined, toBase64url, type Assertion, type AssertionFault } from '@countersign/contracts/assertions';
import { uuidv7 } from '@countersign/contracts';
import { es256 } from '@countersign/service';
import { forgeries, honest, otherAlgorithms } from '@countersign/testing';
import { expect } from 'expect';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import { aKey, DEVICE, PERSON, pinnedOf, RP, signedBy, signedYes, type TestKey } from '../testing/approver.js';
import { manifestBytes, sha256 } from '../testing/orders.js';
import { readOrder, type Order } from './order.js';
import type { PinnedKey } from './pins.js';
import { verifySignature, type Decided, type Witness } from './verify-signature.js';

const NOW = 1_800_000_000_000;
const UNTIL = NOW / 1000 + 120;
const KEY = aKey();
const PASSKEY = aKey('passkey');
const digest = sha256('manifest');
const orderOf = (tier: string): Order => {
  const read = readOrder(manifestBytes({ tier }));
  if (!read.ok) throw new Error(read.code);
  return read.order;
};
const order = orderOf('1');

const yes = (over: Partial<Decided> = {}, spec: { key?: TestKey; digest?: string; expiresAt?: number; flags?: number } = {}): Decided => ({
  digest, personId: PERSON, deviceId: DEVICE, at: new Date(NOW), assertion: signedYes(spec.key ?? KEY, { digest, personId: PERSON, deviceId: DEVICE, expiresAt: UNTIL, ...spec }), ...over,
});
const witness = (over: Partial<Witness> = {}, pinned: Partial<PinnedKey> = {}): Witness => ({
  es256, now: NOW, begun: false, softwareKeys: true,
  key: (customerId, credentialId) => [KEY, PASSKEY].map((key) => pinnedOf(key, pinned)).find((key) => key.customerId === customerId && key.credentialId === credentialId),
  ...over,
});
const verdict = (decided: readonly Decided[], by = witness(), of = order, over = digest) => verifySignature(of, over, decided, by)?.code ?? 'signed';

describe('a signed yes', () => {
  it('stands for the order it was given to', () => expect(verdict([yes()])).toBe('signed'));
  it('stands beside others that do not', () => expect(verdict([yes({ assertion: null }), yes({ personId: uuidv7() }), yes()])).toBe('signed'));
  it('of a passkey that verified its person stands at tier 2', () => expect(verdict([yes({}, { key: PASSKEY })], witness(), orderOf('2'))).toBe('signed'));

  it('is none where it may be handed in later than anybody honest asks for, until it is begun', () => {
    const far = [yes({}, { expiresAt: UNTIL + 61 })];
    expect([verdict([yes({}, { expiresAt: UNTIL + 59 })]), verdict(far), verdict(far, witness({ begun: true }))]).toEqual(['signed', 'assertion_invalid', 'signed']);
  });

  const changed = (member: 'nonce' | 'signature' | 'clientDataJSON' | 'authenticatorData', value: string): Decided => yes({ assertion: { ...yes().assertion!, [member]: value } });
  for (const [what, code, decided, by = witness(), of = order] of [
    ['without a row', 'assertion_missing', []],
    ['that nobody signed', 'assertion_missing', [yes({ assertion: null })]],
    ['of nobody', 'assertion_missing', [yes({ personId: null })]],
    ['that is no assertion', 'assertion_invalid', [yes({ assertion: [] as never }), yes({ assertion: { credentialId: 1 } as never })]],
    ['over another manifest', 'assertion_invalid', [yes({}, { digest: sha256('other') })]],
    ['with another nonce', 'assertion_invalid', [changed('nonce', randomBytes(32).toString('base64url'))]],
    ['with no nonce', 'assertion_invalid', [changed('nonce', 'x')]],
    ['with another signature', 'assertion_invalid', [changed('signature', yes().assertion!.signature)]],
    ['with a later expiry', 'assertion_invalid', [yes({ assertion: { ...yes().assertion!, expiresAt: UNTIL + 3600 } })]],
    ['with an expiry that is no number', 'assertion_invalid', [yes({ assertion: { ...yes().assertion!, expiresAt: '1' as never } })]],
    ['in another person’s name', 'key_foreign', [yes({ personId: uuidv7() })]],
    ['on another device', 'key_foreign', [yes({ deviceId: uuidv7() })]],
    ['of a key that was never pinned', 'key_unknown', [yes({}, { key: aKey() })]],
    ['of another customer’s key', 'key_unknown', [yes()], witness({}, { customerId: 'other' })],
    ['of a key that ended', 'key_ended', [yes()], witness({}, { endedAt: NOW - 1 })],
    ['of a key that waits', 'key_not_in_effect', [yes()], witness({}, { effectiveFrom: NOW + 1 })],
    ['of a key in a file, in production', 'key_unfit', [yes()], witness({ softwareKeys: false }, { kind: 'software' })],
    ['of a browser’s key at tier 2', 'key_unfit', [yes()], witness(), orderOf('2')],
    ['of a passkey that did not verify its person at tier 2', 'key_unfit', [yes({}, { key: PASSKEY, flags: FLAGS.userPresent })], witness(), orderOf('2')],
    ['at tier 3', 'tier_not_offered', [yes({}, { key: PASSKEY })], witness(), orderOf('3')],
    ['with nobody there', 'assertion_invalid', [yes({}, { flags: 0 })]],
    ['recorded after its expiry', 'assertion_late', [yes({ at: new Date(UNTIL * 1000 + 5_001) })]],
    ['carried out after its time, whatever the row says by then', 'assertion_late', [yes()], witness({ now: UNTIL * 1000 + 16 * 60_000 + 1 })],
  ] as [string, string, Decided[], Witness?, Order?][]) {
    it(`is refused ${what}: ${code}`, () => expect(verdict(decided, by, of)).toBe(code));
  }

  it('of an approval that was begun stands whatever became of key and time since, and only if it is one', () => {
    const late = witness({ begun: true, now: NOW + 86_400_000 }, { endedAt: NOW + 1 });
    expect(verdict([yes()], late)).toBe('signed');
    expect(verdict([yes({}, { digest: sha256('other') })], late)).toBe('assertion_invalid');
  });

  it('stands for nothing else in ten thousand replays', () => {
    const one = yes();
    let stood = 0;
    for (let n = 0; n < 10_000; n++) {
      const other = sha256(`manifest ${n}`);
      const replays: [Decided, string][] = [
        [{ ...one, digest: other }, other], // another approval, team or revision: all of them stand in the manifest
        [{ ...one, personId: uuidv7() }, digest],
        [{ ...one, deviceId: uuidv7() }, digest],
        [{ ...one, assertion: { ...one.assertion!, expiresAt: UNTIL + 1 + n } }, digest],
        [{ ...one, at: new Date(UNTIL * 1000 + 5_001 + n) }, digest],
      ];
      const [decided, over] = replays[n % replays.length]!;
      if (verdict([decided], witness(), order, over) === 'signed') stood++;
    }
    expect(stood).toBe(0);
  });

  describe('of a passkey', () => {
    const { nonce, expiresAt } = yes({}, { key: PASSKEY }).assertion!;
    const challenge = es256.sha256(approvalPreimage({ digest, nonce: fromBase64url(nonce)!, approverId: PERSON, deviceId: DEVICE, expiresAt }));
    const verdictOn = (assertion: Assertion, pinned: Partial<PinnedKey> = {}): string => verdict([yes({ assertion: { ...assertion, nonce, expiresAt } })], witness({}, pinned), orderOf('2'));
    // What an authenticator has counted to the gateway keeps: approvals are carried out in another order than they were signed in.
    for (const backupEligible of [false, true]) {
      const signer = { privateKey: PASSKEY.privateKey, credentialId: PASSKEY.credentialId, rpId: RP, origin: 'http://localhost:4400', backupEligible, counter: 0 };
      const made = forgeries(signer, challenge);
      it(`stands, and is refused with each of ${made.length} things wrong with it, of one that ${backupEligible ? 'may be' : 'is not'} synchronised`, () => {
        expect(verdictOn(honest(signer, challenge), { backupEligible })).toBe('signed');
        for (const [what, fault, assertion] of made) expect([what, verdictOn(assertion, { backupEligible })]).toEqual([what, CODES[fault] ?? 'assertion_invalid']);
      });
    }
    it('is refused where its key has become one of another algorithm, which signed', () => {
      const { credentialId } = PASSKEY;
      for (const { what, publicKey, sign } of otherAlgorithms()) {
        const { authenticatorData, clientDataJSON } = signedBy(PASSKEY, challenge);
        const signature = toBase64url(sign(joined([fromBase64url(authenticatorData)!, es256.sha256(fromBase64url(clientDataJSON)!)])));
        expect([what, verdictOn({ credentialId, authenticatorData, clientDataJSON, signature }, { publicKey })]).toEqual([what, 'assertion_invalid']);
      }
    });
  });
});

/** Where the executor has a word of its own for it. */
const CODES: Partial<Record<AssertionFault, string>> = { user_unverified: 'key_unfit', credential_unknown: 'key_unknown' };
