import { expect } from 'expect';
import { setImmediate } from 'node:timers/promises';
import { describe, it } from 'node:test';
import { Foreseen } from './foreseen.js';

const at = (id: string, decided: number) => ({ id, decidedAt: new Date(decided) });

describe('what waits for its time', () => {
  it('is looked at once as it was decided, and anew when it is decided anew or comes back', () => {
    const [foreseen, looks] = [new Foreseen<string>(), [] as string[]];
    const sweep = (...waiting: ReturnType<typeof at>[]): void => foreseen.sweep(waiting, (id) => { looks.push(id); return Promise.resolve(true); });
    sweep(at('a', 1), at('b', 1));
    sweep(at('a', 1), at('b', 1));
    expect(looks).toEqual(['a', 'b']);
    sweep(at('a', 2), at('b', 1));
    expect(looks).toEqual(['a', 'b', 'a']);
    sweep(at('a', 2));
    sweep(at('a', 2), at('b', 1));
    expect(looks).toEqual(['a', 'b', 'a', 'b']);
  });

  it('is looked at again until a look comes to an end, one at a time', async () => {
    const [foreseen, ends] = [new Foreseen<string>(), [] as ((done: boolean) => void)[]];
    const sweep = async (): Promise<number> => {
      foreseen.sweep([at('a', 1)], () => new Promise((resolve) => { ends.push(resolve); }));
      await setImmediate();
      return ends.length;
    };
    expect([await sweep(), await sweep()]).toEqual([1, 1]);
    ends[0]!(false);
    await setImmediate();
    expect(await sweep()).toBe(2);
    ends[1]!(true);
    await setImmediate();
    expect(await sweep()).toBe(2);
  });
});
