import { expect } from 'expect';
import { describe, it } from 'node:test';
import { RunLog } from './run-log.js';

describe('what is kept of what a worker says', () => {
  it('holds no line of a secret of several lines, and no part of one at the place where a line is cut', () => {
    const log = new RunLog();
    log.hide('-----BEGIN KEY-----\nMIIEvQIBADANBgkq\n{\nq83Pt7lZ0a==\n-----END KEY-----\n');
    for (const line of ['got MIIEvQIBADANBgkq', '{', `${'x'.repeat(1990)} q83Pt7lZ0a==`]) log.add('stderr', line);
    expect(log.unwritten.map(({ line }) => line)).toEqual(['got [redacted]', '{', `${'x'.repeat(1990)} [redacted`]);
  });

  it('is held until it is written: what comes meanwhile too', () => {
    const log = new RunLog();
    log.add('log', 'one');
    const first = log.unwritten;
    log.add('log', 'two');
    expect(log.unwritten.map(({ seq }) => seq)).toEqual([1, 2]); // the write of the first failed
    log.written(first.length);
    expect(log.unwritten.map(({ line }) => line)).toEqual(['two']);
  });
});
