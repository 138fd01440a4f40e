import { after, before, describe, it } from 'node:test';
import { InstanceId } from '@countersign/contracts';
import type { Logger } from '@countersign/service';
import { until } from '@countersign/testing';
import { expect } from 'expect';
import { pino } from 'pino';
import { GateBench, type BenchTeam } from '../../testing/gate-bench.js';
import { takeTurn } from './account-book.js';
import { Sweeper } from './sweep.js';

let gate: GateBench;
let team: BenchTeam;
let sweeper: Sweeper;
before(async () => {
  gate = await GateBench.open();
  team = await gate.team();
  sweeper = new Sweeper(gate.db.as('spawn-gate'), gate.endings, gate.approvals, gate.teams, pino({ level: 'silent' }));
});
after(() => gate.close());

/** Lets an instance's time be over, as if it had been started long ago. */
const overdue = (id: string, ms = 60_000) => gate.db.admin(`update app.instance set started_at = clock_timestamp() - $2 * interval '1 millisecond', deadline_at = clock_timestamp() where id = $1`, [id, ms]);

describe('the end of an instance', () => {
  it('books what was drawn, gives the rest back, and says so', async () => {
    const { instanceId, goalId } = await gate.worker(team, undefined, 'patches');
    await gate.end(team, instanceId, { tool_calls: 3, steps: 2, ms: 1_500, tokens: 9_999, usd_micros: 9_999 });
    expect(await gate.instance(instanceId)).toMatchObject({ state: 'completed', end_reason: 'done', ended_at: expect.any(Date) });
    expect(await gate.account(team, goalId)).toEqual({ tokens: '200000/0/0', steps: '400/0/2', tool_calls: '400/0/3', ms: '600000/0/1500', usd_micros: '2000000/0/0' });
    expect(await gate.account(team, instanceId)).toMatchObject({ steps: '2/0/2', tool_calls: '3/0/3', ms: '1500/0/1500' });
    const about = (await gate.entries(team)).filter(({ body }) => [body['instance_id'], body['hold_id']].includes(instanceId)).slice(2);
    expect(about.map(({ action, body }) => [action, body['spent']])).toEqual([['INSTANCE-ENDED', { ms: '1500', steps: '2', tool_calls: '3' }], ['BUDGET-RELEASED', { ms: '1500', steps: '2', tool_calls: '3' }]]);
    expect((await gate.events(team, instanceId)).at(-1)).toBe('instance.completed done');
  });

  it('comes once, however often it is reported', async () => {
    const { instanceId, goalId } = await gate.worker(team);
    await Promise.all([1, 2, 3].map(() => gate.end(team, instanceId, { steps: 2 })));
    await gate.end(team, instanceId, { steps: 9 }, 'failed');
    expect(await gate.instance(instanceId)).toMatchObject({ state: 'completed' });
    expect(await gate.account(team, goalId)).toMatchObject({ steps: '400/0/2' });
    expect((await gate.entries(team, 'INSTANCE-ENDED')).filter(({ body }) => body['instance_id'] === instanceId).length).toBe(1);
  });

  it('of somebody unknown is an error', async () => {
    await expect(gate.end(team, InstanceId.next())).rejects.toMatchObject({ code: 'not_found' });
    await expect((async () => gate.end(team, InstanceId.next(), { ms: -1 }))()).rejects.toMatchObject({ code: 'invalid_input' });
  });

  it('is not late because another team’s turn is taken', async () => {
    const [busy, calm] = [await gate.team(), await gate.team()];
    const [waits, ends] = [await gate.worker(busy), await gate.worker(calm)];
    for (const { instanceId } of [waits, ends]) await overdue(instanceId);
    const failures: unknown[] = [];
    let free!: () => void;
    const done = new Promise<void>((resolve) => { free = resolve; });
    let taken!: () => void;
    const isTaken = new Promise<void>((resolve) => { taken = resolve; });
    const turn = gate.db.as('spawn-gate').withTeam(busy.teamId, async (tx) => {
      await tx.read(takeTurn(tx));
      taken();
      await done;
    });
    await isTaken;
    const log = { error: (what: unknown) => failures.push(what) } as unknown as Logger;
    const round = new Sweeper(gate.db.as('spawn-gate'), gate.endings, gate.approvals, gate.teams, log).sweep();
    await until('the calm team’s instance has ended', async () => (await gate.instance(ends.instanceId))?.['state'] === 'cancelled');
    expect([(await gate.instance(waits.instanceId))?.['state'], failures]).toEqual(['running', []]);
    free();
    await Promise.all([turn, round]);
    expect(await gate.instance(waits.instanceId)).toMatchObject({ state: 'cancelled' });
  });

  it('comes by itself, soon after its time, in a gate that runs', async (t) => {
    const { instanceId } = await gate.worker(team);
    const gateRuns = new Sweeper(gate.db.as('spawn-gate'), gate.endings, gate.approvals, gate.teams, pino({ level: 'silent' }));
    gateRuns.onApplicationBootstrap();
    try {
      await gate.db.admin(`update app.instance set deadline_at = clock_timestamp() + interval '300 milliseconds' where id = $1`, [instanceId]);
      await until('its end', async () => (await gate.instance(instanceId))?.['state'] === 'cancelled');
    } finally {
      await gateRuns.onApplicationShutdown();
    }
    const [{ late }] = (await gate.db.admin<{ late: number }>(`select (extract(epoch from ended_at - deadline_at) * 1000)::int as late from app.instance where id = $1`, [instanceId])) as [{ late: number }];
    t.diagnostic(`ended ${late} ms after its time`);
    expect(late).toBeGreaterThanOrEqual(0);
  });

  it('comes from the gate itself when its time is over: cancelled, booked, told, so that the fleet ends the process', async () => {
    const { instanceId, goalId } = await gate.worker(team);
    const other = await gate.worker(team);
    await overdue(instanceId);
    await sweeper.sweep();
    await sweeper.sweep();
    await gate.endings.sweep(team.teamId, other.instanceId);
    expect(await gate.instance(instanceId)).toMatchObject({ state: 'cancelled', end_reason: 'max_duration_ms' });
    expect(await gate.instance(other.instanceId)).toMatchObject({ state: 'running' });
    expect((await gate.events(team, instanceId)).slice(2)).toEqual(['budget.exhausted max_duration_ms', 'instance.cancelled max_duration_ms']);
    const [, held, spent] = (await gate.account(team, goalId))['ms']!.split('/').map(Number);
    expect(held).toBe(0);
    expect(spent).toBeGreaterThanOrEqual(60_000);
    const entries = (await gate.entries(team)).filter(({ body }) => [body['instance_id'], body['account_id']].includes(instanceId)).map(({ action }) => action);
    expect(entries.slice(2)).toEqual(['BUDGET-EXHAUSTED', 'INSTANCE-ENDED']);
    expect(await gate.brokenAccounts()).toEqual([]);
  });

  it('by the gate leaves room for the supervisor’s last report: what was drawn is booked once, no time twice', async () => {
    const { instanceId, goalId } = await gate.worker(team, undefined, 'patches');
    await overdue(instanceId, 100_000);
    await sweeper.sweep();
    const booked = Number((await gate.account(team, goalId))['ms']!.split('/')[2]);
    await gate.end(team, instanceId, { tool_calls: 7, steps: 3, ms: booked + 500 }, 'failed');
    await gate.end(team, instanceId, { tool_calls: 7, steps: 3, ms: booked + 500 }, 'failed');
    expect(await gate.account(team, goalId)).toMatchObject({ tool_calls: '400/0/7', steps: '400/0/3', ms: `600000/0/${booked + 500}` });
    expect(await gate.instance(instanceId)).toMatchObject({ state: 'cancelled' });
    expect(await gate.brokenAccounts()).toEqual([]);
  });

  it('never comes to a manager by time', async () => {
    await sweeper.sweep();
    const [manager] = await gate.db.admin<{ state: string; deadline_at: Date | null }>(`select state, deadline_at from app.instance where team_id = $1 and task_id is null`, [team.teamId]);
    expect(manager).toEqual({ state: 'running', deadline_at: null });
  });
});

describe('the end of a goal', () => {
  it('gives what it did not spend back to the team, after its last instance', async () => {
    const its = await gate.team();
    const { instanceId, goalId } = await gate.worker(its);
    await sweeper.sweep();
    expect(await gate.account(its, goalId)).toMatchObject({ steps: '400/40/0' });
    await gate.end(its, instanceId, { steps: 5 });
    await gate.db.admin(`update app.goal set state = 'done' where id = $1`, [goalId]);
    await sweeper.sweep();
    await sweeper.sweep();
    expect(await gate.account(its, goalId)).toMatchObject({ steps: '5/0/5', tokens: '0/0/0' });
    expect(await gate.account(its, its.teamId)).toMatchObject({ steps: '8000/100/5', tokens: '4000000/40000/0' });
    const [released] = (await gate.entries(its, 'BUDGET-RELEASED')).filter(({ body }) => body['hold_id'] === goalId);
    expect(released?.body).toMatchObject({ account_id: its.teamId, spent: { steps: '5' } });
    expect(await gate.brokenAccounts()).toEqual([]);
  });
});

describe('work that nobody wants any more', () => {
  it('ends without a message: a cancelled task, or a goal that is over', async () => {
    const its = await gate.team();
    const [one, two, three] = [await gate.worker(its), await gate.worker(its), await gate.worker(its)];
    await gate.db.admin(`update app.goal set state = 'cancelled' where id = $1`, [one.goalId]);
    await gate.db.admin(`update app.task set state = 'cancelled' where id = $1`, [two.taskId]);
    await sweeper.sweep();
    const ends = await Promise.all([one, two, three].map(async ({ instanceId }) => (await gate.instance(instanceId))!['end_reason']));
    expect(ends).toEqual(['mission_cancelled', 'mission_cancelled', null]);
    expect(await gate.events(its, one.instanceId)).toContain('instance.cancelled mission_cancelled');
    await gate.endings.sweep(its.teamId, three.instanceId);
    expect(await gate.instance(three.instanceId)).toMatchObject({ state: 'running' });
    await sweeper.sweep();
    expect(await gate.account(its, one.goalId)).toMatchObject({ tokens: '0/0/0' });
    expect(await gate.brokenAccounts()).toEqual([]);
  });
});

describe('a manager', () => {
  it('is nothing the fleet could end or spend from', async () => {
    const [manager] = await gate.db.admin<{ id: InstanceId }>(`select id from app.instance where team_id = $1 and task_id is null`, [team.teamId]);
    await expect(gate.end(team, manager!.id)).rejects.toMatchObject({ code: 'not_a_worker' });
    await expect(gate.reserve(team, manager!.id, { tokens: 1 })).rejects.toMatchObject({ code: 'not_a_worker' });
    expect(await gate.instance(manager!.id)).toMatchObject({ state: 'running' });
  });
});

describe('a refused capability', () => {
  it('is recorded with its code, once per report', async () => {
    const { instanceId } = await gate.worker(team);
    const report = { teamId: team.teamId, instanceId, code: 'syscall_denied', tool: 'worker', reason: 'the sandbox refuses this system call', what: 'socket', denialId: crypto.randomUUID() };
    expect(await Promise.all([gate.endings.deny(report), gate.endings.deny(report)])).toEqual([{ ok: true }, { ok: true }]);
    await gate.endings.deny({ ...report, denialId: crypto.randomUUID(), code: 'tool_not_allowed', tool: 'bash', reason: 'not granted', what: 'bash id' });
    const entries = (await gate.entries(team, 'CAPABILITY-DENIED')).filter(({ body }) => body['instance_id'] === instanceId);
    expect(entries.map(({ body, result }) => [body['code'], body['tool'], body['what'], result])).toEqual([['syscall_denied', 'worker', 'socket', 'denied'], ['tool_not_allowed', 'bash', 'bash id', 'denied']]);
    expect(await gate.db.admin(`select tool, reason from app.capability_denial where instance_id = $1 order by denied_at`, [instanceId])).toEqual([{ tool: 'worker', reason: report.reason }, { tool: 'bash', reason: 'not granted' }]);
    expect((await gate.events(team, instanceId)).slice(-2)).toEqual(['capability.denied syscall_denied', 'capability.denied tool_not_allowed']);
    await expect(gate.endings.deny({ ...report, instanceId: InstanceId.next() })).rejects.toMatchObject({ code: 'not_found' });
  });
});
