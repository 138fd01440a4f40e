import {
  approvalPreimage, authenticatorDataOf, challengeSeconds, checkAssertion, checkRegistration, clientDataOf, credentialIdOf, derSignature, enrolmentPreimage, FLAGS, fromBase64url, isP256, joined, makeSigningKey, ofText, rawSignature,
  signAssertion, spkiOfCose, toBase64url, unfitFor, vouchPreimage, type Assertion, type EnrolledKey, type ExpectedAssertion, type SigningKey,
} from '@countersign/contracts/assertions';
import { expect } from 'expect';
import fc from 'fast-check';
import { createHash, createSign, generateKeyPairSync, sign } from 'node:crypto';
import { before, describe, it } from 'node:test';
import { es256 } from './es256.js';

const ORIGIN = 'https://approve.example.test';
const RP = 'approve.example.test';
const hashOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const challenge = es256.sha256(ofText('a challenge'));

// Made with Python's hashlib, uuid and struct from the layout in the documentation.
const PARTS = { digest: '11'.repeat(32), nonce: Uint8Array.from({ length: 32 }, (_, at) => at), approverId: '01890000-0000-7000-8000-0000000000a1', deviceId: '01890000-0000-7000-8000-00000000de01', expiresAt: 1_767_225_720 };
const WHOSE = { keyHash: '11'.repeat(32), customerId: '01890000-0000-7000-8000-0000000c4a10', personId: PARTS.approverId };

describe('what is signed', () => {
  it('is laid out as published', () => {
    expect(hashOf(approvalPreimage(PARTS))).toBe('af3d311120fed80196582b556995576c65899145e7d2549783a594155162a0c3');
    expect(hashOf(enrolmentPreimage(WHOSE))).toBe('ae106c88d587e13045302f0459d60fd799dfda8684316fc88821853de86ba979');
    expect(hashOf(vouchPreimage({ ...WHOSE, deviceId: PARTS.deviceId }))).toBe('470682471bc20a0c87260e8f296089f33382b14481e07cab6799e1faf16d9f9c');
  });

  it('differs with any part of it', () => {
    const other = '01890000-0000-7000-8000-0000000000a2';
    const all = [PARTS, { ...PARTS, digest: '12'.repeat(32) }, { ...PARTS, nonce: new Uint8Array(32) }, { ...PARTS, approverId: other }, { ...PARTS, deviceId: other }, { ...PARTS, expiresAt: PARTS.expiresAt + 1 }];
    expect(new Set(all.map((parts) => hashOf(approvalPreimage(parts)))).size).toBe(all.length);
  });

  it('is not made of parts of another length', () => {
    expect(() => approvalPreimage({ ...PARTS, nonce: new Uint8Array(31) })).toThrow(RangeError);
    expect(() => approvalPreimage({ ...PARTS, digest: 'AB'.repeat(32) })).toThrow(RangeError);
  });
});

describe('base64url', () => {
  it('is what Node writes, and nothing else is read', () => {
    fc.assert(fc.property(fc.uint8Array(), (bytes) => {
      expect(toBase64url(bytes)).toBe(Buffer.from(bytes).toString('base64url'));
      expect(fromBase64url(toBase64url(bytes))).toEqual(Uint8Array.from(bytes));
    }));
    for (const text of ['AA==', 'A', 'AB', 'A+A', 'AA ', 'AAAAA']) expect(fromBase64url(text)).toBeUndefined();
  });
});

describe('a signature in DER', () => {
  it('is one encoding of two numbers', () => {
    fc.assert(fc.property(fc.uint8Array({ minLength: 64, maxLength: 64 }), (raw) => expect(rawSignature(derSignature(raw))).toEqual(Uint8Array.from(raw))));
  });

  it('is read from Node’s, and refused when any byte of its frame changes', () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const der = sign('sha256', Buffer.from('x'), privateKey);
    expect(derSignature(rawSignature(der)!)).toEqual(Uint8Array.from(der));
    const s = 4 + der[3]!;
    for (const at of [0, 1, 2, 3, s, s + 1]) {
      const bent = Uint8Array.from(der);
      bent[at]! ^= 1;
      expect(rawSignature(bent)).toBeUndefined();
    }
    expect(rawSignature(joined([der, Uint8Array.of(0)]))).toBeUndefined();
    expect(rawSignature(Uint8Array.of(0x30, 8, 2, 2, 0, 1, 2, 2, 0, 1))).toBeUndefined();
  });
});

describe('an assertion', () => {
  let own: SigningKey;
  let key: EnrolledKey;
  before(async () => {
    own = await makeSigningKey({ extractable: false });
    key = { credentialId: await credentialIdOf(own.publicKey), publicKey: own.publicKey, kind: 'device', rpId: RP, backupEligible: false, counter: 0 };
  });
  const check = (assertion: Assertion, over: Partial<EnrolledKey> = {}, wanted: Partial<ExpectedAssertion> = {}) => checkAssertion(assertion, { key: { ...key, ...over }, challenge, origin: ORIGIN, userVerified: false, ...wanted }, es256);

  /** An authenticator of the test's: it signs whatever it is told to. */
  const authenticator = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const spki = Uint8Array.from(authenticator.publicKey.export({ format: 'der', type: 'spki' }));
  const passkey: Partial<EnrolledKey> = { credentialId: 'cGFzcw', publicKey: spki, kind: 'passkey', backupEligible: true, counter: 5 };
  const { userPresent, userVerified, backupEligible, backedUp, attested } = FLAGS;
  const SIGNED = { rp: RP, flags: userPresent | userVerified | backupEligible, counter: 6, client: clientDataOf(challenge, ORIGIN) as Uint8Array, rest: new Uint8Array() };
  function signed(over: Partial<typeof SIGNED> = {}): Assertion {
    const { rp, flags, counter, client, rest } = { ...SIGNED, ...over };
    const data = joined([authenticatorDataOf(es256.sha256(ofText(rp)), flags, counter), rest]);
    const der = createSign('sha256').update(data).update(es256.sha256(client)).sign(authenticator.privateKey);
    return { credentialId: 'cGFzcw', authenticatorData: toBase64url(data), clientDataJSON: toBase64url(client), signature: toBase64url(der) };
  }
  const client = (over: object): Uint8Array => ofText(JSON.stringify({ ...(JSON.parse(new TextDecoder().decode(SIGNED.client)) as object), ...over }));

  it('of a browser’s own key is accepted', async () => {
    expect(await signAssertion(own, challenge, { origin: ORIGIN, rpId: RP }).then((assertion) => check(assertion))).toEqual({ ok: true, counter: 0, userVerified: false });
  });

  it('of a passkey is accepted, and says that its person was verified', () => {
    expect(check(signed(), passkey, { userVerified: true })).toEqual({ ok: true, counter: 6, userVerified: true });
    expect(check(signed({ flags: SIGNED.flags | backedUp }), passkey)).toMatchObject({ ok: true });
    expect(check(signed({ counter: 0 }), { ...passkey, counter: 0 })).toMatchObject({ ok: true });
  });

  it('is checked for the host alone where nobody knows the port', () => {
    for (const origin of [ORIGIN, 'http://approve.example.test:4400', 'https://eu.approve.example.test']) expect(check(signed({ client: client({ origin }) }), passkey, { origin: undefined })).toMatchObject({ ok: true });
    for (const origin of ['https://approve.example.test.evil.test', 'https://evilapprove.example.test', 'https://evil.test/approve.example.test', 'https://approve.example.test@evil.test', 'null', '']) {
      expect(check(signed({ client: client({ origin }) }), passkey, { origin: undefined })).toEqual({ ok: false, fault: 'origin_wrong' });
    }
  });

  const other = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'der', type: 'spki' });
  const refusals: [string, () => Assertion, string, Partial<EnrolledKey>?, object?][] = [
    ['of another origin', () => signed({ client: client({ origin: 'https://evil.test' }) }), 'origin_wrong'],
    ['of a longer origin', () => signed({ client: client({ origin: `${ORIGIN}.evil.test` }) }), 'origin_wrong'],
    ['made in a frame of another site', () => signed({ client: client({ crossOrigin: true }) }), 'origin_wrong'],
    ['for another host', () => signed({ rp: 'evil.test' }), 'rp_wrong'],
    ['with nobody there', () => signed({ flags: userVerified | backupEligible }), 'user_absent'],
    ['whose person was not verified', () => signed({ flags: userPresent | backupEligible }), 'user_unverified', {}, { userVerified: true }],
    ['of a key that only says that it verified its person', () => signed(), 'user_unverified', { kind: 'device' }, { userVerified: true }],
    ['of a credential that became one that is synchronised', () => signed(), 'backup_changed', { backupEligible: false }],
    ['of a credential that is no longer synchronised', () => signed({ flags: userPresent | userVerified }), 'backup_changed'],
    ['that is backed up and cannot be', () => signed({ flags: userPresent | backedUp }), 'backup_changed', { backupEligible: false }],
    ['whose counter stands still', () => signed({ counter: 5 }), 'counter_back'],
    ['whose counter went back', () => signed({ counter: 0 }), 'counter_back'],
    ['whose counter went back, and that the key has not signed', () => ({ ...signed({ counter: 0 }), signature: signed().signature }), 'signature_wrong'],
    ['of another credential', () => signed(), 'credential_unknown', { credentialId: 'b3RoZXI' }],
    ['over another challenge', () => signed({ client: clientDataOf(new Uint8Array(32), ORIGIN) }), 'challenge_wrong'],
    ['that makes a credential', () => signed({ client: client({ type: 'webauthn.create' }) }), 'type_wrong'],
    ['that carries a credential', () => signed({ flags: SIGNED.flags | attested, rest: new Uint8Array(20) }), 'malformed'],
    ['with bytes behind it', () => signed({ rest: new Uint8Array(3) }), 'malformed'],
    ['whose client data is no object', () => signed({ client: ofText('[]') }), 'malformed'],
    ['whose client data is no text', () => signed({ client: Uint8Array.of(0xff) }), 'malformed'],
    ['of another key', () => signed(), 'signature_wrong', { publicKey: other }],
    ['of a point on no curve', () => signed(), 'signature_wrong', { publicKey: joined([spki.subarray(0, 27), new Uint8Array(64).fill(1)]) }],
    ['checked with an RSA key', () => signed(), 'algorithm_wrong', { publicKey: generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({ format: 'der', type: 'spki' }) }],
    ['checked with a key of another curve', () => signed(), 'algorithm_wrong', { publicKey: generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey.export({ format: 'der', type: 'spki' }) }],
    ['with a padded signature', () => ({ ...signed(), signature: toBase64url(Buffer.concat([Buffer.from(signed().signature, 'base64url'), Buffer.of(0)])) }), 'signature_wrong'],
    ['with another signature', () => ({ ...signed(), signature: signed({ counter: 7 }).signature }), 'signature_wrong'],
    ['in other letters', () => ({ ...signed(), signature: `${signed().signature}=` }), 'malformed'],
  ];
  for (const [what, make, fault, over = {}, wanted = {}] of refusals) it(`${what} is refused`, () => expect(check(make(), { ...passkey, ...over }, wanted)).toEqual({ ok: false, fault }));

  it('is refused when any bit of what it signs changes', () => {
    const good = signed();
    const data = fromBase64url(good.authenticatorData)!;
    fc.assert(fc.property(fc.nat(data.length * 8 - 1), (bit) => {
      const bent = Uint8Array.from(data);
      bent[bit >> 3]! ^= 1 << (bit & 7);
      expect(check({ ...good, authenticatorData: toBase64url(bent) }, passkey).ok).toBe(false);
    }));
  });
});

describe('the registration of a passkey', () => {
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const spki = Uint8Array.from(pair.publicKey.export({ format: 'der', type: 'spki' }));
  const cose = joined([Uint8Array.from(Buffer.from('a5010203262001215820', 'hex')), spki.subarray(27, 59), Uint8Array.of(0x22, 0x58, 0x20), spki.subarray(59)]);
  const id = Uint8Array.from(Buffer.from('credential'));
  const { userPresent, userVerified, attested, backupEligible } = FLAGS;
  const registration = ({ flags = userPresent | userVerified | attested | backupEligible, key = cose, type = 'webauthn.create', origin = ORIGIN } = {}) => ({
    authenticatorData: toBase64url(joined([authenticatorDataOf(es256.sha256(ofText(RP)), flags), new Uint8Array(16), Uint8Array.of(0, id.length), id, key])),
    clientDataJSON: toBase64url(ofText(JSON.stringify({ type, challenge: toBase64url(challenge), origin }))),
  });
  const check = (given: ReturnType<typeof registration>, over: object = {}) => checkRegistration(given, { challenge, origin: ORIGIN, rpId: RP, ...over }, es256);

  it('gives its key', () => {
    expect(spkiOfCose(cose)).toEqual(spki);
    expect(isP256(spki)).toBe(true);
    expect(check(registration())).toEqual({ ok: true, credentialId: toBase64url(id), publicKey: spki, backupEligible: true, counter: 0 });
  });

  for (const [what, given, fault, over] of [
    ['for another challenge', registration(), 'challenge_wrong', { challenge: new Uint8Array(32) }],
    ['from another origin', registration({ origin: 'https://evil.test' }), 'origin_wrong'],
    ['for another host', registration(), 'rp_wrong', { rpId: 'evil.test' }],
    ['that is no registration', registration({ type: 'webauthn.get' }), 'type_wrong'],
    ['with nobody there', registration({ flags: userVerified | attested }), 'user_absent'],
    ['whose person was not verified', registration({ flags: userPresent | attested }), 'user_unverified'],
    ['without a credential', registration({ flags: userPresent | userVerified }), 'malformed'],
    ['of another algorithm', registration({ key: Uint8Array.from(cose, (byte, at) => (at === 4 ? 0x27 : byte)) }), 'algorithm_wrong'],
    ['with bytes behind its key', registration({ key: joined([cose, Uint8Array.of(0)]) }), 'algorithm_wrong'],
  ] as [string, ReturnType<typeof registration>, string, object?][]) it(`${what} is refused`, () => expect(check(given, over)).toEqual({ ok: false, fault }));
});

describe('the tier of an approval', () => {
  it('says which keys can sign it, and for how long', () => {
    const keys = [{ kind: 'passkey', backupEligible: true }, { kind: 'passkey', backupEligible: false }, { kind: 'device', backupEligible: false }, { kind: 'software', backupEligible: false }] as const;
    const unfit = (tier: number) => keys.map((key) => unfitFor(tier, key));
    for (const tier of [0, 1]) expect(unfit(tier)).toEqual([undefined, undefined, undefined, undefined]);
    expect(unfit(2)).toEqual([undefined, undefined, 'passkey_required', 'passkey_required']);
    expect(unfit(3)).toEqual(['device_bound_required', undefined, undefined, 'device_bound_required']);
    expect([1, 2, 3].map(challengeSeconds)).toEqual([120, 60, 60]);
  });
});
