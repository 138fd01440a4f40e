import { authenticatorDataOf, clientDataOf, derSignature, FLAGS, joined, ofText, toBase64url, type Assertion, type AssertionFault } from '@countersign/contracts/assertions';
import { createHash, generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';

/** A passkey that signs whatever it is told to. */
export interface Signer {
  readonly privateKey: KeyObject;
  readonly credentialId: string;
  readonly rpId: string;
  readonly origin: string;
  /** As it was enrolled: with or without `FLAGS.backupEligible`. */
  readonly backupEligible: boolean;
  /** What it has counted to; 0: it does not count. */
  readonly counter: number;
}

interface Parts {
  readonly data: Uint8Array;
  readonly client: Uint8Array;
  readonly der: (message: Uint8Array) => Uint8Array;
  readonly credentialId: string;
}

const sha256 = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest();
const es256With = (key: KeyObject) => (message: Uint8Array): Uint8Array => sign('sha256', message, key);
const flagsOf = ({ backupEligible }: Signer): number => FLAGS.userPresent | FLAGS.userVerified | (backupEligible ? FLAGS.backupEligible : 0);

/** A signature as an authenticator makes it, with a person there and verified. */
export const honest = (by: Signer, challenge: Uint8Array): Assertion => made(partsOf(by, challenge));

const partsOf = (by: Signer, challenge: Uint8Array): Parts => ({
  data: authenticatorDataOf(sha256(ofText(by.rpId)), flagsOf(by), by.counter === 0 ? 0 : by.counter + 1),
  client: clientDataOf(challenge, by.origin),
  der: es256With(by.privateKey),
  credentialId: by.credentialId,
});

/** What is signed is what is sent. */
const made = ({ data, client, der, credentialId }: Parts): Assertion => ({ credentialId, authenticatorData: toBase64url(data), clientDataJSON: toBase64url(client), signature: toBase64url(der(joined([data, sha256(client)]))) });

/**
 * Everything that an assertion can be wrong in (WebAuthn Level 2 §7.2), each rightly signed but for the one thing, with the fault that
 * it is. `counter_back` is there only where the key counts.
 */
export function forgeries(by: Signer, challenge: Uint8Array): readonly (readonly [what: string, fault: AssertionFault, assertion: Assertion])[] {
  const right = partsOf(by, challenge);
  const with_ = (over: Partial<Parts>): Assertion => made({ ...right, ...over });
  const saying = (over: object): Assertion => with_({ client: ofText(JSON.stringify({ ...(JSON.parse(new TextDecoder().decode(right.client)) as object), ...over })) });
  const data = (flags: number, { rp = by.rpId, counter = by.counter === 0 ? 0 : by.counter + 1, more = new Uint8Array() } = {}): Assertion => with_({ data: joined([authenticatorDataOf(sha256(ofText(rp)), flags, counter), more]) });
  const der = (change: (der: Uint8Array) => Uint8Array): Assertion => with_({ der: (message) => change(right.der(message)) });
  const flags = flagsOf(by);
  const honestly = made(right);
  const host = new URL(by.origin).host;
  return [
    ...(['https://evil.test', `${by.origin}.evil.test`, `https://evil.test/${by.origin}`, `http://${host}@evil.test`, `${by.origin}/`, 'null', '', `ftp://${host}`] as const).map((origin) => [`origin ${origin}`, 'origin_wrong', saying({ origin })] as const),
    ['no origin', 'origin_wrong', saying({ origin: undefined })],
    ['in a frame of another site', 'origin_wrong', saying({ crossOrigin: true })],
    ...(['webauthn.create', 'payment.get', '', 7] as const).map((type) => [`type ${type}`, 'type_wrong', saying({ type })] as const),
    ...[toBase64url(randomBytes(32)), `${toBase64url(challenge)}=`, toBase64url(challenge.subarray(1)), '', [toBase64url(challenge)]].map((other) => ['challenge', 'challenge_wrong', saying({ challenge: other })] as const),
    ['client data that is no JSON', 'malformed', with_({ client: ofText('{') })],
    ['client data that is a list', 'malformed', with_({ client: ofText('[]') })],
    ['client data that is no UTF-8', 'malformed', with_({ client: Uint8Array.of(0xff, 0xfe) })],
    ...[`evil.test`, `evil.${by.rpId}`, ''].map((rp) => [`rpId ${rp}`, 'rp_wrong', data(flags, { rp })] as const),
    ['UP=0', 'user_absent', data(flags & ~FLAGS.userPresent)],
    ['UV=0', 'user_unverified', data(flags & ~FLAGS.userVerified)],
    ['UP=0 and UV=0', 'user_absent', data(flags & ~(FLAGS.userPresent | FLAGS.userVerified))],
    ['BE changed', 'backup_changed', data(flags ^ FLAGS.backupEligible)],
    ['BE changed, and backed up', 'backup_changed', data((flags ^ FLAGS.backupEligible) | FLAGS.backedUp)],
    ['a credential in it', 'malformed', data(flags | FLAGS.attested, { more: new Uint8Array(20) })],
    ['a credential in it that is not there', 'malformed', data(flags | FLAGS.attested)],
    ['extensions that are not there', 'malformed', data(flags | FLAGS.extended)],
    ['authenticator data that goes on', 'malformed', data(flags, { more: Uint8Array.of(0) })],
    ['authenticator data that is cut', 'malformed', with_({ data: right.data.subarray(1) })],
    ['no authenticator data', 'malformed', with_({ data: new Uint8Array() })],
    ...(by.counter === 0 ? [] : ([['counter back', by.counter - 1], ['counter as before', by.counter], ['counter at zero', 0]] as const).map(([what, counter]) => [what, 'counter_back', data(flags, { counter })] as const)),
    ...otherAlgorithms().map((other) => [`signed with ${other.what}`, 'signature_wrong', with_({ der: other.sign })] as const),
    ['signed with another key', 'signature_wrong', with_({ der: es256With(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey) })],
    ['signed over nothing', 'signature_wrong', with_({ der: () => right.der(new Uint8Array()) })],
    ['signed over the client data itself', 'signature_wrong', with_({ der: () => right.der(joined([right.data, right.client])) })],
    ['signed the other way round', 'signature_wrong', with_({ der: () => right.der(joined([sha256(right.client), right.data])) })],
    ['a counter that was changed afterwards', 'signature_wrong', { ...honestly, authenticatorData: data(flags, { counter: by.counter + 9 }).authenticatorData }],
    ['client data that was changed afterwards', 'signature_wrong', { ...honestly, clientDataJSON: saying({ extra: 1 }).clientDataJSON }],
    ...BAD_DER.map(([what, change]) => [`a signature ${what}`, 'signature_wrong', der(change)] as const),
    ['base64 with padding', 'malformed', { ...honestly, authenticatorData: `${honestly.authenticatorData}==` }],
    ['base64 of the other alphabet', 'malformed', { ...honestly, signature: '+/+/' }],
    ['base64 with stray bits', 'malformed', { ...honestly, signature: 'AB' }],
    ['an unknown credential', 'credential_unknown', with_({ credentialId: toBase64url(randomBytes(32)) })],
    ['a credential of another case', 'credential_unknown', with_({ credentialId: otherCase(by.credentialId) })],
    ['a credential with more behind it', 'credential_unknown', with_({ credentialId: `${by.credentialId}A` })],
  ];
}

const otherCase = (text: string): string => text.replace(/[a-zA-Z]/, (letter) => (letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase()));

/** A key of another kind than the enrolled one: SPKI, and what it signs with. */
export interface OtherKey {
  readonly what: string;
  readonly publicKey: Uint8Array;
  readonly sign: (message: Uint8Array) => Uint8Array;
}

/** Made when they are asked for: an RSA key takes its time. */
const others: OtherKey[] = [];
/** Keys of other algorithms, to sign in the place of an enrolled one, or to stand in its place. */
export function otherAlgorithms(): readonly OtherKey[] {
  if (others.length === 0) {
    const kept = (what: string, { publicKey, privateKey }: { publicKey: KeyObject; privateKey: KeyObject }, hash: string | null): number =>
      others.push({ what, publicKey: publicKey.export({ format: 'der', type: 'spki' }), sign: (message) => sign(hash, message, privateKey) });
    kept('ES384', generateKeyPairSync('ec', { namedCurve: 'P-384' }), 'sha384');
    kept('RS256', generateKeyPairSync('rsa', { modulusLength: 2048 }), 'sha256');
    kept('EdDSA', generateKeyPairSync('ed25519'), null);
  }
  return others;
}

/** One integer's bytes in DER, however wrong. */
const integer = (...bytes: readonly number[]): readonly number[] => [0x02, bytes.length, ...bytes];
const sequence = (...parts: readonly (readonly number[])[]): Uint8Array => Uint8Array.of(0x30, parts.flat().length, ...parts.flat());
const partsIn = (der: Uint8Array): [readonly number[], readonly number[]] => {
  const first = 2 + 2 + der[3]!;
  return [[...der.subarray(4, first)], [...der.subarray(first + 2)]];
};
const BAD_DER: readonly (readonly [string, (der: Uint8Array) => Uint8Array])[] = [
  ['of nothing', () => new Uint8Array()],
  ['of noise', () => randomBytes(70)],
  ['that is r and s side by side', (der) => Uint8Array.from(partsIn(der).flatMap((part) => [...new Array<number>(32).fill(0), ...part].slice(-32)))],
  ['that goes on', (der) => joined([der, Uint8Array.of(0)])],
  ['that is cut', (der) => der.subarray(0, -1)],
  ['with a length of two bytes', (der) => joined([Uint8Array.of(0x30, 0x81), der.subarray(1)])],
  ['with a length that is not known', (der) => joined([Uint8Array.of(0x30, 0x80), der.subarray(2), new Uint8Array(2)])],
  ['with a zero too many', (der) => sequence(integer(0, 0, ...partsIn(der)[0]), integer(...partsIn(der)[1]))],
  ['with a number that is negative', (der) => sequence(integer(0x80, ...partsIn(der)[0].slice(-31)), integer(...partsIn(der)[1]))],
  ['with r = 0', (der) => sequence(integer(0), integer(...partsIn(der)[1]))],
  ['with s = 0', (der) => sequence(integer(...partsIn(der)[0]), integer(0))],
  ['with r and s = 0', () => sequence(integer(0), integer(0))],
  ['with empty numbers', () => sequence(integer(), integer())],
  ['with r and s changed about', (der) => sequence(integer(...partsIn(der)[1]), integer(...partsIn(der)[0]))],
  ['in another tag', (der) => joined([Uint8Array.of(0x31), der.subarray(1)])],
  ['of the greatest numbers', () => derSignature(new Uint8Array(64).fill(0xff))],
];
