import { expect } from 'expect';
import { describe, it } from 'node:test';
import { optionsOf } from './simulated/options.js';
import { Play } from './simulated/play.js';
import { Runs } from './suspended-simulated.js';

const RUNS = 200;
/** Plays this one alone, and prints its record. */
const seed = process.env['COUNTERSIGN_SUSPENDED_SEED'];

describe('a team that is stopped in the middle, with simulated clock and bus in front of the rules', () => {
  if (seed === undefined) {
    it(`leaves no agent, begins no effect late, loses no question and no yes, tells the customer once, and ends each goal once: in ${RUNS} runs, at every moment of its work`, (t) => {
      const runs = Runs.of(RUNS);
      t.diagnostic(runs.words());
      runs.metAll();
    });

    it('goes the same way again for the same seed', () => {
      const [once, again] = [17, 17].map((same) => new Play(optionsOf(same)));
      once!.run();
      again!.run();
      expect(once!.record().length).toBeGreaterThan(20);
      expect(again!.record()).toEqual(once!.record());
    });
  } else {
    it(`goes its way for the seed ${seed}`, () => {
      const play = new Play(optionsOf(Number(seed)));
      try {
        play.run();
      } finally {
        console.log(play.record().join('\n'));
      }
    });
  }
});
