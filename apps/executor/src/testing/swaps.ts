import { canonicalJson } from '@countersign/audit';
import { toBase64url, type Assertion } from '@countersign/contracts/assertions';
import type { ApprovalFacts, StoredArtifact } from '../domain/verify-approval.js';
import type { Decided, StoredAssertion } from '../domain/verify-signature.js';
import { signedYes, type TestKey } from './approver.js';
import { sha256 } from './orders.js';

/** A number from 0 to below 1. */
export type Random = () => number;

/** One place in what is stored of an approval, and how somebody who can write all of it changes that place, with every hash put right. */
export interface Swap {
  readonly place: string;
  change(facts: ApprovalFacts, random: Random): ApprovalFacts;
}

/**
 * Every place whose change is another order, or not the yes that was given: each member of the manifest, whichever there are; each file;
 * each member of a yes. The manifest comes twice: changed after it was signed, and signed as something else than what is stored.
 */
export function swapsOf(facts: ApprovalFacts, key: TestKey): Swap[] {
  const manifest = JSON.parse(Buffer.from(facts.manifest).toString('utf8')) as Json;
  const places = placesIn(manifest);
  return [
    ...places.map((path) => ({ place: `manifest ${path.join('.')}, after it was signed`, change: (of: ApprovalFacts, random: Random) => storedAs(of, changedAt(manifest, path, random)) })),
    ...places.map((path) => ({ place: `manifest ${path.join('.')}, when it was signed`, change: (of: ApprovalFacts, random: Random) => signedAs(of, changedAt(manifest, path, random), key) })),
    ...facts.artifacts.flatMap((_, index) => FILE.map(([place, change]) => ({ place: `file ${index}: ${place}`, change: (of: ApprovalFacts, random: Random) => ({ ...of, artifacts: of.artifacts.with(index, change(of.artifacts[index]!, random)) }) }))),
    ...facts.decided.flatMap((_, index) => YES.map(([place, change]) => ({ place: `yes ${index}: ${place}`, change: (of: ApprovalFacts, random: Random) => ({ ...of, decided: of.decided.with(index, change(of.decided[index]!, random)) }) }))),
  ];
}

type Json = null | boolean | string | readonly Json[] | { readonly [name: string]: Json };

function placesIn(value: Json, path: readonly string[] = []): (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [path];
  return Object.entries(value).flatMap(([name, inner]) => placesIn(inner as Json, [...path, name]));
}

function changedAt(value: Json, [name, ...rest]: readonly string[], random: Random): Json {
  if (name === undefined) return otherThan(value, random);
  if (Array.isArray(value)) return value.map((inner: Json, index) => (String(index) === name ? changedAt(inner, rest, random) : inner));
  const fields = value as Readonly<Record<string, Json>>;
  return { ...fields, [name]: changedAt(fields[name]!, rest, random) };
}

function otherThan(value: Json, random: Random): Json {
  if (typeof value === 'boolean') return !value;
  return typeof value === 'string' ? otherText(value, random) : sha256(String(random()));
}

/** One character is another, of its own kind where that is a digit or a letter of hex, or more, or less. */
function otherText(text: string, random: Random): string {
  const at = Math.floor(random() * text.length);
  const found = text[at] ?? '';
  const letters = /\d/.test(found) ? '0123456789' : /[a-f]/.test(found) ? 'abcdef' : PRINTABLE;
  const letter = letters[Math.floor(random() * letters.length)]!;
  const kept = [1, 0, 1][Math.floor(random() * 3)]!;
  const other = text.slice(0, at) + (random() < 0.1 ? '' : letter) + text.slice(at + kept);
  return other === text ? `${text}${letter}` : other;
}
const PRINTABLE = Array.from({ length: 94 }, (_, index) => String.fromCharCode(33 + index)).join('');

function otherBytes(bytes: Uint8Array, random: Random): Buffer {
  const other = Buffer.from(bytes.length === 0 ? [0] : bytes);
  other[Math.floor(random() * other.length)]! ^= 1 + Math.floor(random() * 255);
  return bytes.length === 0 ? Buffer.from([Math.floor(random() * 256)]) : other;
}

/** Rows and hashes all say the same, and the ids of the row follow. */
function storedAs(facts: ApprovalFacts, manifest: Json): ApprovalFacts {
  const bytes = canonicalJson(manifest as Parameters<typeof canonicalJson>[0], 1_000_000);
  const digest = sha256(bytes);
  const ids = manifest as Readonly<Record<string, string>>;
  return {
    ...facts, manifest: bytes, digest, decided: facts.decided.map((yes) => ({ ...yes, digest })),
    id: ids['approval_id']!, customerId: ids['customer_id']!, teamId: ids['team_id']!, goalId: ids['goal_id']!, deliverableId: ids['deliverable_id']!,
  };
}

function signedAs(facts: ApprovalFacts, manifest: Json, key: TestKey): ApprovalFacts {
  const digest = sha256(canonicalJson(manifest as Parameters<typeof canonicalJson>[0], 1_000_000));
  return { ...facts, decided: facts.decided.map((yes) => ({ ...yes, assertion: signedYes(key, { digest, personId: yes.personId!, deviceId: yes.deviceId! }) })) };
}

const FILE: readonly (readonly [string, (file: StoredArtifact, random: Random) => StoredArtifact])[] = [
  ['bytes', (file, random) => ({ ...file, deleted: false, content: otherBytes(file.content ?? new Uint8Array(), random) })],
  ['bytes gone', (file) => (file.deleted ? { ...file, deleted: false, content: null } : { ...file, content: null })],
  ['path', (file, random) => ({ ...file, path: otherText(file.path, random) })],
  ['mode', (file) => ({ ...file, mode: file.mode === '100644' ? '100755' : '100644' })],
  ['whether it is deleted', (file) => ({ ...file, deleted: !file.deleted })],
];

const assertionWith = (yes: Decided, over: Partial<StoredAssertion>): Decided => ({ ...yes, assertion: { ...yes.assertion!, ...over } });
const otherMember = (member: keyof Assertion) => (yes: Decided, random: Random): Decided => assertionWith(yes, { [member]: toBase64url(otherBytes(Buffer.from(yes.assertion![member], 'base64url'), random)) });
const otherId = (id: string | null, random: Random): string => id!.slice(0, -12) + sha256(String(random())).slice(0, 12);
const YES: readonly (readonly [string, (yes: Decided, random: Random) => Decided])[] = [
  ['person', (yes, random) => ({ ...yes, personId: otherId(yes.personId, random) })],
  ['device', (yes, random) => ({ ...yes, deviceId: otherId(yes.deviceId, random) })],
  ['digest', (yes, random) => ({ ...yes, digest: sha256(String(random())) })],
  ['expiry', (yes, random) => assertionWith(yes, { expiresAt: yes.assertion!.expiresAt + Math.floor(random() * 100_000) + 1 })],
  ['earlier expiry', (yes, random) => assertionWith(yes, { expiresAt: yes.assertion!.expiresAt - Math.floor(random() * 100_000) - 1 })],
  ['nonce', (yes, random) => assertionWith(yes, { nonce: toBase64url(otherBytes(Buffer.from(yes.assertion!.nonce, 'base64url'), random)) })],
  ['time', (yes, random) => ({ ...yes, at: new Date(yes.assertion!.expiresAt * 1_000 + 5_001 + Math.floor(random() * 1e9)) })],
  ['key', otherMember('credentialId')],
  ['authenticator data', otherMember('authenticatorData')],
  ['client data', otherMember('clientDataJSON')],
  ['signature', otherMember('signature')],
  ['signature taken away', (yes) => ({ ...yes, assertion: null })],
];
