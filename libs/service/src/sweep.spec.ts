import { expect } from 'expect';
import { EventEmitter, once } from 'node:events';
import { describe, it } from 'node:test';
import { Sweep } from './sweep.js';

describe('a sweep', () => {
  it('goes on after a turn that failed, one turn at a time, and ends when it is stopped', async () => {
    const events = new EventEmitter();
    const failures: object[] = [];
    let turns = 0;
    let running = 0;
    let most = 0;
    const work = async (): Promise<void> => {
      most = Math.max(most, ++running);
      await new Promise(setImmediate);
      running -= 1;
      if (++turns === 5) events.emit('enough');
      if (turns === 2) throw new Error('no');
    };
    const sweep = new Sweep('test', 1, work, { warn: (detail: object) => void failures.push(detail) } as unknown as ConstructorParameters<typeof Sweep>[3]);
    const enough = once(events, 'enough');
    sweep.start();
    await enough;
    await sweep.stop();
    const after = turns;
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect([turns, most, failures.length]).toEqual([after, 1, 1]);
  });
});
