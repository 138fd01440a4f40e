import { expect } from 'expect';
import fc from 'fast-check';
import { describe, it } from 'node:test';
import { SubjectLine, type Numbered, type Taken } from './subject-line.js';

/** Handles a message only after its predecessor, as the cursor in the database does. */
function cursor(taken: number[]): (item: Numbered, outOfTurn: boolean) => Promise<Taken> {
  let last = 0;
  return ({ sequence }, outOfTurn) => {
    if (sequence > last + 1 && !outOfTurn) return Promise.resolve('early');
    last = Math.max(last, sequence);
    taken.push(sequence);
    return Promise.resolve('done');
  };
}

describe('the messages of one subject', () => {
  it('are handled in their order, in whatever order they arrive', async () => {
    await fc.assert(
      fc.asyncProperty(fc.shuffledSubarray([1, 2, 3, 4, 5, 6, 7, 8], { minLength: 8 }), async (arrivals) => {
        const taken: number[] = [];
        const line = new SubjectLine<Numbered>(cursor(taken));
        for (const sequence of arrivals) {
          void line.add({ sequence });
          await Promise.resolve();
        }
        await line.add({ sequence: 9 });
        expect(taken).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
      }),
      { numRuns: 200 },
    );
  });

  it('go on without a predecessor that does not come', async () => {
    const taken: number[] = [];
    const line = new SubjectLine<Numbered>(cursor(taken), 20);
    await Promise.all([line.add({ sequence: 3 }), line.add({ sequence: 2 }), line.add({ sequence: 5 })]);
    expect(taken).toEqual([2, 3, 5]);
  });

  it('are handled to the end when the process stops, but none is waited for', async () => {
    const taken: number[] = [];
    const line = new SubjectLine<Numbered>(cursor(taken));
    for (const sequence of [1, 2, 4]) void line.add({ sequence });
    await line.finish();
    expect(taken).toEqual([1, 2]);
    expect(line.empty).toBe(false);
  });
});
