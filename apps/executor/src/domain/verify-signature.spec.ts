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
import { verifySignatures, type Decided, type Witness } from './verify-signature.js';

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
  es256, isSpent: () => false, now: NOW, begun: false, softwareKeys: true,
  key: (customerId, credentialId) => [KEY, PASSKEY].map((key) => pinnedOf(key, pinned)).find((key) => key.customerId === customerId && key.credentialId === credentialId),
  keysOn: () => [],
  ...over,
});
const verdict = (decided: readonly Decided[], by = witness(), of = order, over = digest) => {
  const found = verifySignatures(of, over, decided, by);
  return found.ok ? 'signed' : found.code;
};

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
    ['that was taken back', 'assertion_spent', [yes()], witness({ isSpent: () => true })],
    ['with nobody there', 'assertion_invalid', [yes({}, { flags: 0 })]],
    ['recorded after its expiry', 'assertion_late', [yes({ at: new Date(UNTIL * 1000 + 5_001) })]],
    ['carried out after its time, whatever the row says by then', 'assertion_late', [yes()], witness({ now: UNTIL * 1000 + 16 * 60_000 + 30_001 })],
  ] as [string, string, Decided[], Witness?, Order?][]) {
    it(`is refused ${what}: ${code}`, () => expect(verdict(decided, by, of)).toBe(code));
  }

  describe('of a passkey that may be synchronised, on another of its person’s devices', () => {
    const [TABLET, BOUND] = [uuidv7(), aKey()];
    const at = (deviceId = TABLET): Decided => yes({ deviceId, assertion: signedYes(PASSKEY, { digest, personId: PERSON, deviceId, expiresAt: UNTIL, flags: FLAGS.userPresent | FLAGS.userVerified | FLAGS.backupEligible }) });
    const by = (there: Partial<PinnedKey> | undefined, pinned: Partial<PinnedKey> = {}, over: Partial<Witness> = {}): Witness =>
      witness({ keysOn: (_, deviceId) => (there && deviceId === TABLET ? [pinnedOf(BOUND, { deviceId: TABLET, ...there })] : []), ...over }, { backupEligible: true, ...pinned });
    for (const [what, verdictOf, witness] of [
      ['stands where a key of theirs knows it', 'signed', by({})],
      ['is refused where no key is', 'key_foreign', by(undefined)],
      ['is refused where it is another person’s', 'key_foreign', by({ personId: uuidv7() })],
      ['is refused where that key ended', 'key_ended', by({ endedAt: NOW - 1 })],
      ['is refused where that key waits', 'key_not_in_effect', by({ effectiveFrom: NOW + 1 })],
      ['is refused where it waits itself', 'key_not_in_effect', by({}, { effectiveFrom: NOW + 1 })],
      ['is refused where it ended', 'key_ended', by({}, { endedAt: NOW - 1 })],
      ['stands where it was begun, whatever became of that key', 'signed', by({ endedAt: NOW - 1 }, {}, { begun: true })],
      ['is refused where it was begun on nobody’s', 'key_foreign', by(undefined, {}, { begun: true })],
    ] as [string, string, Witness][]) it(`${what}: ${verdictOf}`, () => expect(verdict([at()], witness, orderOf('2'))).toBe(verdictOf));
    it('is refused of one that is bound to its own', () => {
      const bound = yes({ deviceId: TABLET, assertion: signedYes(PASSKEY, { digest, personId: PERSON, deviceId: TABLET, expiresAt: UNTIL }) });
      expect(verdict([bound], by({}, { backupEligible: false }), orderOf('2'))).toBe('key_foreign');
    });
    it('counts once, also where devices are counted', () => {
      const read = readOrder(manifestBytes({ tier: '2', quorum: { need: '2', of: 'devices', people: [PERSON] } }));
      expect(read.ok && verdict([at(), at(DEVICE)], by({}), read.order)).toBe('quorum_short');
    });
  });

  it('of an approval that was begun stands whatever became of key and time since, and only if it is one', () => {
    const late = witness({ begun: true, now: NOW + 86_400_000 }, { endedAt: NOW + 1 });
    expect(verdict([yes()], late)).toBe('signed');
    expect(verdict([yes({}, { digest: sha256('other') })], late)).toBe('assertion_invalid');
  });

  describe('of several that are needed', () => {
    const [RAVI, TABLET, RAVIS, SECOND] = [uuidv7(), uuidv7(), aKey('passkey'), aKey('passkey')];
    const MINE = { ...PASSKEY };
    const RENAMED = { ...MINE, credentialId: 'renamed' };
    const pinned = [pinnedOf(MINE), pinnedOf(RAVIS, { personId: RAVI, deviceId: TABLET }), pinnedOf(SECOND, { deviceId: TABLET }), pinnedOf(RENAMED, { personId: RAVI, deviceId: TABLET })];
    const by = witness({ key: (_, credentialId) => pinned.find((key) => key.credentialId === credentialId) });
    const highest = (over: Partial<Parameters<typeof manifestBytes>[0]> = {}) => readOrder(manifestBytes({ tier: '3', delaySeconds: '600', quorum: { need: '2', of: 'people', people: [PERSON, RAVI] }, ...over }));
    const orderFor = (of: 'people' | 'devices' = 'people', people = [PERSON, RAVI], need = '2'): Order => {
      const read = highest({ quorum: { need, of, people } });
      if (!read.ok) throw new Error(read.code);
      return read.order;
    };
    const mine = yes({}, { key: MINE });
    const theirs: Decided = { ...yes(), personId: RAVI, deviceId: TABLET, assertion: signedYes(RAVIS, { digest, personId: RAVI, deviceId: TABLET, expiresAt: UNTIL }) };
    const again: Decided = { ...yes(), deviceId: TABLET, assertion: signedYes(SECOND, { digest, personId: PERSON, deviceId: TABLET, expiresAt: UNTIL }) };

    it('stands with another person’s, and names both', () => {
      expect(verdict([mine, theirs], by, orderFor())).toBe('signed');
      expect(verifySignatures(orderFor(), digest, [mine, theirs], by)).toEqual({ ok: true, yeses: [mine, theirs].map(({ assertion }) => assertion!.nonce).sort() });
    });
    it('stands with the same person’s on another device only where devices are counted', () => {
      expect(verdict([mine, again], by, orderFor('devices'))).toBe('signed');
      expect(verdict([mine, again], by, orderFor('people'))).toBe('quorum_short');
    });
    for (const [what, code, decided, order = orderFor(), at = by] of [
      ['alone', 'quorum_short', [mine]],
      ['twice', 'quorum_short', [mine, mine]],
      ['twice, over two challenges', 'quorum_short', [mine, yes({}, { key: MINE })]],
      ['twice, the second time in the other’s name', 'key_foreign', [mine, { ...mine, personId: RAVI, deviceId: TABLET }]],
      ['with the same key’s, which was enrolled for the other by another name', 'quorum_short', [mine, { ...theirs, assertion: signedYes(RENAMED, { digest, personId: RAVI, deviceId: TABLET, expiresAt: UNTIL }) }]],
      ['with that of somebody whom the manifest does not name', 'approver_not_named', [mine, theirs], orderFor('people', [PERSON, uuidv7()])],
      ['with one that was taken back', 'assertion_spent', [mine, theirs], orderFor(), { ...by, isSpent: (nonce: string) => nonce === theirs.assertion!.nonce }],
      ['with one over another manifest', 'assertion_invalid', [mine, { ...theirs, assertion: signedYes(RAVIS, { digest: sha256('other'), personId: RAVI, deviceId: TABLET, expiresAt: UNTIL }) }]],
      ['where three are needed', 'quorum_short', [mine, theirs], orderFor('people', [PERSON, RAVI], '3')],
      ['long after the last', 'assertion_late', [mine, theirs], orderFor(), { ...by, now: UNTIL * 1000 + 26 * 60_000 + 30_001 }],
    ] as [string, string, Decided[], Order?, Witness?][]) it(`is refused ${what}: ${code}`, () => expect(verdict(decided, at, order)).toBe(code));

    it('keeps as long as the question waits: how late it is counts from the last', () => {
      const early: Decided = { ...mine, at: new Date(NOW - 86_400_000), assertion: signedYes(MINE, { digest, personId: PERSON, deviceId: DEVICE, expiresAt: UNTIL - 86_400 }) };
      expect(verdict([early, theirs], by, orderFor())).toBe('signed');
    });

    it('is what the highest tier wants, with its delay: no manifest says less', () => {
      for (const over of [{ quorum: null }, { delaySeconds: '599' }, { quorum: undefined, delaySeconds: '0' }]) expect(highest(over)).toEqual({ ok: false, code: 'tier_unmet' });
      for (const quorum of [{ need: '1', of: 'people', people: [PERSON] }, { need: '2', of: 'cats', people: [PERSON] }, { need: '2', of: 'people', people: [null] }, 'two']) expect(highest({ quorum: quorum as never })).toEqual({ ok: false, code: 'manifest_invalid' });
      expect(highest({ tier: '4' })).toEqual({ ok: false, code: 'tier_not_offered' });
    });

    it('waits longer at the highest tier: a key that counts otherwise may not yet', () => {
      const fresh = pinned.map((key) => ({ ...key, highestFrom: key.personId === RAVI ? NOW + 1 : 0 }));
      expect(verdict([mine, theirs], { ...by, key: (_, id) => fresh.find((key) => key.credentialId === id) }, orderFor())).toBe('key_not_in_effect');
    });

    it('cannot be signed at the highest tier with what may be on other devices', () => {
      const synced = pinned.map((key) => ({ ...key, backupEligible: true }));
      expect(verdict([mine, theirs], { ...by, key: (_, id) => synced.find((key) => key.credentialId === id) }, orderFor())).toBe('key_unfit');
      const files = pinned.map((key) => ({ ...key, kind: 'software' as const }));
      expect(verdict([mine, theirs], { ...by, key: (_, id) => files.find((key) => key.credentialId === id) }, orderFor())).toBe('key_unfit');
    });
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
