import { describe, it } from 'node:test';
import { APPROVAL_STATES, DECISIONS, ROLES, TEAM_STATES, type ApprovalState } from '@countersign/contracts';
import { approvalPreimage, authenticatorDataOf, clientDataOf, FLAGS, joined, ofText, toBase64url, type Assertion, type Es256 } from '@countersign/contracts/assertions';
import { createHash, createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto';
import { forgeries, honest, otherAlgorithms } from '@countersign/testing';
import { expect } from 'expect';
import fc from 'fast-check';
import { decideApproval, type DecisionFacts } from './decide-approval.js';
import type { ChallengeFacts, SignatureFacts, SigningKeyFacts } from './judge-signature.js';
import { untouched } from './expire.js';

const digest = 'd'.repeat(64);
const [ASHA, PHONE] = ['01890000-0000-7000-8000-0000000000a1', '01890000-0000-7000-8000-00000000de01'];
const ORIGIN = 'https://approve.example.test';
const RP = 'approve.example.test';
const es256: Es256 = {
  sha256: (bytes) => createHash('sha256').update(bytes).digest(),
  verify: (spki, bytes, signature) => verify('sha256', bytes, { key: createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' }), dsaEncoding: 'ieee-p1363' }, signature),
};
const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const challenge: ChallengeFacts = { nonce: new Uint8Array(32).fill(7), personId: ASHA, deviceId: PHONE, expiresAt: new Date(121_000) };
const key: SigningKeyFacts = { credentialId: 'a2V5', publicKey: pair.publicKey.export({ format: 'der', type: 'spki' }), kind: 'device', rpId: RP, backupEligible: false, counter: 0, personId: ASHA, deviceId: PHONE, removed: false, effectiveFrom: new Date(0), highestFrom: new Date(0), here: [] };
/** A yes to the digest, as a phone signs it. */
function signed(over: { digest?: string; deviceId?: string; nonce?: Uint8Array; flags?: number; counter?: number; origin?: string; letter?: string } = {}): Assertion {
  const { flags = FLAGS.userPresent, counter = 0, origin = ORIGIN, letter, ...parts } = over;
  const preimage = approvalPreimage({ digest, nonce: challenge.nonce, approverId: ASHA, deviceId: PHONE, expiresAt: 121, ...parts });
  if (letter !== undefined) preimage[47] = letter.charCodeAt(0);
  const [data, client] = [authenticatorDataOf(es256.sha256(ofText(RP)), flags, counter), clientDataOf(es256.sha256(preimage), origin)];
  const signature = sign('sha256', joined([data, es256.sha256(client)]), pair.privateKey);
  return { credentialId: key.credentialId, authenticatorData: toBase64url(data), clientDataJSON: toBase64url(client), signature: toBase64url(signature) };
}
const SIGNED: SignatureFacts = { assertion: signed(), challenge, key, tier: 1, origin: ORIGIN, softwareKeys: true };
const ALONE = { need: 1, of: 'people', people: undefined, yeses: [] } as const;
const facts = (change: { [K in keyof DecisionFacts]?: Partial<DecisionFacts[K]> } = {}): DecisionFacts => ({
  now: new Date(1_000),
  person: { id: ASHA, customerId: 'chai', roles: ['customer_governor'], ...change.person },
  device: { id: PHONE, personId: ASHA, removed: false, ...change.device },
  team: { state: 'active', epoch: 3, ...change.team },
  approval: { state: 'pending', version: 1, digest, dueAt: new Date(2_000), paused: false, epoch: 3, customerId: 'chai', requestedBy: 'mira', authors: ['dora'], heldFor: undefined, delaySeconds: 0, quorum: ALONE, ...change.approval },
  request: { decision: 'approve', digest, reason: '', version: 1, holdSeconds: 0, report: false, ...change.request },
  signature: { ...SIGNED, ...change.signature },
});
const code = (input: DecisionFacts): string => {
  const verdict = decideApproval(input, es256);
  return verdict.outcome === 'refused' ? verdict.code : verdict.state;
};

describe('deciding an approval', () => {
  it('records what an eligible person says on their own device in time', () => {
    expect(code(facts())).toBe('approved');
    expect(code(facts({ request: { decision: 'deny', reason: 'not now' } }))).toBe('denied');
    expect(code(facts({ request: { decision: 'request_changes', reason: 'shorter' } }))).toBe('changes_requested');
  });

  const refusals: [string, string, Parameters<typeof facts>[0]][] = [
    ['a person of another customer', 'not_eligible', { person: { customerId: 'borealis' } }],
    ['a person without the role', 'not_eligible', { person: { roles: ['operator', 'platform_governor'] } }],
    ['who asked for it', 'author_may_not_decide', { person: { id: 'mira' }, device: { personId: 'mira' } }],
    ['who made an artifact', 'author_may_not_decide', { person: { id: 'dora' }, device: { personId: 'dora' } }],
    ["a device that is somebody else's", 'device_not_yours', { device: { personId: 'ben' } }],
    ['a device that was removed', 'device_not_yours', { device: { removed: true } }],
    ['a superseded request', 'superseded', { approval: { state: 'superseded' } }],
    ['an expired request', 'expired', { approval: { state: 'expired' } }],
    ['a withdrawn request', 'withdrawn', { approval: { state: 'withdrawn' } }],
    ['a decided request', 'already_decided', { approval: { state: 'approved' } }],
    ['a goal that is paused, whatever the clock says', 'goal_paused', { approval: { paused: true, dueAt: new Date(0) } }],
    ['a moment past the deadline', 'expired', { approval: { dueAt: new Date(1_000) } }],
    ['a suspended team', 'withdrawn', { team: { state: 'suspended' } }],
    ['a team that was suspended in between', 'withdrawn', { team: { epoch: 4 } }],
    ['another digest', 'digest_differs', { request: { digest: 'e'.repeat(64) } }],
    ['another version', 'stale_version', { request: { version: 2 } }],
    ['a no to a version that nobody was shown', 'stale_version', { request: { decision: 'deny', reason: 'no', version: 2 } }],
    ['a yes after that of somebody else', 'stale_version', { approval: { version: 2 } }],
    ['a no from before one’s own newer word', 'stale_version', { person: { spokeAt: 1 }, approval: { version: 3 }, request: { decision: 'deny', reason: 'no' } }],
    ['a denial without a reason', 'reason_missing', { request: { decision: 'deny', reason: '  ' } }],
    ['a change request without a reason', 'reason_missing', { request: { decision: 'request_changes' } }],
    ['an approve that nobody signed', 'assertion_missing', { signature: { assertion: undefined } }],
    ['a challenge that was never given', 'challenge_unknown', { signature: { challenge: undefined } }],
    ["somebody else's challenge", 'challenge_unknown', { signature: { challenge: { ...challenge, personId: PHONE } } }],
    ['a challenge of another device', 'challenge_unknown', { signature: { challenge: { ...challenge, deviceId: ASHA } } }],
    ['a signature that comes too late', 'challenge_expired', { signature: { challenge: { ...challenge, expiresAt: new Date(1_000) } } }],
    ['a signature over another manifest', 'assertion_invalid', { signature: { assertion: signed({ digest: 'e'.repeat(64) }) } }],
    ['a signature over another challenge', 'assertion_invalid', { signature: { assertion: signed({ nonce: new Uint8Array(32) }) } }],
    ['a signature of another site', 'assertion_invalid', { signature: { assertion: signed({ origin: 'https://evil.test' }) } }],
    ['a signature with nobody there', 'assertion_invalid', { signature: { assertion: signed({ flags: 0 }) } }],
    ['a key that is not enrolled', 'assertion_invalid', { signature: { key: undefined } }],
    ["somebody else's key", 'assertion_invalid', { signature: { key: { ...key, personId: PHONE } } }],
    ['a key of another device', 'assertion_invalid', { signature: { key: { ...key, deviceId: ASHA } } }],
    ['a key whose device is gone', 'assertion_invalid', { signature: { key: { ...key, removed: true } } }],
    ['a key of which the executor has not said yet', 'key_not_confirmed', { signature: { key: { ...key, effectiveFrom: undefined } } }],
    ['a key that waits', 'key_not_in_effect', { signature: { key: { ...key, effectiveFrom: new Date(1_001) } } }],
    ['a browser’s key where others will see what is done', 'key_unfit', { signature: { tier: 2 } }],
    ['a passkey that did not verify its person there', 'assertion_invalid', { signature: { tier: 2, key: { ...key, kind: 'passkey' } } }],
    ['a key in a file in production', 'key_unfit', { signature: { key: { ...key, kind: 'software' }, softwareKeys: false } }],
    ['a passkey that may be on other devices at the highest tier', 'key_unfit', { signature: { tier: 3, key: { ...key, kind: 'passkey', backupEligible: true } } }],
    ['a key in a file at the highest tier', 'key_unfit', { signature: { tier: 3, key: { ...key, kind: 'software' } } }],
    ['a decision that is not offered', 'decision_not_offered', { request: { decision: 'escalate' } }],
  ];
  for (const [who, expected, change] of refusals) it(`refuses ${who}`, () => expect(code(facts(change))).toBe(expected));

  it('takes a passkey that verified its person', () => {
    const verified = signed({ flags: FLAGS.userPresent | FLAGS.userVerified });
    expect(code(facts({ signature: { tier: 2, key: { ...key, kind: 'passkey' }, assertion: verified } }))).toBe('approved');
  });

  describe('of a passkey that may be synchronised and was made on another device', () => {
    const assertion = signed({ flags: FLAGS.userPresent | FLAGS.userVerified | FLAGS.backupEligible });
    const synced: SigningKeyFacts = { ...key, kind: 'passkey', backupEligible: true, deviceId: ASHA };
    const at = (...here: SigningKeyFacts['here']) => code(facts({ signature: { tier: 2, assertion, key: { ...synced, here } } }));
    const [counts, waits, unsaid] = [new Date(0), new Date(1_001), undefined].map((from) => ({ effectiveFrom: from, highestFrom: from }));
    it('is taken on one that is known by a key that counts', () => expect([at(counts!), at(waits!, counts!)]).toEqual(['approved', 'approved']));
    it('is refused on one that is not, or not yet', () => expect([at(), at(waits!), at(unsaid!)]).toEqual(['assertion_invalid', 'key_not_in_effect', 'key_not_confirmed']));
    it('is refused where it is bound to its own', () => expect(code(facts({ signature: { tier: 2, assertion: signed({ flags: FLAGS.userPresent | FLAGS.userVerified }), key: { ...synced, backupEligible: false, here: [counts!] } } }))).toBe('assertion_invalid'));
  });

  it('does not say of what expired with a yes that nobody answered', () => {
    const yes = { personId: 'ravi', deviceId: 'other', key: 'other' };
    expect(decideApproval(facts({ approval: { state: 'expired', quorum: { ...ALONE, need: 2, yeses: [yes] } } }), es256)).toMatchObject({ code: 'expired', message: 'the time to answer is over' });
  });

  it('says of the highest tier only what holds of all that is in it: not that it cannot be undone', () => {
    for (const change of [{ kind: 'passkey', backupEligible: true }, { highestFrom: new Date(1_001) }] as const) {
      expect(decideApproval(facts({ signature: { tier: 3, key: { ...key, ...change } } }), es256)).toMatchObject({ outcome: 'refused', message: expect.stringMatching(/^(?!.*undone).*highest tier/) });
    }
  });

  it('says of a key that is new what makes it count sooner: a passkey takes no device’s word', () => {
    const early = (over: Partial<SigningKeyFacts>, tier = 1): unknown => {
      const verdict = decideApproval(facts({ signature: { tier, key: { ...key, effectiveFrom: new Date(1_001), highestFrom: new Date(3_003), ...over } } }), es256);
      return verdict.outcome === 'refused' && verdict.message;
    };
    expect(early({})).toBe('this device is new: it counts from 1970-01-01T00:00:01.001Z, or as soon as you say on the page Me that it is yours: there with a passkey that counts, or on an older device');
    expect(early({ kind: 'passkey' }, 2)).toBe('this passkey is new: it counts from 1970-01-01T00:00:01.001Z, or as soon as you say with an older passkey, on the page Me, that it is yours');
    expect(early({}, 3)).toBe('this device is new: for what is of the highest tier it counts from 1970-01-01T00:00:03.003Z');
    expect(early({ kind: 'passkey', effectiveFrom: undefined }, 2)).toBe('the executor has not confirmed this passkey yet; try again in a moment');
  });

  it('waits longer at the highest tier: a key that counts otherwise may not yet', () => {
    expect(code(facts({ signature: { tier: 3, key: { ...key, highestFrom: new Date(1_001) } } }))).toBe('key_not_in_effect');
    expect(code(facts({ signature: { tier: 2, key: { ...key, kind: 'passkey', highestFrom: new Date(1_001) }, assertion: signed({ flags: FLAGS.userPresent | FLAGS.userVerified }) } }))).toBe('approved');
  });

  for (const backupEligible of [false, true]) {
    const signer = { privateKey: pair.privateKey, credentialId: key.credentialId, rpId: RP, origin: ORIGIN, backupEligible, counter: 5 };
    const passkey: SigningKeyFacts = { ...key, kind: 'passkey', backupEligible, counter: 5 };
    const asked = es256.sha256(approvalPreimage({ digest, nonce: challenge.nonce, approverId: ASHA, deviceId: PHONE, expiresAt: 121 }));
    const made = forgeries(signer, asked);
    it(`takes a passkey’s yes that ${backupEligible ? 'may be' : 'is not'} synchronised, and none with one of ${made.length} things wrong with it`, () => {
      const told = (assertion: Assertion) => decideApproval(facts({ signature: { tier: 2, key: passkey, assertion } }), es256);
      expect(told(honest(signer, asked))).toMatchObject({ outcome: 'recorded', counter: 6 });
      for (const [what, fault, assertion] of made) expect([what, told(assertion)]).toMatchObject([what, { outcome: 'refused', code: 'assertion_invalid', details: { fault } }]);
      for (const { what, publicKey } of otherAlgorithms()) expect([what, decideApproval(facts({ signature: { tier: 2, key: { ...passkey, publicKey }, assertion: honest(signer, asked) } }), es256)]).toMatchObject([what, { details: { fault: 'algorithm_wrong' } }]);
    });
  }

  it('takes no yes again for anything else, ten thousand times', () => {
    const one = signed();
    const other = (n: number): string => createHash('sha256').update(String(n)).digest('hex');
    const replays: readonly (readonly [string, (n: number) => Parameters<typeof facts>[0]])[] = [
      ['on the same, which is decided', () => ({ approval: { state: 'approved' } })],
      ['on the same, whose challenge was used', () => ({ signature: { challenge: undefined } })],
      ['on another, with its challenge', (n) => ({ approval: { digest: other(n) }, request: { digest: other(n) }, signature: { challenge: { ...challenge, nonce: Buffer.from(other(n), 'hex') } } })],
      ['on another, with this one', (n) => ({ approval: { digest: other(n) }, request: { digest: other(n) } })],
      ['of another team’s customer', () => ({ approval: { customerId: 'borealis' } })],
      ['by a colleague', () => ({ person: { id: PHONE }, device: { personId: PHONE }, signature: { challenge: { ...challenge, personId: PHONE }, key: { ...key, personId: PHONE } } })],
      ['on another device', () => ({ device: { id: ASHA }, signature: { challenge: { ...challenge, deviceId: ASHA }, key: { ...key, deviceId: ASHA } } })],
      ['after its time', (n) => ({ signature: { challenge: { ...challenge, expiresAt: new Date(1_000 - n) } } })],
      ['with a longer time', (n) => ({ signature: { challenge: { ...challenge, expiresAt: new Date(122_000 + n * 1_000) } } })],
      ['with the letter of another decision', () => ({ signature: { assertion: signed({ letter: 'R' }) } })],
    ];
    const accepted = Array.from({ length: 10_000 }, (_, n) => replays[n % replays.length]!).filter(([, change], n) => decideApproval(facts({ ...change(n), signature: { assertion: one, ...change(n)?.signature } }), es256).outcome === 'recorded');
    expect(accepted.map(([what]) => what)).toEqual([]);
  });

  it('keeps the count of a key that signed, and of nothing else', () => {
    const junk = { ...signed(), authenticatorData: toBase64url(authenticatorDataOf(new Uint8Array(32), 0, 0xffffffff)) };
    expect(decideApproval(facts({ signature: { assertion: signed({ counter: 7 }) } }), es256)).toEqual({ outcome: 'recorded', state: 'approved', partial: false, holdSeconds: 0, counter: 7 });
    expect(decideApproval(facts({ request: { decision: 'deny', reason: 'no' }, signature: { assertion: junk } }), es256)).toEqual({ outcome: 'recorded', state: 'denied', partial: false, holdSeconds: 0, counter: 0 });
  });

  describe('with time to undo it', () => {
    const held = (heldFor: 'approved' | 'denied', decision: 'approve' | 'deny' | 'request_changes', dueAt = new Date(2_000)) => facts({ approval: { state: 'held', heldFor, dueAt }, request: { decision, reason: 'stop', holdSeconds: 30 } });
    it('holds a decision as long as its person wishes, and a yes no shorter than the policy wants', () => {
      for (const decision of ['approve', 'deny', 'request_changes'] as const) expect(decideApproval(facts({ request: { decision, reason: 'x', holdSeconds: 10 } }), es256)).toMatchObject({ holdSeconds: 10 });
      expect(decideApproval(facts({ approval: { delaySeconds: 600 } }), es256)).toMatchObject({ state: 'approved', holdSeconds: 600 });
      expect(decideApproval(facts({ approval: { delaySeconds: 600 }, request: { decision: 'deny', reason: 'x' } }), es256)).toMatchObject({ state: 'denied', holdSeconds: 0 });
      expect(decideApproval(facts({ request: { decision: 'deny', reason: 'not me', holdSeconds: 30, report: true } }), es256)).toMatchObject({ state: 'denied', holdSeconds: 0 });
    });
    it('lets a no end a yes that is held, at once, and nothing else', () => {
      for (const decision of ['deny', 'request_changes'] as const) expect(decideApproval(held('approved', decision), es256)).toMatchObject({ outcome: 'recorded', holdSeconds: 0 });
      expect(decideApproval(held('approved', 'deny', new Date(0)), es256)).toMatchObject({ outcome: 'recorded' });
      expect(code(held('approved', 'approve'))).toBe('already_decided');
      for (const decision of ['approve', 'deny', 'request_changes'] as const) expect(code(held('denied', decision))).toBe('already_decided');
    });
  });

  describe('where several must say yes', () => {
    const [RAVI, TABLET] = ['01890000-0000-7000-8000-0000000000a2', '01890000-0000-7000-8000-00000000de02'];
    const quorum = (over: Partial<DecisionFacts['approval']['quorum']> = {}) => facts({ approval: { quorum: { need: 2, of: 'people', people: [ASHA, RAVI], yeses: [], ...over } } });
    it('counts the first yes and takes effect with the last', () => {
      expect(decideApproval(quorum(), es256)).toMatchObject({ outcome: 'recorded', state: 'approved', partial: true });
      expect(decideApproval(quorum({ yeses: [{ personId: RAVI, deviceId: TABLET, key: 'other' }] }), es256)).toMatchObject({ partial: false });
      expect(decideApproval(quorum({ need: 3, people: [ASHA, RAVI, 'x'], yeses: [{ personId: RAVI, deviceId: TABLET, key: 'other' }] }), es256)).toMatchObject({ partial: true });
    });
    it('counts nobody twice, on whatever device', () => {
      for (const deviceId of [PHONE, TABLET]) expect(code(quorum({ yeses: [{ personId: ASHA, deviceId, key: 'other' }] }))).toBe('already_counted');
    });
    it('counts a person’s second device where devices are counted, and the same one not again', () => {
      expect(decideApproval(quorum({ of: 'devices', yeses: [{ personId: ASHA, deviceId: TABLET, key: 'other' }] }), es256)).toMatchObject({ partial: false });
      expect(code(quorum({ of: 'devices', yeses: [{ personId: ASHA, deviceId: PHONE, key: 'other' }] }))).toBe('already_counted');
    });
    it('counts no key twice, on whatever device', () => expect(code(quorum({ of: 'devices', yeses: [{ personId: ASHA, deviceId: TABLET, key: key.credentialId }] }))).toBe('already_counted'));
    it('counts nobody whom the manifest does not name', () => expect(code(quorum({ people: [RAVI] }))).toBe('not_eligible'));
    it('ends with the first no, whoever of them says it and whoever said yes', () => {
      const no = facts({ approval: { quorum: { need: 2, of: 'people', people: [ASHA, RAVI], yeses: [{ personId: ASHA, deviceId: PHONE, key: 'other' }] } }, request: { decision: 'deny', reason: 'no' } });
      expect(decideApproval(no, es256)).toMatchObject({ outcome: 'recorded', state: 'denied', partial: false });
    });
    it('wants a signature for every yes', () => expect(code({ ...quorum(), signature: { ...SIGNED, assertion: undefined } })).toBe('assertion_missing'));
  });

  it('takes a no to the same bytes that was said before somebody else’s yes arrived', () => {
    for (const decision of ['deny', 'request_changes'] as const) {
      expect([code(facts({ approval: { version: 2 }, request: { decision, reason: 'no' } })), code(facts({ approval: { state: 'held', heldFor: 'approved', version: 2 }, request: { decision, reason: 'no' } }))]).toEqual(Array(2).fill(decision === 'deny' ? 'denied' : 'changes_requested'));
      expect(code(facts({ person: { spokeAt: 1 }, approval: { version: 3 }, request: { decision, reason: 'no', version: 2 } }))).toBe(decision === 'deny' ? 'denied' : 'changes_requested'); // the newer word is this one
      expect(code(facts({ approval: { version: 2 }, request: { decision, reason: 'no', digest: 'e'.repeat(64) } }))).toBe('digest_differs');
    }
  });

  it('asks for no signature of a no', () => expect(code(facts({ request: { decision: 'deny', reason: 'not now' }, signature: { assertion: undefined } }))).toBe('denied'));

  it('refuses a session without a device', () => expect(code({ ...facts(), device: undefined })).toBe('device_missing'));

  it('never approves for anyone but a customer governor of that customer, while it is pending, in time, with the same digest', () => {
    const anyFacts = fc.record({
      roles: fc.subarray([...ROLES]), customer: fc.constantFrom('chai', 'borealis'), state: fc.constantFrom(...APPROVAL_STATES), team: fc.constantFrom(...TEAM_STATES),
      epoch: fc.integer({ min: 2, max: 4 }), due: fc.integer({ min: 0, max: 2_000 }), digest: fc.constantFrom('d', 'e'), decision: fc.constantFrom(...DECISIONS),
    });
    fc.assert(fc.property(anyFacts, (x) => {
      const verdict = decideApproval(facts({
        person: { roles: x.roles, customerId: x.customer }, approval: { state: x.state, heldFor: x.state === 'held' ? 'approved' : undefined, dueAt: new Date(x.due) }, team: { state: x.team, epoch: x.epoch },
        request: { digest: x.digest.repeat(64), decision: x.decision, reason: 'because' },
      }), es256);
      const allowed = x.roles.includes('customer_governor') && x.customer === 'chai' && (x.state === 'pending' ? x.due > 1_000 && ['approve', 'deny', 'request_changes'].includes(x.decision) : x.state === 'held' && ['deny', 'request_changes'].includes(x.decision)) && x.team === 'active' && x.epoch === 3 && x.digest === 'd';
      expect(verdict.outcome === 'recorded').toBe(allowed);
    }), { numRuns: 500 });
  });
});

describe('an approval nobody touches', () => {
  const approval = (state: ApprovalState, over: { used?: boolean; goalCancelled?: boolean; paused?: boolean; goodUntil?: Date; counts?: boolean } = {}) => ({ state, dueAt: new Date(2_000), effectiveAt: state === 'held' ? new Date(3_000) : undefined, goodUntil: undefined, counts: true, epoch: 3, used: false, goalCancelled: false, paused: false, ...over });
  const active = { state: 'active', epoch: 3 } as const;
  it('waits until its deadline and then expires', () => {
    expect(untouched(approval('pending'), active, new Date(1_999))).toBe('wait');
    expect(untouched(approval('pending'), active, new Date(2_000))).toBe('expire');
  });
  it('takes effect when its time to be undone is over, also after its deadline, and not while time stands still', () => {
    expect(untouched(approval('held'), active, new Date(2_999))).toBe('wait');
    expect(untouched(approval('held'), active, new Date(3_000))).toBe('release');
    expect(untouched(approval('held', { paused: true }), active, new Date(9_000))).toBe('wait');
    expect(untouched(approval('held'), { state: 'suspended', epoch: 4 }, new Date(9_000))).toBe('withdraw');
    expect(untouched(approval('held'), { state: 'active', epoch: 5 }, new Date(9_000))).toBe('withdraw');
    expect(untouched(approval('held', { goalCancelled: true }), active, new Date(9_000))).toBe('withdraw');
  });
  it('lapses where it would be granted too late to be carried out', () => {
    const goodUntil = new Date(5_000);
    expect([2_999, 4_999, 5_000].map((ms) => untouched(approval('held', { goodUntil }), active, new Date(ms)))).toEqual(['wait', 'release', 'lapse']);
    expect(untouched(approval('held', { goodUntil, paused: true }), active, new Date(9_000))).toBe('wait');
    expect([2_999, 3_000].map((ms) => untouched(approval('held', { counts: false }), active, new Date(ms)))).toEqual(['wait', 'lapse']);
    expect(untouched(approval('held', { counts: false, paused: true }), active, new Date(9_000))).toBe('wait');
  });
  it('does not expire while its goal is paused, but is taken back then as well', () => {
    expect(untouched(approval('pending', { paused: true }), active, new Date(9_000))).toBe('wait');
    expect(untouched(approval('pending', { paused: true, goalCancelled: true }), active, new Date(9_000))).toBe('withdraw');
    expect(untouched(approval('pending', { paused: true }), { state: 'suspended', epoch: 4 }, new Date(9_000))).toBe('withdraw');
  });
  it('does not expire while the team is stopped: it is taken back', () => {
    expect(untouched(approval('pending'), { state: 'suspended', epoch: 4 }, new Date(9_000))).toBe('withdraw');
  });
  it('is taken back when the team was stopped and runs again', () => expect(untouched(approval('pending'), { state: 'active', epoch: 5 }, new Date(0))).toBe('withdraw'));
  it('is taken back after it was granted and before it was used', () => {
    expect(untouched(approval('approved'), { state: 'suspended', epoch: 4 }, new Date(0))).toBe('withdraw');
    expect(untouched(approval('approved', { used: true }), { state: 'suspended', epoch: 4 }, new Date(0))).toBe('wait');
  });
  it('is taken back when its goal is cancelled, unless it was used', () => {
    expect(untouched(approval('pending', { goalCancelled: true }), active, new Date(0))).toBe('withdraw');
    expect(untouched(approval('approved', { goalCancelled: true }), active, new Date(0))).toBe('withdraw');
    expect(untouched(approval('approved', { goalCancelled: true, used: true }), active, new Date(0))).toBe('wait');
  });
  it('never changes again once it is settled', () => {
    for (const state of ['denied', 'expired', 'withdrawn', 'superseded', 'changes_requested'] as const) expect(untouched(approval(state), { state: 'suspended', epoch: 9 }, new Date(9_999))).toBe('wait');
  });
});
