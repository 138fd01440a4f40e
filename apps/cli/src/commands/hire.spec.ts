import { expect } from 'expect';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it, mock } from 'node:test';
import { StandInGateway, type StandInAnswer } from '../testing/stand-in-gateway.js';
import { runCommand } from './index.js';

describe('team hire', () => {
  const TEAM = '0190a000-0000-7000-8000-000000000001';
  const bundle = { id: 'code-care', version: 7, title: 'Code care', monthly: { amountMicros: 45_000_000_000, currency: 'INR' } };
  let gateway: StandInGateway;
  let home: string;
  let hired: StandInAnswer;
  let asked: unknown[];
  before(async () => {
    home = mkdtempSync(join(tmpdir(), 'hire-'));
    mkdirSync(join(home, 'fleet'));
    gateway = await StandInGateway.start((method, { pathname }, { body }) => {
      if (method === 'GET') return { body: pathname === '/v1/bundles/code-care' ? bundle : {} };
      asked.push(JSON.parse(body));
      return hired;
    });
  });
  after(() => {
    gateway.stop();
    rmSync(home, { recursive: true });
  });

  const run = async (...words: string[]): Promise<{ out: string; err: string }> => {
    asked = [];
    const [log, error] = [mock.method(console, 'log', () => undefined), mock.method(process.stderr, 'write', () => true)];
    try {
      await runCommand(['team', 'hire', 'code-care', ...words, '--home', home, '--url', gateway.url]).catch((failure: unknown) => process.stderr.write(String(failure)));
      return { out: log.mock.calls.map(({ arguments: [line] }) => String(line)).join('\n'), err: error.mock.calls.map(({ arguments: [chunk] }) => String(chunk)).join('') };
    } finally {
      log.mock.restore();
      error.mock.restore();
    }
  };

  it('hires the version it shows, and says what that costs', async () => {
    hired = { body: { id: TEAM } };
    const { out, err } = await run('--mode', 'production');
    expect([out, asked]).toEqual([TEAM, [{ bundleId: 'code-care', bundleVersion: 7, mode: 'production' }]]);
    expect(err).toContain('Code care, version 7: ₹45,000.00 a month');
    expect((await run()).err).toContain('a trial costs nothing, then ₹45,000.00 a month');
  });

  it('hires nothing where the version that was looked at is not the newest any more', async () => {
    hired = { body: { id: TEAM } };
    expect(await run('--bundle-version', '6')).toMatchObject({ out: '', err: expect.stringContaining('in version 7 alone, not in "6"') });
    expect(asked).toEqual([]);
    expect((await run('--bundle-version', '7')).out).toBe(TEAM);
  });

  it('hires nothing at a price that was not shown: of what took its place meanwhile it says which version that is', async () => {
    hired = { status: 409, body: { code: 'bundle_superseded', title: 'Refused', detail: 'version 8 of code-care took the place of version 7; look at it and its price, then hire it' } };
    const { out, err } = await run();
    expect(out).toBe('');
    expect(err).toContain('version 8 of code-care');
  });
});
