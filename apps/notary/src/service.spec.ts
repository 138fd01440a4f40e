import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';

import { auditor, openCheckpoint, parseVkey, serviceKey } from '@countersign/audit';
import { CommandClient } from '@countersign/bus';
import { checkpoint, type TeamId } from '@countersign/contracts';
import { freePort, seedTeam, serviceEnv, testDatabase, testNats, until, type TestDatabase, type TestNats } from '@countersign/testing';
import { expect } from 'expect';

const MAIN = fileURLToPath(new URL('../../../dist/notary.js', import.meta.url));
const audit = auditor({ service: 'spawn-gate', key: serviceKey(Buffer.alloc(32, 3)) });
let database: TestDatabase;
let nats: TestNats;
const children: ChildProcess[] = [];

beforeEach(async () => {
  [database, nats] = await Promise.all([testDatabase(), testNats()]);
});
afterEach(async () => {
  for (const child of children.splice(0)) if (child.exitCode === null) child.kill('SIGKILL');
  await nats.close();
  await database.close();
});

interface Running {
  readonly child: ChildProcess;
  readonly env: Record<string, string>;
  health(): Promise<{ status: number; body: Record<string, unknown> }>;
}

/** The notary as the launcher starts it: its own process, told everything through its environment. */
async function start(given?: Record<string, string>): Promise<Running> {
  const env = { ...(given ?? serviceEnv('notary', { database, nats })), HEALTH_PORT: String(await freePort()) };
  const child = spawn(process.execPath, [MAIN], { env: { PATH: process.env['PATH'], ...env }, stdio: ['ignore', 'ignore', 'pipe'] });
  children.push(child);
  const health = async () => {
    const response = await fetch(`http://127.0.0.1:${env.HEALTH_PORT}/healthz`);
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };
  return { child, env, health };
}

const answering = (notary: Running, status: number) =>
  until(`an answer ${status}`, async () => {
    const answer = await notary.health();
    return answer.status === status ? answer : undefined;
  });

async function write(teamId: TeamId, entries: number): Promise<void> {
  await database.as('spawn-gate').withTeam(teamId, async (tx) => {
    for (let turn = 0; turn < entries; turn += 1) await audit(tx, 'CAPABILITY-DENIED', { instance_id: teamId, code: 'x', what: 'test' });
  });
}

const signedSizes = async (teamId: TeamId): Promise<string> => (await database.admin<{ sizes: string }>(`select coalesce(string_agg(size::text, ',' order by size), '') as sizes from audit.checkpoint where team_id = $1`, [teamId]))[0]!.sizes;

describe('the notary as a process', () => {
  it('signs by itself, answers the gateway at once, survives a kill, and stops in good order', async () => {
    const { teamId } = await seedTeam(database);
    await write(teamId, 3);
    const first = await start();
    await answering(first, 200);
    await until('the first head', async () => (await signedSizes(teamId)) === '3');
    await write(teamId, 2);
    const gateway = new CommandClient(await nats.as('gateway'), 60_000);
    const reply = await gateway.request(checkpoint, { teamId });
    expect(reply).toMatchObject({ ok: true, code: 'ok', size: 5 });
    expect(openCheckpoint(reply.note!, parseVkey(reply.vkey!)).size).toBe(5);
    first.child.kill('SIGKILL');
    await once(first.child, 'exit');
    await write(teamId, 1);
    const second = await start(first.env);
    await answering(second, 200);
    expect(await gateway.request(checkpoint, { teamId })).toMatchObject({ ok: true, size: 6, vkey: reply.vkey! });
    second.child.kill('SIGTERM');
    expect(await once(second.child, 'exit')).toEqual([0, null]);
    expect(await signedSizes(teamId)).toBe('3,5,6');
  });

  it('does not start a second time on the same record', async () => {
    const first = await start();
    await answering(first, 200);
    const second = await start(first.env);
    const said: Buffer[] = [];
    second.child.stderr!.on('data', (chunk: Buffer) => said.push(chunk));
    expect(await once(second.child, 'close')).toEqual([1, null]); // all that it said is here by then
    expect(Buffer.concat(said).toString()).toContain('another notary holds');
    expect((await first.health()).status).toBe(200);
    first.child.kill('SIGTERM');
    await once(first.child, 'exit');
  });

  it('says on its health page whose history was rewritten, and goes on signing for the others', async () => {
    const [bad, good] = [await seedTeam(database), await seedTeam(database)];
    await write(bad.teamId, 4);
    const first = await start();
    await until('the first head', async () => (await signedSizes(bad.teamId)) === '4');
    first.child.kill('SIGTERM');
    await once(first.child, 'exit');
    await database.admin(`begin; set local session_replication_role = replica; delete from audit.entry where team_id = '${bad.teamId}' and seq = 2; commit`);
    const second = await start(first.env);
    const { status, body } = await until('that it says so', async () => {
      const answer = await second.health();
      return JSON.stringify(answer.body).includes('history_rewritten') ? answer : undefined;
    });
    expect(status).toBe(503);
    expect(body['problems']).toMatchObject({ [`chain ${bad.teamId}`]: 'history_rewritten: gap at seq 2' });
    await write(good.teamId, 2);
    await until('the other’s head', async () => (await signedSizes(good.teamId)) === '2');
    const gateway = new CommandClient(await nats.as('gateway'), 60_000);
    expect(await gateway.request(checkpoint, { teamId: bad.teamId })).toEqual({ ok: false, code: 'history_rewritten', seq: 2 });
    second.child.kill('SIGTERM');
    await once(second.child, 'exit');
  });
});
