import { expect } from 'expect';
import { after, before, describe, it } from 'node:test';
import { Suspensions } from './suspended.js';

const ROUNDS = 20;
const MOST_TAKEOVER_MS = 2_000;

describe('a team that is stopped in the middle', () => {
  let suspensions: Suspensions;
  before(async () => {
    suspensions = await Suspensions.open({ teams: 4, seed: 20_260_301 });
  });
  after(() => suspensions?.[Symbol.asyncDispose]());

  it(`leaves no agent, no effect begun meanwhile and no lost question, tells the customer once, and ends each goal once: at ${ROUNDS} random points`, async (t) => {
    await suspensions.run(ROUNDS);
    t.diagnostic(suspensions.words());
  });

  it(`and has told the customer within ${MOST_TAKEOVER_MS} ms, half of the times and more: what is promised of the slowest is the bench’s`, () => expect(suspensions.takeover.p50).toBeLessThanOrEqual(MOST_TAKEOVER_MS));

  it('with a yes that nobody has used asks anew, and does it once', () => suspensions.withAYes());

  it('while it happens does it once, and says so', () => suspensions.whileItHappens());

  it('and reactivated at once is told of all the same, once for each time, with reason and plan', () => suspensions.hasty(3));
});
