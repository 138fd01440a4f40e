import { LocalStack, until } from '@countersign/testing';
import { expect } from 'expect';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { isRunning, markOf } from '../../../../scripts/lib/process-lock.mjs';
import { greets } from './nats.js';

interface Status {
  readonly running: boolean;
  readonly parts: readonly { readonly name: string; readonly pid: number; readonly running: boolean; readonly health?: string }[];
}

describe('the local stack', () => {
  let home = '';
  let stack: LocalStack;
  const env = { COUNTERSIGN_SERVICES: 'notary' };
  const users = readFileSync('/etc/passwd', 'utf8');

  before(async () => {
    home = mkdtempSync(join(tmpdir(), 'countersign-stack-'));
    stack = await LocalStack.start({ home, env });
  });
  after(async () => {
    await stack.close();
    rmSync(home, { recursive: true, force: true });
  });

  const status = async (): Promise<Status> => JSON.parse((await stack.cli('status', '--json')).stdout) as Status;

  it('says where everything is', async () => {
    expect(stack.url).toMatch(/^http:\/\/localhost:\d+$/);
    expect(stack.databaseUrl).toMatch(/^postgres:\/\//);
    expect(stack.natsUrl).toMatch(/^nats:\/\/127\.0\.0\.1:/);
    expect(await status()).toMatchObject({ running: true });
  });

  it('is alone on its home', async () => {
    const second = await stack.cli('up', '--port', '0');
    expect(second).toMatchObject({ code: 1, stderr: expect.stringContaining('already running') });
    expect(await status()).toMatchObject({ running: true });
  });

  it('heals a Postgres and a nats-server that are killed', async () => {
    await stack.killAndHeal('postgres');
    await stack.killAndHeal('nats');
    expect(await status()).toMatchObject({ running: true });
  });

  it('makes anew what a part needs and somebody has deleted, for the user that needs it', async () => {
    const owner = (folder: string): number => statSync(join(home, folder)).uid;
    const before = owner('js');
    for (const folder of ['js', 'logs', 'keys', join('run', 'pg')]) rmSync(join(home, folder), { recursive: true });
    for (const part of ['nats', 'postgres', 'notary']) await stack.killAndHeal(part);
    const { hostname, port } = new URL(stack.natsUrl);
    await until('nats greets again', () => greets(Number(port), hostname));
    await until('postgres answers again', async () => (await stack.sql('select 1')).length === 1);
    await until('everything is well', async () => (await status()).parts.every(({ running, health }) => running && health !== 'not ready'));
    expect(owner('js')).toBe(before);
    expect(readdirSync(join(home, 'logs')).sort()).toEqual(['nats.log', 'notary.log', 'postgres.log']);
  });

  it('leaves no process behind when its launcher is killed, and starts again on the same data', async () => {
    const marks = (await status()).parts.map(({ pid }) => markOf(pid));
    process.kill(await supervisor(), 'SIGKILL');
    await until('every part is gone', () => !marks.some(isRunning));
    await stack.close();
    stack = await LocalStack.start({ home, env });
    expect(marks.filter(isRunning)).toEqual([]);
    expect(await status()).toMatchObject({ running: true });
  });

  it('changes nothing on the machine that belongs to others', () => {
    expect(readFileSync('/etc/passwd', 'utf8')).toBe(users);
  });

  it('goes on by itself when it is detached, until it is ended', async () => {
    await stack.close();
    const up = await stack.cli('up', '--detach', '--json', '--port', '0');
    expect([up.code, JSON.parse(up.stdout)]).toEqual([0, { url: expect.any(String), databaseUrl: expect.any(String), natsUrl: expect.any(String), home, pids: expect.objectContaining({ notary: expect.any(Number) }), personas: expect.arrayContaining(['asha']) }]);
    expect(await status()).toMatchObject({ running: true });
    expect(await stack.cli('down')).toMatchObject({ code: 0 });
    expect(await stack.cli('status')).toMatchObject({ code: 1 });
  });

  it('ends completely, and can be deleted', async () => {
    stack = await LocalStack.start({ home, env });
    const marks = (await status()).parts.map(({ pid }) => markOf(pid));
    expect(await stack.cli('reset')).toMatchObject({ code: 2, stderr: expect.stringContaining('--yes') });
    expect(await stack.cli('reset', '--yes')).toMatchObject({ code: 0 });
    expect(marks.filter(isRunning)).toEqual([]);
    expect(existsSync(home)).toBe(false);
  });

  async function supervisor(): Promise<number> {
    const { stdout } = await stack.cli('status', '--json');
    return (JSON.parse(stdout) as { pids: { supervisor: number } }).pids.supervisor;
  }
});
