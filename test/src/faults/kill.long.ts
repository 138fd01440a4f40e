import { after, before, describe, it } from 'node:test';
import { LocalStack } from '@countersign/testing';
import { finishesDespite, leavesVerifiableChain, oneOf, random, STEPS, VICTIMS, type Strike } from './killing.js';

/** How many seeds, from the first; fewer for a short look. */
const SEEDS = Number(process.env['COUNTERSIGN_LONG_SEEDS'] ?? 20);
const FIRST_SEED = Number(process.env['COUNTERSIGN_TEST_SEED'] ?? 1);
/** Two on each goal's way: a third could use up the attempts that a round allows. */
const STRIKES_PER_GOAL = 2;
const GOALS = 15;

/** Every victim in turn, in an order and at steps that the seed chooses; the two of one goal are different ones. */
function planOf(seed: number): Strike[][] {
  const next = random(seed);
  const turns = Array.from({ length: Math.ceil((GOALS * STRIKES_PER_GOAL) / VICTIMS.length) }, () => VICTIMS.map((victim) => ({ victim, order: next() })).sort((a, b) => a.order - b.order));
  const victims = turns.flat().map(({ victim }) => victim);
  return Array.from({ length: GOALS }, (_, goal) =>
    victims.slice(goal * STRIKES_PER_GOAL, (goal + 1) * STRIKES_PER_GOAL).map((victim) => ({ victim, step: oneOf(STEPS, next) })),
  );
}

for (const seed of Array.from({ length: SEEDS }, (_, index) => FIRST_SEED + index)) {
  describe(`kill -9 over and over (seed ${seed})`, () => {
    let stack: LocalStack;
    let team: string;

    before(async () => {
      stack = await LocalStack.start();
      team = await stack.activeTeam('asha', 'production');
    });
    after(() => stack.close());

    for (const [index, strikes] of planOf(seed).entries()) {
      const deaths = strikes.map(({ victim, step }) => `${victim} at "${step}"`).join(', then ');
      it(`finishes goal ${index + 1} although these die: ${deaths}`, () => finishesDespite(stack, team, strikes));
    }

    it('leaves a chain that anyone can verify', () => leavesVerifiableChain(stack, team));
  });
}
