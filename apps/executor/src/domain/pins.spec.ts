import { ofUuid, vouchPreimage } from '@countersign/contracts/assertions';
import { es256 } from '@countersign/service';
import { expect } from 'expect';
import { describe, it } from 'node:test';
import { aKey, DEVICE, PERSON, RP, signedBy, type TestKey } from '../testing/approver.js';
import { hashOfLine, lineOf, NOTHING_BEFORE, Pinned, pinsFor, readLine, type Enrolled, type Pin } from './pins.js';

const CUSTOMER = '01890000-0000-7000-8000-0000000c4a10';
const OTHER_PERSON = '01890000-0000-7000-8000-0000000000a2';
const DAY = 86_400_000;
const enrolled = (key: TestKey, over: Partial<Enrolled> = {}): Enrolled => ({ keyId: key.credentialId, customerId: CUSTOMER, personId: PERSON, deviceId: DEVICE, credentialId: key.credentialId, publicKey: key.publicKey, kind: key.kind, rpId: RP, backupEligible: false, vouch: null, removed: false, ...over });

describe('what an executor pins', () => {
  const [first, second] = [aKey(), aKey()];
  /** Learns enrolments at a time, as the executor does. */
  const learn = (pinned: Pinned, now: number, holdMs: number, ...rows: Enrolled[]): Pin[] => learnOf([CUSTOMER], pinned, now, holdMs, ...rows);
  const learnOf = (firstKeys: readonly string[], pinned: Pinned, now: number, holdMs: number, ...rows: Enrolled[]): Pin[] =>
    rows.flatMap((row) => {
      const pins = pinsFor(row, pinned, { now, holdMs, highestHoldMs: 3 * holdMs, firstKeys }, es256);
      for (const pin of pins) pinned.apply(pin, now);
      return pins;
    });
  const vouchOf = (by: TestKey, { publicKey }: TestKey, personId = PERSON) =>
    signedBy(by, es256.sha256(vouchPreimage({ keyHash: Buffer.from(es256.sha256(publicKey)).toString('hex'), customerId: CUSTOMER, personId, deviceId: DEVICE })));
  const started = (): Pinned => {
    const pinned = new Pinned();
    learn(pinned, 1_000, DAY, enrolled(first));
    return pinned;
  };
  const from = (pinned: Pinned, { credentialId }: TestKey): number | undefined => pinned.key(CUSTOMER, credentialId)?.effectiveFrom;

  it('is a named customer’s first key at once, and every later one after the hold', () => {
    const pinned = started();
    learn(pinned, 2_000, DAY, enrolled(second));
    expect([from(pinned, first), from(pinned, second)]).toEqual([1_000, 2_000 + DAY]);
  });

  it('is the first key of a customer whom the operator did not name after the hold as well, and its word counts no sooner', () => {
    for (const [named, counts] of [[[], 1_000 + DAY], [['another'], 1_000 + DAY], [['*'], 1_000]] as const) {
      const pinned = new Pinned();
      learnOf(named, pinned, 1_000, DAY, enrolled(first), enrolled(second, { vouch: vouchOf(first, second) }));
      expect([named, from(pinned, first)]).toEqual([named, counts]);
      expect(pinned.key(CUSTOMER, first.credentialId)?.highestFrom).toBe(counts === 1_000 ? counts : 1_000 + 3 * DAY);
      expect(from(pinned, second)).toBe(counts);
    }
  });

  it('waits three times as long for what cannot be undone, and no other key’s word shortens that', () => {
    const pinned = started();
    learn(pinned, 2_000, DAY, enrolled(second, { vouch: vouchOf(first, second) }));
    expect([first, second].map(({ credentialId }) => pinned.key(CUSTOMER, credentialId))).toMatchObject([{ effectiveFrom: 1_000, highestFrom: 1_000 }, { effectiveFrom: 2_000, highestFrom: 2_000 + 3 * DAY }]);
  });

  it('is each key once: a row that says something else by then changes nothing', () => {
    const pinned = started();
    const other = aKey();
    expect(learn(pinned, 2_000, DAY, enrolled(first, { publicKey: other.publicKey, personId: OTHER_PERSON }))).toEqual([]);
    expect(pinned.key(CUSTOMER, first.credentialId)).toMatchObject({ publicKey: first.publicKey, personId: PERSON });
  });

  it('counts a later key at once when a key in effect of the same person vouches for it, then or afterwards', () => {
    const [at, later] = [started(), started()];
    learn(at, 2_000, DAY, enrolled(second, { vouch: vouchOf(first, second) }));
    learn(later, 2_000, DAY, enrolled(second));
    learn(later, 3_000, DAY, enrolled(second, { vouch: vouchOf(first, second) }));
    expect([from(at, second), from(later, second)]).toEqual([2_000, 3_000]);
  });

  for (const [what, make] of [
    ['a key that waits itself', (pinned) => (learn(pinned, 1_500, DAY, enrolled(third)), vouchOf(third, second))],
    ['a key that ended', (pinned) => (learn(pinned, 1_500, DAY, enrolled(first, { removed: true })), vouchOf(first, second))],
    ['itself', () => vouchOf(second, second)],
    ['a key nobody knows', () => vouchOf(aKey(), second)],
    ['a signature for another key', () => vouchOf(first, third)],
    ['a signature for another person', () => vouchOf(first, second, OTHER_PERSON)],
    ['a yes to something else', () => signedBy(first, ofUuid(PERSON))],
    ['no assertion', () => ({}) as never],
  ] as [string, (pinned: Pinned) => Enrolled['vouch']][]) {
    it(`waits when it is vouched for by ${what}`, () => {
      const pinned = started();
      learn(pinned, 2_000, DAY, enrolled(second, { vouch: make(pinned) }));
      expect(from(pinned, second)).toBe(2_000 + DAY);
    });
  }
  const third = aKey();

  it('takes a passkey at once only on the word of a passkey whose person was verified', () => {
    const [one, two] = [aKey('passkey'), aKey('passkey')];
    const pinned = started();
    learn(pinned, 2_000, DAY, enrolled(one, { vouch: vouchOf(first, one) }));
    expect(from(pinned, one)).toBe(2_000 + DAY);
    const later = 3_000 + DAY;
    learn(pinned, later, DAY, enrolled(two, { vouch: vouchOf(one, two) }));
    expect(from(pinned, two)).toBe(later);
  });

  it('waits when another person’s key vouches for it', () => {
    const pinned = started();
    learn(pinned, 2_000, DAY, enrolled(second, { personId: OTHER_PERSON, vouch: vouchOf(first, second, OTHER_PERSON) }));
    expect(from(pinned, second)).toBe(2_000 + DAY);
  });

  it('ends with its device, at once and for good, and leaves no first key behind', () => {
    const pinned = started();
    learn(pinned, 2_000, DAY, enrolled(first, { removed: true }));
    expect(pinned.key(CUSTOMER, first.credentialId)).toMatchObject({ endedAt: 2_000 });
    expect(learn(pinned, 3_000, DAY, enrolled(first))).toEqual([]);
    learn(pinned, 3_000, DAY, enrolled(second));
    expect(from(pinned, second)).toBe(3_000 + DAY);
  });

  it('is no key that is known by another name, whether it ended, waits or counts', () => {
    const pinned = started();
    const renamed = enrolled(first, { credentialId: 'renamed' });
    expect(learn(pinned, 2_000, DAY, renamed)).toEqual([]);
    learn(pinned, 2_000, DAY, enrolled(first, { removed: true }));
    expect(learn(pinned, 3_000, DAY, renamed, { ...renamed, personId: OTHER_PERSON })).toEqual([]);
    expect(learn(pinned, 3_000, DAY, { ...renamed, customerId: 'another' })).toHaveLength(1);
  });

  it('is of one customer: the same key of another is another’s', () => {
    const pinned = started();
    expect(pinned.key('another', first.credentialId)).toBeUndefined();
  });
});

describe('a line of pins', () => {
  const line = lineOf({ pin: 'used', approvalId: 'a' }, 5, NOTHING_BEFORE);
  it('is read back where it follows the line it names', () => expect(readLine(line, NOTHING_BEFORE)).toEqual({ pin: { pin: 'used', approvalId: 'a' }, at: 5 }));
  it('is refused anywhere else, and in other bytes', () => {
    expect(readLine(line, hashOfLine(line))).toBeUndefined();
    for (const bent of [`${line} `, line.replace('"a"', '"b"').replace('{', '{ '), '{', 'null', '', '[]']) expect(readLine(bent, NOTHING_BEFORE)).toBeUndefined();
  });
});
