import { expect } from 'expect';
import { describe, it } from 'node:test';
import { readCall } from './command.js';
import { fanout } from './fanout.js';

describe('agent fanout', () => {
  it('takes a number of places from 1 to 16 and asks nobody for another', async () => {
    for (const word of ['0', '17', '-1', '2.5', '1e1', ' 4', '04x']) {
      await expect(async () => fanout.run(readCall(fanout, ['--', word], []))).rejects.toMatchObject({ code: 'usage', message: expect.stringContaining('from 1 to 16') });
    }
  });
});
