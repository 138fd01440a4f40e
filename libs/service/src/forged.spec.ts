import { answersOf, CommandClient, durableOf, inboxOf, STREAM, type Bus } from '@countersign/bus';
import { approvalDecided, commandSubject, effectFinished, MemberId, messages, RunId, spawn, subjectOf, TaskId, taskAssigned, teamChanged, type SpawnRequest } from '@countersign/contracts';
import { serviceEnv } from '@countersign/testing';
import { AckPolicy } from '@nats-io/jetstream';
import { headers } from '@nats-io/transport-node';
import { expect } from 'expect';
import { after, before, beforeEach, describe, it } from 'node:test';
import { createService, type RunningService } from './create-service.js';
import { GateProbeModule, gateProbe } from './testing/command-probe.js';
import { FleetProbeModule, probe, resetProbe } from './testing/fleet-probe.js';
import { assign, aTaskRef, House, until } from './testing/house.js';

/** An attacker holds the executor's credential and wants the fleet to work on a task of its own. */
describe('a message sent on through a reply subject', () => {
  let house: House;
  let fleet: RunningService;
  let executor: Bus;
  let provisioner: Bus;
  let target: string;
  const durable = durableOf('executor', approvalDecided);
  before(async () => {
    house = await House.open();
    fleet = await createService({ service: 'fleet', module: FleetProbeModule, env: serviceEnv('fleet', house) });
    executor = await house.nats.as('executor');
    provisioner = await house.nats.as('provisioner');
    target = subjectOf(taskAssigned, { teamId: house.team.teamId, memberId: house.team.memberId });
  });
  after(async () => {
    await fleet.close();
    await house.close();
  });
  beforeEach(resetProbe);

  const storedUnder = async (subject: string): Promise<number> => {
    const { state } = await provisioner.manager.streams.info(STREAM, { subjects_filter: subject });
    return state.subjects?.[subject] ?? 0;
  };
  /** After this one is handled, everything stored before it was seen by the durable. */
  const nothingButTheGenuine = async (): Promise<void> => {
    const manager = await house.sender('manager-agent');
    const id = await assign(manager, house.team);
    await until(() => house.marks(), (marks) => marks.some(({ message }) => message === id));
    expect(probe.seen.map(({ delivery }) => delivery.messageId)).toEqual([id]);
    expect((await house.marks()).filter(({ message }) => message !== id)).toEqual([]);
  };

  it('by a pull is stored under the subject its author wrote, and reaches no other durable', async () => {
    const gateway = await house.nats.as('gateway');
    const carried = headers();
    for (const [name, value] of [['ce-type', taskAssigned.name], ['ce-source', 'countersign/manager-agent'], ['ce-subject', target], ['ce-id', MemberId.next()], ['ce-sequence', '1']] as const) carried.set(name, value);
    const original = subjectOf(approvalDecided, { teamId: house.team.teamId });
    await gateway.jetstream.publish(original, JSON.stringify(aTaskRef()), { headers: carried });
    await executor.manager.consumers.add(STREAM, { durable_name: durable, filter_subject: 'team.*.approvals.decided', ack_policy: AckPolicy.Explicit });
    executor.connection.publish(`$JS.API.CONSUMER.MSG.NEXT.${STREAM}.${durable}`, JSON.stringify({ batch: 1, no_wait: true }), { reply: target });
    await executor.connection.flush();
    await until(() => storedUnder(original), (stored) => stored === 2);
    expect(await storedUnder(target)).toBe(0);
    await nothingButTheGenuine();
  });

  it('made of an answer of the broker is stored there, and dropped before any handler', async () => {
    const before = await storedUnder(target);
    executor.connection.publish(`$JS.API.CONSUMER.INFO.${STREAM}.${durable}`, '', { reply: target });
    await executor.connection.flush();
    await until(() => storedUnder(target), (stored) => stored === before + 1);
    await house.database.admin('truncate app.mark');
    await nothingButTheGenuine();
    // who tried it shows in the broker's own words, and stays on record for whoever judges it
    const [note] = await until(() => house.database.admin<{ error_text: string; subject: string }>(`select error_text, subject from app.dead_letter where team_id = $1 and error_code = 'forged_message'`, [house.team.teamId]), (rows) => rows.length === 1);
    expect(note).toEqual({ error_text: 'sent by executor', subject: target });
  });

  it('is no command either: a request whose reply is not below its caller\'s inbox is dropped', async () => {
    const gate = await createService({ service: 'spawn-gate', module: GateProbeModule, env: serviceEnv('spawn-gate', house) });
    house.onClose(() => gate.close());
    const asked: SpawnRequest[] = [];
    gateProbe.spawn = (request) => {
      asked.push(request);
      return Promise.resolve({ allowed: true, code: 'ok' });
    };
    const request = { teamId: house.team.teamId, taskId: TaskId.next(), runId: RunId.next(), sandboxLevel: 3 };
    const gateway = await house.nats.as('gateway');
    await gateway.jetstream.publish(subjectOf(approvalDecided, { teamId: house.team.teamId }), JSON.stringify(request));
    executor.connection.publish(`$JS.API.CONSUMER.MSG.NEXT.${STREAM}.${durable}`, JSON.stringify({ batch: 10, no_wait: true }), { reply: commandSubject(spawn) });
    executor.connection.publish(`$JS.API.CONSUMER.INFO.${STREAM}.${durable}`, '', { reply: commandSubject(spawn) });
    await executor.connection.flush();
    const genuine = { ...request, runId: RunId.next() };
    await new CommandClient(await house.nats.as('fleet')).request(spawn, genuine, { timeoutMs: 60_000 });
    expect(asked).toEqual([genuine]);
  });

  it('would need a service that reads what it writes itself, and there is none', () => {
    expect(messages().filter(({ author, consumers }) => consumers.includes(author))).toEqual([]);
  });

  it('cannot be had from a responder either: it may answer only where its caller awaits it, not as another service nor as the broker', async () => {
    const refused: string[] = [];
    const gate = await house.nats.as('spawn-gate');
    void (async () => {
      for await (const status of gate.connection.status()) if (status.type === 'error') refused.push(String(status.error));
    })();
    gate.connection.publish(target, '{}');
    gate.connection.publish(`${inboxOf('executor')}.x`, '{}');
    gate.connection.publish(subjectOf(effectFinished, { teamId: house.team.teamId }), '{}');
    gate.connection.publish(`${answersOf('fleet', 'spawn-gate')}.x`, '{}');
    const elsewhere = [answersOf('gateway', 'manager-agent'), answersOf('gateway', 'executor'), inboxOf('gateway'), inboxOf('fleet')].map((below) => `${below}.x`);
    for (const subject of elsewhere) gate.connection.publish(subject, '{}');
    gate.connection.publish(subjectOf(teamChanged, { teamId: house.team.teamId }), '{}');
    await gate.connection.flush();
    await until(() => refused.length, (count) => count >= 3 + elsewhere.length);
    expect(refused.map((text) => /"(\S+)"/.exec(text)?.[1])).toEqual([target, `${inboxOf('executor')}.x`, `team.${house.team.teamId}.approvals.effect`, ...elsewhere]);
  });
});
