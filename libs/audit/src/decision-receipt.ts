import { challengeOf, fromBase64url, isAssertion, KEY_KINDS, ofText, webCheckAssertion, type Assertion, type KeyKind } from '@countersign/contracts/assertions';

import { MalformedKeyError } from './errors.js';
import type { Finding } from './finding.js';
import { parseObject } from './parse-object.js';
import { isReceipt, verifyReceipt } from './receipt.js';
import { toHex, webSha256 } from './web-bytes.js';

export const DECISION_RECEIPT_FORMAT = 'countersign/receipt/v1';
/** How such a file ends. */
export const DECISION_RECEIPT_EXTENSION = '.receipt.json';

/** The signature of a yes, and everything it was made over; the digest stands in the entry. */
export interface ReceiptSignature extends Assertion {
  /** In base64url. */
  readonly nonce: string;
  /** Unix seconds until which it could be handed in. */
  readonly expiresAt: number;
  readonly personId: string;
  readonly deviceId: string;
  readonly kind: KeyKind;
  /** SPKI in base64url. */
  readonly publicKey: string;
  readonly rpId: string;
}

/** What a person keeps of a decision. */
export interface DecisionReceipt {
  /** The log's key as the server names it: a reader who has it from elsewhere uses that. */
  readonly key: string;
  /** A receipt of the decision's entry (`c2sp.org/tlog-proof@v1`). */
  readonly proof: string;
  /** Null for what is not signed: only a yes is. */
  readonly signature: ReceiptSignature | null;
}

/** The file, in the one way in which it is written: so that no byte of it can be another. */
export const decisionReceiptText = ({ key, proof, signature }: DecisionReceipt): string => `${JSON.stringify({ format: DECISION_RECEIPT_FORMAT, key, proof, signature: signature && inOrder(signature) }, null, 2)}\n`;

const inOrder = ({ credentialId, authenticatorData, clientDataJSON, signature, nonce, expiresAt, personId, deviceId, kind, publicKey, rpId }: ReceiptSignature): ReceiptSignature => ({ credentialId, authenticatorData, clientDataJSON, signature, nonce, expiresAt, personId, deviceId, kind, publicKey, rpId });

/** True when a text says of itself that it is a decision's receipt, sound or not. */
export const isDecisionReceipt = (text: string): boolean => text.includes(`"format": "${DECISION_RECEIPT_FORMAT.slice(0, -1)}`);

/** What is wrong, and where in the file: `/key`, `/proof`, `/signature`, or nowhere in particular. */
export interface ReceiptFinding extends Finding {
  readonly part: '/' | '/key' | '/proof' | '/signature';
}

export interface DecisionReport {
  readonly ok: boolean;
  readonly team: string | undefined;
  /** The key by which it was checked, and whether the reader brought it: one that comes with the file shows damage, not forgery. */
  readonly key: string | undefined;
  readonly keyPinned: boolean;
  readonly seq: number | undefined;
  readonly size: number | undefined;
  readonly atMs: number | undefined;
  readonly payload: Readonly<Record<string, unknown>> | null | undefined;
  /** Of the signature that was checked. */
  readonly signed: { readonly kind: KeyKind; readonly origin: string; readonly userVerified: boolean } | undefined;
  readonly findings: readonly ReceiptFinding[];
}

/**
 * Checks a decision's receipt with nothing but the file: form, the entry under the signed head, and that the signature is over this
 * decision and is the one that the entry names. `pinned`: the log's key as the reader has it from elsewhere.
 *
 * Resolves with a report in every case; what is wrong is a finding, and then nothing of the decision is told.
 */
export async function verifyDecisionReceipt(text: string, pinned?: string): Promise<DecisionReport> {
  const receipt = parseDecisionReceipt(text);
  if ('code' in receipt) return refused(receipt);
  const { key, proof, signature } = receipt;
  if (pinned !== undefined && pinned !== key) return refused({ part: '/key', code: 'unknown_key', message: `the file names another key than the one that is known for its record: ${idOf(key)} instead of ${idOf(pinned)}` });
  const report = await verifyReceipt(proof, key).catch((cause: unknown) => {
    if (!(cause instanceof MalformedKeyError)) throw cause; // a browser that knows no Ed25519 has checked nothing
    return refused({ part: '/key', code: 'unknown_key', message: cause.message });
  });
  if ('signed' in report) return report;
  const [finding] = report.findings;
  if (finding !== undefined) return refused({ ...finding, part: '/proof' });
  const signed = await judgeSignature(bodyOf(report.payload), signature);
  if (signed !== undefined && 'code' in signed) return refused(signed);
  const { team, seq, size, atMs, payload } = report;
  return { ok: true, team, key, keyPinned: pinned !== undefined, seq, size, atMs, payload, signed, findings: [] };
}

const idOf = (vkey: string): string => vkey.split('+')[1] ?? vkey;
const refused = (finding: ReceiptFinding): DecisionReport => ({ ok: false, team: undefined, key: undefined, keyPinned: false, seq: undefined, size: undefined, atMs: undefined, payload: undefined, signed: undefined, findings: [finding] });

/** The action's own fields; nothing where retention has pruned them. */
export function bodyOf(payload: DecisionReport['payload']): Readonly<Record<string, unknown>> {
  const body = payload?.['body'];
  return typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {};
}

/** The entry names the signature by its hash: none, another or an altered one is found. */
async function judgeSignature(body: Readonly<Record<string, unknown>>, signature: ReceiptSignature | null): Promise<DecisionReport['signed'] | ReceiptFinding> {
  const wrong = (message: string): ReceiptFinding => ({ part: '/signature', code: 'assertion_wrong', message });
  const { assertion_sha256: hash, digest } = body;
  if (signature === null) return hash === undefined ? undefined : wrong('the entry names a signature, and the file holds none');
  if (typeof hash !== 'string' || typeof digest !== 'string') return wrong('the entry names no signature');
  const { credentialId, authenticatorData, clientDataJSON, signature: bytes } = signature;
  // RFC 8785: members in the order of their names; all are plain letters
  const own = toHex(await webSha256(ofText(JSON.stringify({ authenticatorData, clientDataJSON, credentialId, signature: bytes }))));
  if (own !== hash) return wrong('it is not the signature that the entry names');
  if (body['key_kind'] !== signature.kind || body['credential_id'] !== credentialId) return wrong('the entry names another key');
  const publicKey = fromBase64url(signature.publicKey);
  const challenge = await challengeFor(digest, signature);
  if (publicKey === undefined || challenge === undefined) return wrong('a part of it cannot be read');
  const key = { credentialId, publicKey, kind: signature.kind, rpId: signature.rpId, backupEligible: isSynchronised(authenticatorData), counter: 0 };
  const checked = await webCheckAssertion(signature, { key, challenge, origin: undefined, userVerified: false });
  if (!checked.ok) return wrong(`it does not stand for this decision: ${checked.fault.replaceAll('_', ' ')}`);
  const { origin } = JSON.parse(new TextDecoder().decode(fromBase64url(clientDataJSON))) as { origin: string };
  return { kind: signature.kind, origin, userVerified: checked.userVerified };
}

async function challengeFor(digest: string, signature: ReceiptSignature): Promise<Uint8Array | undefined> {
  try {
    return await challengeOf(digest, signature);
  } catch (cause) {
    if (cause instanceof RangeError || cause instanceof SyntaxError) return undefined; // an id or a nonce that is none
    throw cause;
  }
}

const BACKUP_ELIGIBLE = 0x08;
/** What the authenticator says of itself; that it said the same at its enrolment is for the executor to know. */
const isSynchronised = (authenticatorData: string): boolean => ((fromBase64url(authenticatorData)?.[32] ?? 0) & BACKUP_ELIGIBLE) !== 0;

function parseDecisionReceipt(text: string): DecisionReceipt | ReceiptFinding {
  const malformed = (message: string, line?: number): ReceiptFinding => ({ part: '/', code: 'malformed_line', message, ...(line === undefined ? {} : { line }) });
  const value = parseObject(text);
  if (value === undefined) return malformed('not a file of JSON');
  const { format, key, proof, signature = null } = value;
  if (format !== DECISION_RECEIPT_FORMAT) return malformed(`not a receipt of the form ${DECISION_RECEIPT_FORMAT}`);
  if (typeof key !== 'string' || typeof proof !== 'string' || (signature !== null && !isSignature(signature))) return malformed('a part of the receipt is missing');
  const receipt = { key, proof, signature };
  const again = decisionReceiptText(receipt);
  return again === text ? receipt : malformed('not written as receipts are', firstOther(text, again));
}

/** The first line that differs, from 1. */
function firstOther(text: string, other: string): number {
  const [lines, others] = [text.split('\n'), other.split('\n')];
  return lines.findIndex((line, at) => line !== others[at]) + 1 || lines.length;
}

const isSignature = (value: unknown): value is ReceiptSignature => {
  if (!isAssertion(value)) return false;
  const { nonce, expiresAt, personId, deviceId, kind, publicKey, rpId } = value as Partial<ReceiptSignature>;
  return [nonce, personId, deviceId, publicKey, rpId].every((one) => typeof one === 'string') && Number.isSafeInteger(expiresAt) && expiresAt! >= 0 && KEY_KINDS.includes(kind!);
};

/** A receipt in either form: a decision's, or that of one entry, which holds no key of its own and so needs the reader's. */
export async function verifyReceiptFile(text: string, pinned?: string): Promise<DecisionReport> {
  if (!isReceipt(text)) return verifyDecisionReceipt(text, pinned);
  if (pinned === undefined) return refused({ part: '/key', code: 'unknown_key', message: 'a receipt of this form holds no key: name the key of its record' });
  const { findings, ...report } = await verifyReceipt(text, pinned);
  return { ...report, key: pinned, keyPinned: true, signed: undefined, findings: findings.map((finding) => ({ ...finding, part: '/proof' as const })) };
}
