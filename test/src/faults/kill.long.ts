import { LocalStack } from '@countersign/testing';
import { after, before, describe, it } from 'node:test';
import { finishesDespite, leavesVerifiableChain, planOf, wordsOf } from './killing.js';

/** How many seeds, from the first; fewer for a short look. */
const SEEDS = Number(process.env['COUNTERSIGN_LONG_SEEDS'] ?? 20);
const FIRST_SEED = Number(process.env['COUNTERSIGN_TEST_SEED'] ?? 1);
const DEATHS = 30;

for (const seed of Array.from({ length: SEEDS }, (_, index) => FIRST_SEED + index)) {
  describe(`kill -9 over and over (seed ${seed})`, () => {
    let stack: LocalStack;
    let team: string;

    before(async () => {
      stack = await LocalStack.start();
      team = await stack.activeTeam('asha', 'production');
    });
    after(() => stack.close());

    for (const [index, strikes] of planOf(seed, DEATHS).entries()) {
      it(`finishes goal ${index + 1} and pushes once, although these die: ${wordsOf(strikes)}`, () => finishesDespite(stack, team, strikes));
    }

    it('leaves a chain that anyone can verify', () => leavesVerifiableChain(stack, team));
  });
}
