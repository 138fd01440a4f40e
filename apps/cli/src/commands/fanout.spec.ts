import { expect } from 'expect';
import { describe, it } from 'node:test';
import { readCall } from './command.js';
import { fanout } from './fanout.js';

describe('agent fanout', () => {
  const run = async (...words: string[]): Promise<unknown> => fanout.run(readCall(fanout, words, []));

  it('takes a number of places from 1 to 16 and asks nobody for another', async () => {
    for (const word of ['0', '17', '-1', '2.5', '1e1', '4 ', '04x']) await expect(run('--', word, 'a goal')).rejects.toMatchObject({ code: 'usage', message: expect.stringContaining('from 1 to 16') });
    await expect(run('many', 'a goal')).rejects.toMatchObject({ code: 'usage', message: expect.stringContaining('not "many"') });
  });

  it('wants a goal in words, and one only', async () => {
    for (const words of [[' '], ['3', '']]) await expect(run(...words)).rejects.toMatchObject({ code: 'usage', message: 'which goal?' });
    await expect(run('3', 'a goal', '--goal', '018f')).rejects.toMatchObject({ code: 'usage', message: expect.stringContaining('one that is there') });
    await expect(run('3', 'a', 'goal')).rejects.toMatchObject({ code: 'usage' });
  });
});
