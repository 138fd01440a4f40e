import { before, describe, it } from 'node:test';

import { makeSigningKey, signYes, toBase64url, type SigningKey } from '@countersign/contracts/assertions';
import { expect } from 'expect';

import { decisionReceiptText, isDecisionReceipt, verifyDecisionReceipt, type ReceiptSignature } from './decision-receipt.js';
import { entryLine, type ExportEntry } from './export.js';
import { canonicalJson, type Json } from './json.js';
import { sha256 } from './leaf.js';
import { receiptText } from './receipt.js';
import { receiptWords } from './receipt-words.js';
import { chain, checkpoint, entryAfter, OTHER_TEAM, TEAM, THIEFS_KEY, vkey } from './spec-support/log.js';
import { inclusionProof } from './tree.js';

const DIGEST = 'ab'.repeat(32);
const PLACE = { origin: 'https://c.example', rpId: 'c.example' };
const ASKED = { nonce: toBase64url(new Uint8Array(32).fill(9)), expiresAt: 1_800_000_000, personId: '0190a000-0000-7000-8000-00000000000a', deviceId: '0190a000-0000-7000-8000-00000000000b' };
const PLAIN = chain(20);

describe('the receipt of a decision', () => {
  let key: SigningKey;
  let signature: ReceiptSignature;
  let granted: ExportEntry[];
  let text: string;
  const logWith = (body: Json, action = 'MOBILE-APPROVAL-GRANTED'): ExportEntry[] => [...PLAIN, entryAfter(PLAIN.at(-1), canonicalJson({ v: 1, action, service: 'gateway', body })), entryAfter(entryAfter(PLAIN.at(-1), canonicalJson({ v: 1, action, service: 'gateway', body })), canonicalJson({ v: 1, action: 'LATER' }))];
  const proofOf = (log: readonly ExportEntry[], note = checkpoint(log, log.length)): string =>
    receiptText({ line: entryLine(log[20]!), index: 20, path: inclusionProof(({ from, to }) => (to - from === 1 ? log[from]!.entryHash : undefined), 20, log.length), note });
  const hashOf = ({ credentialId, authenticatorData, clientDataJSON, signature: bytes }: ReceiptSignature): string => sha256(canonicalJson({ credentialId, authenticatorData, clientDataJSON, signature: bytes })).toString('hex');
  const bodyFor = (one: ReceiptSignature) => ({ digest: DIGEST, approval_id: 'a1', assertion_sha256: hashOf(one), key_kind: one.kind, credential_id: one.credentialId });
  const wrong = async (changed: string, pinned = vkey()) => {
    const { ok, findings: [finding], payload } = await verifyDecisionReceipt(changed, pinned);
    expect([ok, payload]).toEqual([false, undefined]);
    return finding;
  };

  before(async () => {
    key = await makeSigningKey({ extractable: false });
    signature = { ...(await signYes(key, DIGEST, ASKED, PLACE)), ...ASKED, kind: 'device', publicKey: toBase64url(key.publicKey), rpId: PLACE.rpId };
    granted = logWith(bodyFor(signature));
    text = decisionReceiptText({ key: vkey(), proof: proofOf(granted), signature });
  });

  it('proves what was decided, when, and that this key signed it', async () => {
    expect(isDecisionReceipt(text)).toBe(true);
    const report = await verifyDecisionReceipt(text, vkey());
    expect(report).toMatchObject({ ok: true, team: TEAM, keyPinned: true, seq: 20, size: 22, payload: { action: 'MOBILE-APPROVAL-GRANTED', body: { digest: DIGEST } }, signed: { kind: 'device', origin: PLACE.origin, userVerified: false }, findings: [] });
    const words = receiptWords(report);
    expect(words.proven.join('\n')).toMatch(/approved.*\n.*entry 20.*22 entries.*\n.*key that a browser keeps.*c\.example/);
    expect(words.open.join('\n')).not.toMatch(/key of the record/);
  });

  it('says that a key which only comes with the file shows damage, and not forgery', async () => {
    const report = await verifyDecisionReceipt(text);
    expect(report).toMatchObject({ ok: true, keyPinned: false });
    expect(receiptWords(report).open[0]).toMatch(/came with the file/);
  });

  it('of a no holds no signature, and proves the no', async () => {
    const denied = logWith({ digest: DIGEST, approval_id: 'a1' }, 'MOBILE-APPROVAL-DENIED');
    const report = await verifyDecisionReceipt(decisionReceiptText({ key: vkey(), proof: proofOf(denied), signature: null }), vkey());
    expect(report).toMatchObject({ ok: true, signed: undefined });
    expect(receiptWords(report).proven[0]).toMatch(/denied/);
  });

  it('says of what has no effect yet, or none by itself, that it has none', async () => {
    const words = async (action: string, body: object = {}): Promise<string> => receiptWords(await verifyDecisionReceipt(decisionReceiptText({ key: vkey(), proof: proofOf(logWith({ digest: DIGEST, ...body }, action)), signature: null }), vkey())).proven[0]!;
    expect(await words('APPROVAL-HELD', { decision: 'approve' })).toMatch(/^A yes .* no effect yet: the one with the digest/);
    expect(await words('APPROVAL-HELD', { decision: 'deny' })).toMatch(/^A no .* no effect yet/);
    expect(await words('APPROVAL-COUNTED')).toMatch(/one of several .* no effect/);
    expect(await words('APPROVAL-UNDONE')).toMatch(/taken back before it had an effect/);
  });

  it('is refused with any byte altered, wherever it stands, and the place is named', async () => {
    const genuine = Buffer.from(text);
    const places = new Set<string>();
    const [proofAt, signatureAt] = [text.indexOf('"proof"') + 60, text.indexOf('"signature"')]; // within the proof every byte is tried in the receipt's own spec
    for (let at = 0; at < genuine.length; at += at > proofAt && at < signatureAt - 60 ? 7 : 1) {
      const altered = Buffer.from(genuine);
      altered[at]! ^= 1 << (at % 7);
      const { ok, findings: [finding] } = await verifyDecisionReceipt(altered.toString('utf8'));
      if (ok || finding === undefined) throw new Error(`accepted with a change at byte ${at}: ${JSON.stringify(altered.toString('utf8').slice(Math.max(0, at - 30), at + 30))}`);
      places.add(finding.part);
    }
    expect([...places].sort()).toEqual(['/', '/key', '/proof', '/signature']);
  });

  it('is refused with parts of another: team, entry, head, key or signature', async () => {
    expect(await wrong(text, vkey(OTHER_TEAM))).toMatchObject({ part: '/key', code: 'unknown_key' });
    expect(await wrong(decisionReceiptText({ key: vkey(OTHER_TEAM), proof: proofOf(granted), signature }), vkey(OTHER_TEAM))).toMatchObject({ part: '/proof', code: 'foreign_team' });
    expect(await wrong(decisionReceiptText({ key: vkey(), proof: proofOf(granted, checkpoint(granted, 22, TEAM, THIEFS_KEY)), signature }))).toMatchObject({ part: '/proof', code: 'unknown_key' });
    expect(await wrong(decisionReceiptText({ key: vkey(), proof: proofOf(granted, checkpoint(granted, 21)), signature }))).toMatchObject({ part: '/proof', code: 'not_included' }); // a proof for another size
    const again = { ...(await signYes(key, DIGEST, ASKED, PLACE)), ...ASKED, kind: 'device' as const, publicKey: toBase64url(key.publicKey), rpId: PLACE.rpId };
    expect(await wrong(decisionReceiptText({ key: vkey(), proof: proofOf(granted), signature: again }))).toMatchObject({ part: '/signature', message: expect.stringContaining('not the signature that the entry names') });
    expect(await wrong(decisionReceiptText({ key: vkey(), proof: proofOf(granted), signature: null }))).toMatchObject({ part: '/signature', message: expect.stringContaining('holds none') });
    const foreign = await makeSigningKey({ extractable: false });
    for (const changed of [{ publicKey: toBase64url(foreign.publicKey) }, { deviceId: ASKED.personId }, { expiresAt: 1 }, { kind: 'passkey' as const }, { rpId: 'd.example' }]) expect(await wrong(decisionReceiptText({ key: vkey(), proof: proofOf(granted), signature: { ...signature, ...changed } }))).toMatchObject({ part: '/signature', code: 'assertion_wrong' });
  });

  it('of a yes to another manifest is refused, although the chain itself names the signature', async () => {
    const moved = logWith({ ...bodyFor(signature), digest: 'cd'.repeat(32) });
    expect(await wrong(decisionReceiptText({ key: vkey(), proof: proofOf(moved), signature }))).toMatchObject({ part: '/signature', message: expect.stringContaining('challenge wrong') });
  });

  it('names the line where it is not written as receipts are', async () => {
    expect(await wrong('')).toMatchObject({ part: '/', code: 'malformed_line' });
    expect(await wrong('{"format":"countersign/receipt/v2"}')).toMatchObject({ part: '/', message: expect.stringContaining('not a receipt of the form') });
    expect(await wrong(text.replace('  "proof"', ' "proof"'))).toMatchObject({ part: '/', line: 4 });
    expect(await wrong(text.replace('{\n', '{\n  "approved": true,\n'))).toMatchObject({ part: '/', line: 2 });
  });
});
