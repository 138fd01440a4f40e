import { approvalPreimage, fromBase64url, type Assertion } from '@countersign/contracts/assertions';
import { es256 } from '@countersign/service';
import { forgeries, honest } from '@countersign/testing';
import { expect } from 'expect';
import type { ApprovalFacts } from '../domain/verify-approval.js';
import type { Decided, StoredAssertion } from '../domain/verify-signature.js';
import { RP, signedBy } from './approver.js';
import { KEY, PASSKEY } from './scene.js';
import type { Sink, SinkBench } from './sink-bench.js';
import { swapsOf } from './swaps.js';
import { Tampered } from './tampered.js';

const begun = async (bench: SinkBench, sink: Sink, beside?: Tampered): Promise<Tampered> => Tampered.of(bench, await bench.begin(sink, beside?.way));
const NOTHING = /^(?:undefined|refused [a-z_]+|failed [a-z_]+) ?,? 0 at the sink$/;

/**
 * Each place of an approval changed so many times, each change written to the rows and judged by an executor: none is carried out, and
 * what stands there honestly then is. `each`: every place has an approval of its own, as one does not stand for long; else one in four places is taken. Resolves with how often.
 */
export async function swapEverything(bench: SinkBench, sink: Sink, times: number, each: boolean): Promise<number> {
  let tampered = await begun(bench, sink);
  const places = swapsOf(tampered.facts, keyOf(sink)).length;
  const step = each ? 1 : 4;
  let tried = 0;
  for (let index = each ? 0 : Math.floor(Math.random() * step); index < places; index += step, tried += times) {
    const { place, change } = swapsOf(tampered.facts, keyOf(sink))[index]!;
    for (let n = 0; n < times; n++) expect([place, await tampered.tried(change(tampered.facts, Math.random))]).toEqual([place, expect.stringMatching(NOTHING)]);
    if (!each && index + step < places) continue;
    expect(await tampered.again()).toBe('executed , 1 at the sink');
    tampered = await begun(bench, sink);
  }
  return tried;
}
const keyOf = (sink: Sink): typeof KEY => (sink === 'a folder' || sink === 'a branch' ? KEY : PASSKEY);

/** Everything that can be wrong with a passkey's assertion, each in the row of a decision: none is carried out, and one with nothing wrong about it is. */
export async function forgeEverything(bench: SinkBench): Promise<void> {
  const tampered = await begun(bench, 'a mail server');
  const [yes] = tampered.facts.decided as [Decided & { personId: string; deviceId: string; assertion: StoredAssertion }];
  const { nonce, expiresAt } = yes.assertion;
  const challenge = es256.sha256(approvalPreimage({ digest: tampered.facts.digest, nonce: fromBase64url(nonce)!, approverId: yes.personId, deviceId: yes.deviceId, expiresAt }));
  const signer = { privateKey: PASSKEY.privateKey, credentialId: PASSKEY.credentialId, rpId: RP, origin: 'http://localhost:4400', backupEligible: false, counter: 0 };
  const withIt = (assertion: Assertion): ApprovalFacts => ({ ...tampered.facts, decided: [{ ...yes, assertion: { ...assertion, nonce, expiresAt } }] });
  for (const [what, , assertion] of forgeries(signer, challenge)) expect([what, await tampered.tried(withIt(assertion))]).toEqual([what, expect.stringMatching(NOTHING)]);
  expect(await tampered.tried(withIt(honest(signer, challenge)))).toBe('executed , 1 at the sink');
}

/**
 * A yes that was used, put so many times where it was not given: on its own approval again, on another of its team's customer, and on one of
 * another customer with or without that one's names; and a yes with the letter of a no, or after its time. None is carried out.
 */
export async function replay(bench: SinkBench, times: number): Promise<void> {
  const [used, other] = [await begun(bench, 'a folder'), await begun(bench, 'a folder')];
  const near = await begun(bench, 'a folder', used);
  expect(await used.again()).toBe('executed , 1 at the sink');
  const [theirs, ours] = [used.facts.decided[0]!, other.facts.decided[0]!];
  const yesOf = (yes: Decided): ApprovalFacts => ({ ...other.facts, decided: [yes] });
  const replays: readonly [string, () => Promise<string>, string][] = [
    ['on its own approval', () => used.again(), 'refused approval_spent, 1 at the sink'],
    ['on another of its team’s customer', () => near.tried({ ...near.facts, decided: [{ ...theirs, digest: near.facts.decided[0]!.digest }] }), 'refused assertion_invalid, 0 at the sink'],
    ['on another', () => other.tried(yesOf({ ...theirs, digest: ours.digest })), 'refused key_foreign, 0 at the sink'],
    ['on another, in the names of its own person', () => other.tried(yesOf({ ...ours, assertion: theirs.assertion })), 'refused assertion_invalid, 0 at the sink'],
    ['beside another digest', () => other.tried(yesOf(theirs)), 'refused approval_not_granted, 0 at the sink'],
    ['with the letter of a no', () => other.tried(yesOf({ ...ours, assertion: ofANo(ours) })), 'refused assertion_invalid, 0 at the sink'],
    ['after its time', () => other.tried(yesOf({ ...ours, at: new Date(ours.assertion!.expiresAt * 1_000 + 60_000) })), 'refused assertion_late, 0 at the sink'],
  ];
  for (let n = 0; n < times; n++) {
    const [what, attempt, expected] = replays[n % replays.length]!;
    expect([what, await attempt()]).toEqual([what, expected]);
  }
  for (const honestly of [other, near]) expect(await honestly.again()).toBe('executed , 1 at the sink');
}

/** What its own person's key would have signed, were a no signed: all of it but the letter. */
function ofANo({ digest, personId, deviceId, assertion }: Decided): StoredAssertion {
  const { nonce, expiresAt } = assertion!;
  const bytes = approvalPreimage({ digest, nonce: fromBase64url(nonce)!, approverId: personId!, deviceId: deviceId!, expiresAt });
  bytes[APPROVE.length + 32] = 'D'.charCodeAt(0);
  return { ...signedBy(KEY, es256.sha256(bytes)), nonce, expiresAt };
}
const APPROVE = 'app/approve/v1\n';
