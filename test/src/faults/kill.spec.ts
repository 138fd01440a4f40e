import { LocalStack } from '@countersign/testing';
import { after, before, describe, it } from 'node:test';
import { finishesDespite, leavesVerifiableChain, planOf, wordsOf } from './killing.js';

const SEED = Number(process.env['COUNTERSIGN_TEST_SEED'] ?? 16);

describe(`kill -9 in the flow (seed ${SEED})`, () => {
  let stack: LocalStack;
  let team: string;

  before(async () => {
    stack = await LocalStack.start();
    team = await stack.activeTeam();
  });
  after(() => stack.close());

  for (const strikes of planOf(SEED)) it(`finishes the goal and pushes once, although these die: ${wordsOf(strikes)}`, () => finishesDespite(stack, team, strikes));

  it('leaves a chain that anyone can verify', () => leavesVerifiableChain(stack, team));
});
