import { after, before, describe, it } from 'node:test';
import { Boards } from './boards.js';

/** A fault shows again with the same seed. */
const SEED = Number(process.env['COUNTERSIGN_BOARD_SEED'] ?? 111);

describe('a board that people and agents move', () => {
  let boards: Boards;
  before(async () => {
    boards = await Boards.open();
  });
  after(() => boards?.[Symbol.asyncDispose]());

  it('goes as its documents say, whatever is done in whatever order: after each step and each reload people see what the model says, and what the history says', () => boards.random({ seed: SEED, boards: 4, steps: 42 }));

  it('is one board for two people and three agents who act at once: after everybody has loaded it anew they agree, with each other and with the history', () => boards.atOnce(SEED, 16));
});
