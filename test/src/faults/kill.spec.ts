import { after, before, describe, it } from 'node:test';
import { LocalStack } from '@countersign/testing';
import { finishesDespite, leavesVerifiableChain, oneOf, random, STEPS, VICTIMS } from './killing.js';

const SEED = Number(process.env['COUNTERSIGN_TEST_SEED'] ?? 7);

describe(`kill -9 in the flow (seed ${SEED})`, () => {
  const next = random(SEED);
  let stack: LocalStack;
  let team: string;

  before(async () => {
    stack = await LocalStack.start();
    team = await stack.activeTeam();
  });
  after(() => stack.close());

  for (const victim of VICTIMS) {
    const step = oneOf(STEPS, next);
    it(`finishes the goal when ${victim} dies at "${step}", and pushes once`, () => finishesDespite(stack, team, [{ victim, step }]));
  }

  it('leaves a chain that anyone can verify', () => leavesVerifiableChain(stack, team));
});
