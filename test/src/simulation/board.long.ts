import { after, before, describe, it } from 'node:test';
import { Boards } from './boards.js';

const BOARDS = Number(process.env['COUNTERSIGN_LONG_BOARDS'] ?? 40);
const SEED = Number(process.env['COUNTERSIGN_BOARD_SEED'] ?? Date.now() % 1_000_000_007);

describe('a board that people and agents move, for long', () => {
  let boards: Boards;
  before(async () => {
    boards = await Boards.open();
  });
  after(() => boards?.[Symbol.asyncDispose]());

  it(`goes as its documents say on ${BOARDS} boards, from seed ${SEED}`, () => boards.random({ seed: SEED, boards: BOARDS, steps: 60 }));

  it('is one board for all who act at once, ten times', async () => {
    for (let n = 0; n < 10; n++) await boards.atOnce(SEED + n, 60);
  });
});
