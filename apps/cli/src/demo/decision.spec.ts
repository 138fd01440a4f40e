import { expect } from 'expect';
import { describe, it, mock } from 'node:test';
import { ApiError } from '../api/api-error.js';
import { lookAgainIfMoved } from './decision.js';

const refused = (status: number): ApiError => new ApiError({ title: 'no', status, code: `http_${status}`, detail: 'decided meanwhile' });

describe('a key pressed in the demo', () => {
  it('that comes too late, or does not get through, leads to another look', async () => {
    const said = mock.method(process.stderr, 'write', () => true);
    try {
      for (const status of [409, 412, 503]) await lookAgainIfMoved(() => Promise.reject(refused(status)));
      expect(said.mock.calls.map(({ arguments: [chunk] }) => String(chunk))).toEqual(Array.from({ length: 3 }, () => expect.stringContaining('decided meanwhile; looking again')));
    } finally {
      said.mock.restore();
    }
  });

  it('that is refused ends it with the reason', async () => {
    await expect(lookAgainIfMoved(() => Promise.reject(refused(422)))).rejects.toMatchObject({ code: 'http_422' });
    await expect(lookAgainIfMoved(() => Promise.reject(new TypeError('a fault')))).rejects.toThrow('a fault');
  });
});
