import { after, before, describe, it } from 'node:test';
import { publish } from '@countersign/bus';
import { goalChanged, instanceEvent, TeamId, uuidv7, type GoalId, type InstanceId } from '@countersign/contracts';
import { createService, type RunningService } from '@countersign/service';
import { serviceEnv } from '@countersign/testing';
import { Database } from '@countersign/database';
import { Module } from '@nestjs/common';
import { expect } from 'expect';
import { EventStream } from '../../testing/event-stream.js';
import { approvalOf, seedProposal, seedTeamOf, type SeededWork } from '../../testing/seed-work.js';
import { startGateway, type TestGateway } from '../../testing/start-gateway.js';

@Module({})
class Silent {}

describe('live events', { concurrency: 1 }, () => {
  let gateway: TestGateway;
  let manager: RunningService;
  let gate: RunningService;
  let ours: SeededWork;
  let theirs: SeededWork;
  before(async () => {
    gateway = await startGateway();
    [ours, theirs] = await Promise.all([seedTeamOf(gateway.database, 'asha'), seedTeamOf(gateway.database, 'ben')]);
    [manager, gate] = await Promise.all((['manager-agent', 'spawn-gate'] as const).map((service) => createService({ service, module: Silent, env: serviceEnv(service, gateway) }))) as [RunningService, RunningService];
  });
  after(async () => {
    await Promise.all([manager.close(), gate.close()]);
    await gateway.close();
  });

  const listen = async (persona: string, query = '', lastEventId?: string): Promise<EventStream> =>
    EventStream.open(`${gateway.url}/v1/events${query}`, { authorization: `Bearer ${await gateway.token(persona)}`, ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId }) });
  const goalMoved = async (teamId: TeamId): Promise<GoalId> => {
    const goalId = uuidv7() as GoalId;
    await manager.app.get(Database).withTeam(teamId, (tx) => {
      tx.ledgerOnly();
      publish(tx, goalChanged, { teamId }, { epoch: 1, goalId });
      return Promise.resolve();
    });
    return goalId;
  };

  it('tell a customer what changed in their own teams, and nothing of others', async () => {
    await using asha = await listen('asha');
    await goalMoved(theirs.teamId);
    const goalId = await goalMoved(ours.teamId);
    expect(await asha.next()).toMatchObject({ type: 'goal.changed', data: { teamId: ours.teamId, goalId } });
  });

  it('tell platform staff of all teams', async () => {
    await using ops = await listen('ops', '?types=goal.changed');
    const goals = [await goalMoved(ours.teamId), await goalMoved(theirs.teamId)];
    expect(new Set([(await ops.next()).data['goalId'], (await ops.next()).data['goalId']])).toEqual(new Set(goals));
  });

  it('can be narrowed to types and to a team', async () => {
    const mine = await seedTeamOf(gateway.database, 'asha');
    await using budgets = await listen('asha', '?types=budget.changed,instance.event');
    await using one = await listen('asha', `?team=${mine.teamId}`);
    await goalMoved(ours.teamId);
    const goalId = await goalMoved(mine.teamId);
    await gate.app.get(Database).withTeam(ours.teamId, (tx) => {
      tx.ledgerOnly();
      publish(tx, instanceEvent, { teamId: ours.teamId }, { epoch: 1, instanceId: uuidv7() as InstanceId, event: 'instance.started' });
      return Promise.resolve();
    });
    expect((await one.next()).data).toMatchObject({ goalId });
    expect([(await budgets.next()).type, (await budgets.next()).type]).toEqual(['instance.event', 'budget.changed']);
  });

  it('ring when a person is asked, and when they have decided', async () => {
    await using asha = await listen('asha', '?types=approval.changed');
    const id = await approvalOf(gateway.database, await seedProposal(gateway.database, ours));
    expect((await asha.next()).data).toMatchObject({ approvalId: id, state: 'pending' });
    await gateway.device('asha');
    const { digest } = (await gateway.call('asha', 'GET', `/v1/approvals/${id}`)).body as { digest: string };
    await gateway.call('asha', 'POST', `/v1/approvals/${id}/decision`, { body: { decision: 'approve', digest }, headers: { 'if-match': '"1"' } });
    expect((await asha.next()).data).toMatchObject({ approvalId: id, state: 'approved' });
  });

  it('go on where a listener left off, or say that everything must be read anew', async () => {
    await using before = await listen('asha', '?types=goal.changed');
    await goalMoved(ours.teamId);
    const first = await before.next();
    const missed = [await goalMoved(ours.teamId), await goalMoved(ours.teamId)];
    await Promise.all([before.next(), before.next()]);
    await using back = await listen('asha', '?types=goal.changed', first.id);
    const [second, third] = [await back.next(), await back.next()];
    expect([second.data['goalId'], third.data['goalId']]).toEqual(missed);
    expect(Number(first.id) < Number(second.id) && Number(second.id) < Number(third.id)).toBe(true);
    for (const stale of ['1', 'x', '9'.repeat(16)]) {
      await using lost = await listen('asha', '', stale);
      expect((await lost.next()).type).toBe('resync');
    }
  });

  it('end when the gateway stops, and do not hold it up', async () => {
    const other = await startGateway({}, { database: gateway.database, nats: gateway.nats });
    await using stream = await EventStream.open(`${other.url}/v1/events`, { authorization: `Bearer ${await other.token('asha')}` });
    const began = performance.now();
    const ended = expect(stream.next()).rejects.toThrow('the stream ended');
    await other.close();
    await ended;
    expect(performance.now() - began).toBeLessThan(10_000);
  });

  it('are open to a few streams per person at once', async () => {
    const streams = await Promise.all(Array.from({ length: 12 }, () => listen('ben')));
    await expect(listen('ben')).rejects.toThrow('429');
    for (const stream of streams) await stream[Symbol.asyncDispose]();
  });
});
