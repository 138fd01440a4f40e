import { expect } from 'expect';
import { after, before, describe, it } from 'node:test';
import { Suspensions } from './suspended.js';

const ROUNDS = Number(process.env['COUNTERSIGN_LONG_SUSPENSIONS'] ?? 1_000);
/** At the median, with all these teams at work on an otherwise quiet machine; what is promised of the slowest is the bench's. */
const MOST_TAKEOVER_MS = 2_000;
/** As many in the short form: 3 for 20. */
const HASTY = Math.ceil((ROUNDS * 3) / 20);

describe('a team that is stopped in the middle, again and again', () => {
  let suspensions: Suspensions;
  before(async () => {
    suspensions = await Suspensions.open({ teams: 8, seed: Date.now() % 1_000_000_007 });
  });
  after(() => suspensions?.[Symbol.asyncDispose]());

  it(`leaves nothing behind and loses nothing, ${ROUNDS} times`, async () => {
    await suspensions.run(ROUNDS);
    console.log(suspensions.words());
  });

  it(`and has told the customer within ${MOST_TAKEOVER_MS} ms of the order to stop, half of the times and more`, () => expect(suspensions.takeover.p50).toBeLessThanOrEqual(MOST_TAKEOVER_MS));

  it('with a yes that nobody has used asks anew, and does it once', () => suspensions.withAYes());

  it('while it happens does it once, and says so', () => suspensions.whileItHappens());

  it(`and reactivated at once is told of all the same, ${HASTY} times each`, () => suspensions.hasty(HASTY));
});
