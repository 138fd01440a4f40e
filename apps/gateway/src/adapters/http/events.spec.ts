import { EventEmitter, once } from 'node:events';
import { after, before, describe, it, mock } from 'node:test';
import { durableOf, publish } from '@countersign/bus';
import { effectFinished, effectStarted, goalChanged, instanceEvent, memberLogged, memberProgress, RunId, TaskId, taskAssigned, TeamId, uuidv7, type ApprovalId, type EffectId, type GoalId, type InstanceId } from '@countersign/contracts';
import { createService, type RunningService } from '@countersign/service';
import { serviceEnv, timed } from '@countersign/testing';
import { Database, json, sql } from '@countersign/database';
import { Module } from '@nestjs/common';
import { expect } from 'expect';
import { EventFeed } from '../../event-feed.js';
import { EventStream } from '../../testing/event-stream.js';
import { approvalOf, propose, seedDeliverable, seedProposal, seedTeamOf, type SeededWork } from '../../testing/seed-work.js';
import { startGatewayProcess } from '../../testing/gateway-process.js';
import { startGateway, type TestGateway } from '../../testing/start-gateway.js';
import { until } from '../../testing/until.js';
import { Identity } from './identity.js';
import type { GatewayRequest } from './operation.js';

@Module({})
class Silent {}

describe('live events', { concurrency: 1 }, () => {
  let gateway: TestGateway;
  let manager: RunningService;
  let gate: RunningService;
  let executor: RunningService;
  let fleet: RunningService;
  let ours: SeededWork;
  let theirs: SeededWork;
  before(async () => {
    gateway = await startGateway();
    [ours, theirs] = await Promise.all([seedTeamOf(gateway.database, 'asha'), seedTeamOf(gateway.database, 'ben')]);
    [manager, gate, executor, fleet] = await Promise.all((['manager-agent', 'spawn-gate', 'executor', 'fleet'] as const).map((service) => createService({ service, module: Silent, env: serviceEnv(service, gateway) }))) as [RunningService, RunningService, RunningService, RunningService];
  });
  after(async () => {
    await Promise.all([manager.close(), gate.close(), executor.close(), fleet.close()]);
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

  it("tell a member's words to the customer, and to platform staff only that there was progress", async () => {
    await using asha = await listen('asha', '?types=member.progress');
    await using ops = await listen('ops', '?types=member.progress');
    const progress = { epoch: 1, taskId: TaskId.next(), runId: RunId.next(), text: 'reading src/secret.js' };
    await fleet.app.get(Database).withTeam(ours.teamId, (tx) => {
      tx.ledgerOnly();
      publish(tx, memberProgress, { teamId: ours.teamId, memberId: ours.memberId }, progress);
      return Promise.resolve();
    });
    expect((await asha.next()).data).toMatchObject({ taskId: progress.taskId, text: progress.text });
    const { text: _, ...rest } = progress;
    expect((await ops.next()).data).toEqual({ ...rest, teamId: ours.teamId, memberId: ours.memberId });
    // of its log nobody is told more than that there is more
    await using reader = await listen('asha', '?types=member.logged');
    const { epoch, taskId, runId } = progress;
    await fleet.app.get(Database).withTeam(ours.teamId, (tx) => {
      tx.ledgerOnly();
      publish(tx, memberLogged, { teamId: ours.teamId, memberId: ours.memberId }, { epoch, taskId, runId });
      return Promise.resolve();
    });
    expect((await reader.next()).data).toEqual({ epoch, taskId, runId, teamId: ours.teamId, memberId: ours.memberId });
  });

  it('tell platform staff of the original’s events what they are about, and nobody’s words', async () => {
    const words = { justification: 'a secret', reason: 'a secret', error: 'a secret', said: { by: 'a secret' }, list: ['a secret'] };
    const facts = { missionID: 'mission-default', requestedRole: 'worker', code: 'spawn_denied_edge', tokensUsed: 3, budgetLimit: { max_steps: 3 }, requiresUserApproval: false, runID: null };
    const hear = async (persona: string, address: string): Promise<EventStream> => {
      const stream = await EventStream.open(`${gateway.url}${address}`, { authorization: `Bearer ${await gateway.token(persona)}` });
      expect(await stream.next()).toMatchObject({ data: { type: 'server.connected' } });
      return stream;
    };
    await using asha = await hear('asha', `/event?team=${ours.teamId}`);
    await using ops = await hear('ops', `/event?team=${ours.teamId}`);
    await using guardian = await hear('guardian', '/global/event');
    await gate.app.get(Database).withTeam(ours.teamId, (tx) => {
      tx.ledgerOnly();
      tx.write(sql`select sec.emit(array['agent_team.spawn.denied'], array[${json({ ...facts, ...words })}::jsonb])`);
      return Promise.resolve();
    });
    expect((await asha.next()).data).toEqual({ type: 'agent_team.spawn.denied', properties: { ...facts, ...words } });
    for (const stream of [ops, guardian]) expect((await stream.next()).data).toEqual({ type: 'agent_team.spawn.denied', properties: facts });
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
    await gateway.device('asha'); // whom nobody can ring is escalated at once, which rings here as well
    await using asha = await listen('asha', '?types=approval.changed');
    const id = await approvalOf(gateway.database, await seedProposal(gateway.database, ours));
    expect((await asha.next()).data).toMatchObject({ approvalId: id, state: 'pending' });
    const { digest } = (await gateway.call('asha', 'GET', `/v1/approvals/${id}`)).body as { digest: string };
    const assertion = await gateway.sign('asha', id, digest);
    await gateway.call('asha', 'POST', `/v1/approvals/${id}/decision`, { body: { decision: 'approve', digest, assertion }, headers: { 'if-match': '"1"' } });
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

  it('lose nothing for a listener who heard of nothing before its stream ended', async () => {
    const quiet = await listen('asha');
    const place = await quiet.place();
    await quiet[Symbol.asyncDispose]();
    const goalId = await goalMoved(ours.teamId);
    await using back = await listen('asha', '?types=goal.changed', place);
    expect(await back.next()).toMatchObject({ type: 'goal.changed', data: { goalId } });
  });

  it('leave nothing behind of a listener that left while it was looked up who it is', async () => {
    const { app } = gateway.running;
    const [identity, feed] = [app.get(Identity), app.get(EventFeed)];
    const headers = { authorization: `Bearer ${await gateway.token('genesis')}` };
    const opened = async (): Promise<string> => /^countersign_event_listeners (\d+)$/m.exec((await gateway.call(undefined, 'GET', '/metrics')).body as string)![1]!;
    const [before, listeners] = [await opened(), feed.size];
    const look = mock.method(identity, 'of', async (request: GatewayRequest) => {
      const session = await Identity.prototype.of.call(identity, request);
      arrived.emit('arrived');
      if (!request.raw.socket.destroyed) await once(request.raw.socket, 'close');
      await new Promise(setImmediate);
      return session;
    });
    const arrived = new EventEmitter();
    for (const address of ['/v1/events', '/event', '/global/event']) {
      const stop = new AbortController();
      const [answer] = await Promise.all([fetch(`${gateway.url}${address}`, { headers, signal: stop.signal }).catch((error: unknown) => error), once(arrived, 'arrived').then(() => stop.abort())]);
      expect(answer).toMatchObject({ name: 'AbortError' });
    }
    look.mock.restore();
    for (let n = 0; n < 3; n++) await gateway.call('genesis', 'GET', '/v1/me'); // what was begun for those who left has been done by now
    await until(async () => (await opened()) === before && feed.size === listeners, 'that nothing is left of them');
  });

  it('end when the gateway stops, and do not hold it up', async () => {
    const other = await startGateway({}, { database: gateway.database, nats: gateway.nats });
    await using stream = await EventStream.open(`${other.url}/v1/events`, { authorization: `Bearer ${await other.token('asha')}` });
    const { tookMs, lostMs } = await timed(async () => {
      const ended = expect(stream.next()).rejects.toThrow('the stream ended');
      await other.close();
      await ended;
    }, () => gateway.database.touch());
    expect(tookMs - lostMs).toBeLessThan(10_000);
  });

  it("tell every turn of an approval's life", async () => {
    const team = await seedTeamOf(gateway.database, 'asha');
    await using asha = await listen('asha', `?types=approval.changed&team=${team.teamId}`);
    const turn = async (): Promise<[unknown, unknown]> => {
      const { data } = await asha.next();
      return [data['approvalId'], data['state']];
    };
    const first = await seedProposal(gateway.database, team);
    const old = await approvalOf(gateway.database, first);
    expect(await turn()).toEqual([old, 'pending']);
    await gateway.database.admin(`update app.goal set state = 'running' where id = $1`, [first.goalId]);
    const second = await seedDeliverable(gateway.database, team, { 'src/b.js': 'b' }, first.goalId, 2);
    await propose(gateway.database, second);
    const newer = await approvalOf(gateway.database, second);
    expect([await turn(), await turn()]).toEqual([[old, 'superseded'], [newer, 'pending']]);
    await gateway.database.admin('update app.approval set due_at = clock_timestamp() where id = $1', [newer]);
    expect(await turn()).toEqual([newer, 'expired']);
    const stopped = await seedProposal(gateway.database, team);
    const asked = await approvalOf(gateway.database, stopped);
    expect(await turn()).toEqual([asked, 'pending']);
    await gateway.database.admin(`update app.goal set state = 'cancelled' where id = $1`, [stopped.goalId]);
    expect(await turn()).toEqual([asked, 'withdrawn']);
    const effect = { epoch: 1, approvalId: uuidv7() as ApprovalId, effectId: uuidv7() as EffectId, goalId: stopped.goalId };
    const told = (send: (tx: Parameters<Parameters<Database['withTeam']>[1]>[0]) => void): Promise<void> =>
      executor.app.get(Database).withTeam(team.teamId, (tx) => Promise.resolve([tx.ledgerOnly(), send(tx)]).then(() => undefined));
    await told((tx) => publish(tx, effectStarted, { teamId: team.teamId }, effect));
    expect(await turn()).toEqual([effect.approvalId, 'executing']);
    for (const [state, seen] of [['executed', 'executed'], ['unknown', 'unknown'], ['refused', 'failed']] as const) {
      await told((tx) => publish(tx, effectFinished, { teamId: team.teamId }, { ...effect, state }));
      expect(await turn()).toEqual([effect.approvalId, seen]);
    }
  });

  it('reach the listeners of every copy of the gateway, whichever copy had the message or the decision', async () => {
    const team = await seedTeamOf(gateway.database, 'asha');
    await using other = await startGateway({}, { database: gateway.database, nats: gateway.nats });
    await using here = await listen('asha', `?team=${team.teamId}`);
    await using there = await EventStream.open(`${other.url}/v1/events?team=${team.teamId}`, { authorization: `Bearer ${await other.token('asha')}` });
    const goals: GoalId[] = [];
    for (let n = 0; n < 12; n++) goals.push(await goalMoved(team.teamId));
    for (const stream of [here, there]) {
      const seen: unknown[] = [];
      for (let n = 0; n < goals.length; n++) seen.push((await stream.next()).data['goalId']);
      expect([...seen].sort()).toEqual([...goals].sort());
    }
    const id = await approvalOf(gateway.database, await seedProposal(gateway.database, team));
    for (const stream of [here, there]) expect(await stream.next()).toMatchObject({ type: 'approval.changed', data: { approvalId: id, state: 'pending' } });
    await other.device('asha');
    const { digest } = (await other.call('asha', 'GET', `/v1/approvals/${id}`)).body as { digest: string };
    const assertion = await other.sign('asha', id, digest);
    expect((await other.call('asha', 'POST', `/v1/approvals/${id}/decision`, { body: { decision: 'approve', digest, assertion }, headers: { 'if-match': '"1"' } })).status).toBe(201);
    for (const stream of [here, there]) expect(await stream.next()).toMatchObject({ type: 'approval.changed', data: { approvalId: id, state: 'approved' } });
  });

  it('reach a listener at a copy in a process of its own, and from there those here', async () => {
    const team = await seedTeamOf(gateway.database, 'asha');
    await using other = await startGatewayProcess(gateway);
    await using here = await listen('asha', `?team=${team.teamId}`);
    await using there = await EventStream.open(`${other.url}/v1/events?team=${team.teamId}`, { authorization: `Bearer ${await other.token('asha')}` });
    const goals: GoalId[] = [];
    for (let n = 0; n < 8; n++) goals.push(await goalMoved(team.teamId)); // each message goes to one of the two
    for (const stream of [here, there]) {
      const seen: unknown[] = [];
      for (let n = 0; n < goals.length; n++) seen.push((await stream.next()).data['goalId']);
      expect([...seen].sort()).toEqual([...goals].sort());
    }
  });

  it('are not taken from what another service has the broker deliver on their subject', async () => {
    const { teamId, memberId } = ours;
    await using asha = await listen('asha', `?team=${teamId}`);
    const [fleet, author] = [await gateway.nats.as('fleet'), await gateway.nats.as('manager-agent')];
    const forged = JSON.stringify({ from: uuidv7(), type: 'goal.changed', data: { teamId, goalId: uuidv7() } });
    const durable = durableOf('fleet', taskAssigned);
    await fleet.manager.consumers.add('TEAM', { durable_name: durable, filter_subject: 'team.*.task_assignment.assigned.*', ack_policy: 'explicit', deliver_policy: 'new' });
    await author.jetstream.publish(`team.${teamId}.task_assignment.assigned.${memberId}`, forged);
    fleet.connection.publish(`$JS.API.CONSUMER.MSG.NEXT.TEAM.${durable}`, '1', { reply: 'live.gateway.feed' });
    await fleet.connection.flush();
    await until(async () => (await fleet.manager.consumers.info('TEAM', durable)).num_pending === 0, 'the delivery'); // to where the pull said
    const goalId = await goalMoved(teamId);
    expect(await asha.next()).toMatchObject({ type: 'goal.changed', data: { goalId } });
  });

  it('say that everything must be read anew after the broker was away', async () => {
    await using asha = await listen('asha', '?types=goal.changed');
    await gateway.nats.restart();
    expect((await asha.next()).type).toBe('resync');
    const goalId = await goalMoved(ours.teamId);
    expect(await asha.next()).toMatchObject({ data: { goalId } });
  });

  it('are open to a few streams per person at once', async () => {
    const streams = await Promise.all(Array.from({ length: 12 }, () => listen('ben')));
    await expect(listen('ben')).rejects.toThrow('429');
    for (const stream of streams) await stream[Symbol.asyncDispose]();
  });
});
