import { expect } from 'expect';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort, until } from '@countersign/testing';
import { isRunning, markOf } from '../../../../scripts/lib/process-lock.mjs';
import { ManagedProcess, type ProcessSpec } from './managed-process.js';
import { firstFreePort } from './ports.js';
import { greets } from './nats.js';
import { createServer } from 'node:net';
import { once } from 'node:events';

const SERVER = `require('net').createServer((s) => s.end('INFO {}')).listen(+process.argv[1], '127.0.0.1')`;

describe('a part of the stack', () => {
  let folder = '';
  before(() => void (folder = mkdtempSync(join(tmpdir(), 'countersign-part-'))));
  after(() => rmSync(folder, { recursive: true }));

  const spec = (script: string, port: number): ProcessSpec => ({
    name: 'part',
    command: process.execPath,
    args: ['-e', script, String(port)],
    env: { PATH: process.env['PATH'] },
    logPath: join(folder, `${port}.log`),
    stopSignal: 'SIGTERM',
    stopMs: 2_000,
    readyMs: 60_000,
    isReady: () => greets(port),
  });

  it('is started again when it is killed', async () => {
    const port = await freePort();
    const part = new ManagedProcess(spec(SERVER, port), () => undefined);
    await part.start();
    const first = part.pid ?? 0;
    process.kill(first, 'SIGKILL');
    await until('it runs again', async () => part.pid !== first && (await greets(port)));
    const second = markOf(part.pid ?? 0);
    await part.stop();
    expect(isRunning(second)).toBe(false);
  });

  it('is ended by force when it does not end in time', async () => {
    const port = await freePort();
    const part = new ManagedProcess({ ...spec(`process.on('SIGTERM', () => {}); ${SERVER}`, port), stopMs: 200 }, () => undefined);
    await part.start();
    const mark = markOf(part.pid ?? 0);
    await part.stop();
    expect(isRunning(mark)).toBe(false);
  });

  it('is prepared before every start, and tried again when that fails', async () => {
    const port = await freePort();
    const failures = [false, true, true, false];
    let prepared = 0;
    const prepare = (): void => {
      prepared += 1;
      if (failures.shift()) mkdirSync(folder); // EEXIST
    };
    const part = new ManagedProcess({ ...spec(SERVER, port), prepare }, () => undefined);
    await part.start();
    process.kill(part.pid ?? 0, 'SIGKILL');
    await until('it runs again', async () => prepared >= 4 && (await greets(port)));
    expect(prepared).toBe(4);
    await part.stop();
  });

  it('is not started a second time because its number could not be written down', async () => {
    const port = await freePort();
    const started: (number | undefined)[] = [];
    const part: ManagedProcess = new ManagedProcess(spec(SERVER, port), () => {
      started.push(part.pid);
      if (started.length === 1) mkdirSync(folder); // EEXIST
    });
    await expect(part.start()).rejects.toMatchObject({ code: 'EEXIST' });
    await sleep(300);
    expect(started).toEqual([part.pid]);
    await part.stop();
  });

  it('that does not stay up is reported with the end of its log', async () => {
    const part = new ManagedProcess(spec(`throw new Error('no such key')`, await freePort()), () => undefined);
    await expect(part.start()).rejects.toMatchObject({ message: expect.stringContaining('does not stay up'), log: expect.stringContaining('no such key') });
    await part.stop();
  });
});

describe('ports', () => {
  it('that are taken are stepped over', async () => {
    const base = await freePort();
    const taken = createServer().listen(base, '127.0.0.1');
    await once(taken, 'listening');
    expect(await firstFreePort(base)).toBeGreaterThan(base);
    taken.close();
  });
});
