import { durableConfig, durableOf, publish, STREAM } from '@countersign/bus';
import { AppError, InvalidInputError, MemberId, RunId, subjectOf, taskAssigned, TeamId } from '@countersign/contracts';
import { GuardError, type Database } from '@countersign/database';
import { serviceEnv } from '@countersign/testing';
import { headers } from '@nats-io/transport-node';
import { expect } from 'expect';
import { after, before, beforeEach, describe, it } from 'node:test';
import { createService, type RunningService } from './create-service.js';
import { FleetProbeModule, probe, resetProbe } from './testing/fleet-probe.js';
import { assign, aTaskRef, House, mark, until } from './testing/house.js';

class HopelessError extends AppError {
  readonly code = 'hopeless';
  readonly retryable = false;
}
class BusyError extends AppError {
  readonly code = 'busy';
  readonly retryable = true;
}

/** Longer than any test: whoever waits for a message that is not to be waited for is seen. */
const GAP_PATIENCE_MS = 600_000;

describe('messages', () => {
  let house: House;
  let manager: Database;
  let fleet: RunningService;
  before(async () => {
    house = await House.open();
    manager = await house.sender('manager-agent');
    fleet = await startFleet();
  });
  after(async () => {
    await fleet.close();
    await house.close();
  });
  beforeEach(resetProbe);
  const startFleet = (): Promise<RunningService> => createService({ service: 'fleet', module: FleetProbeModule, env: serviceEnv('fleet', house), gapPatienceMs: GAP_PATIENCE_MS });
  const marksOf = async (id: string): Promise<unknown[]> => (await house.marks()).filter(({ message }) => message === id);
  const deadLetters = (id: string): Promise<{ error_code: string; consumer: string; error_text: string; deliveries: number }[]> => house.database.admin('select * from app.dead_letter where msg_id = $1', [id]);

  it('hands a message to the handler with its team, its parameters and its validated body', async () => {
    const body = aTaskRef(3);
    const id = await assign(manager, house.team, house.team.memberId, body);
    await until(() => marksOf(id), (marks) => marks.length === 1);
    const [seen] = probe.seen;
    expect(seen!.body).toMatchObject(body);
    expect(seen!.body).toBeInstanceOf(taskAssigned.body);
    expect(seen!.delivery).toMatchObject({ teamId: house.team.teamId, messageId: id, deliveries: 1, params: { teamId: house.team.teamId, memberId: house.team.memberId } });
    expect(seen!.delivery.subject).toBe(`team.${house.team.teamId}.task_assignment.assigned.${house.team.memberId}`);
  });

  it('sends nothing of a transaction that did not commit', async () => {
    await expect(
      manager.withTeam(house.team.teamId, (tx) => {
        tx.ledgerOnly();
        publish(tx, taskAssigned, { teamId: house.team.teamId, memberId: house.team.memberId }, aTaskRef());
        return Promise.reject(new Error('changed my mind'));
      }),
    ).rejects.toThrow('changed my mind');
    const id = await assign(manager, house.team);
    await until(() => marksOf(id), (marks) => marks.length === 1);
    expect(probe.seen.map(({ delivery }) => delivery.messageId)).toEqual([id]);
  });

  it('applies a message once, however often it is delivered', async () => {
    let failures = 1;
    probe.behave = async (_body, delivery, database) => {
      await delivery.apply(database, (tx) => Promise.resolve(mark(tx, delivery)));
      if (failures-- > 0) throw new BusyError('after the effect');
      expect(await delivery.apply(database, () => Promise.resolve('again'))).toBeUndefined();
    };
    const id = await assign(manager, house.team);
    await until(() => probe.seen.length, (times) => times >= 2);
    expect(await marksOf(id)).toHaveLength(1);
  });

  it('gives a message that fails for a moment again later', async () => {
    let failures = 1;
    probe.behave = async (_body, delivery, database) => {
      if (failures-- > 0) throw new BusyError('not now');
      await delivery.apply(database, (tx) => Promise.resolve(mark(tx, delivery)));
    };
    const id = await assign(manager, house.team);
    await until(() => marksOf(id), (marks) => marks.length === 1);
    expect(probe.seen.map(({ delivery }) => delivery.deliveries)).toEqual([1, 2]);
    expect(await deadLetters(id)).toEqual([]);
  });

  it('keeps a message that can never succeed as a dead letter with the reason, and goes on with the next', async () => {
    probe.behave = (_body, _delivery) => Promise.reject(new HopelessError('no such thing', { cause: new Error('row is gone') }));
    const poison = await assign(manager, house.team, MemberId.next());
    const [letter] = await until(() => deadLetters(poison), (letters) => letters.length === 1);
    expect(letter).toMatchObject({ error_code: 'hopeless', consumer: 'svc_fleet:task.assigned.v1', deliveries: 1 });
    expect(letter!.error_text).toContain('because: Error: row is gone');
    resetProbe();
    const next = await assign(manager, house.team);
    await until(() => marksOf(next), (marks) => marks.length === 1);
    expect(probe.seen.map(({ delivery }) => delivery.messageId)).toEqual([next]);
  });

  it('drops a message of an epoch that is over: nobody needs to look at it', async () => {
    probe.behave = async (_body, delivery, database) => {
      await delivery.apply(database, (tx) => Promise.resolve(mark(tx, delivery)), { fence: 99 });
    };
    const late = await assign(manager, house.team, MemberId.next());
    await until(() => probe.seen.length, (times) => times === 1);
    resetProbe();
    const next = await assign(manager, house.team);
    await until(() => marksOf(next), (marks) => marks.length === 1);
    expect(await deadLetters(late)).toEqual([]);
    expect(await marksOf(late)).toEqual([]);
  });

  it('takes the messages of one subject in the order in which they were committed', async () => {
    const member = MemberId.next();
    const ids: string[] = [];
    for (let n = 0; n < 40; n++) ids.push(await assign(manager, house.team, member, aTaskRef(n)));
    const subject = `team.${house.team.teamId}.task_assignment.assigned.${member}`;
    const marks = await until(async () => (await house.marks()).filter((one) => one.subject === subject), (seen) => seen.length === ids.length);
    expect(marks.map(({ message }) => message)).toEqual(ids);
  });

  it('waits for a message that was overtaken on its way', async () => {
    const memberId = MemberId.next();
    const subject = subjectOf(taskAssigned, { teamId: house.team.teamId, memberId });
    const bus = await house.nats.as('manager-agent');
    const store = (sequence: number): Promise<unknown> => {
      const carried = headers();
      const all = { 'ce-id': RunId.next(), 'ce-type': taskAssigned.name, 'ce-source': 'countersign/manager-agent', 'ce-subject': subject, 'ce-sequence': String(sequence) };
      for (const [name, value] of Object.entries(all)) carried.set(name, value);
      return bus.jetstream.publish(subject, JSON.stringify(aTaskRef(sequence)), { headers: carried });
    };
    await store(2);
    await until(() => probe.seen.length, (count) => count > 0);
    expect((await house.marks()).filter((one) => one.subject === subject)).toEqual([]);
    await store(1);
    await until(async () => (await house.marks()).filter((one) => one.subject === subject), (seen) => seen.length === 2);
    expect(probe.seen.map(({ body }) => body.round).slice(-2)).toEqual([1, 2]);
  });

  it('does not wait for a message that ended without an effect: passed over, refused or dead', async () => {
    const memberId = MemberId.next();
    const ends = [() => Promise.resolve(), () => Promise.reject(new HopelessError('x')), () => Promise.reject(new GuardError('stale_epoch'))];
    for (const end of ends) {
      probe.behave = end;
      const seen = probe.seen.length;
      await assign(manager, house.team, memberId);
      await until(() => probe.seen.length, (count) => count === seen + 1);
      resetProbe();
      const next = await assign(manager, house.team, memberId);
      await until(() => marksOf(next), (marks) => marks.length === 1);
    }
  });

  it('brings a durable of an older program to its own configuration', async () => {
    await fleet.close();
    const bus = await house.nats.as('fleet');
    const wanted = durableConfig('fleet', taskAssigned);
    await bus.manager.consumers.add(STREAM, { ...wanted, ack_wait: 77_000_000_000, max_ack_pending: 7 });
    fleet = await startFleet();
    const config = async (): Promise<unknown> => (await bus.manager.consumers.info(STREAM, durableOf('fleet', taskAssigned))).config;
    expect(await until(config, (seen) => (seen as { max_ack_pending: number }).max_ack_pending === 256)).toMatchObject({ ...wanted, ack_wait: 3_000_000_000 });
  });

  it('buries a message that ended every process that took it', async () => {
    const memberId = MemberId.next();
    await fleet.close();
    const id = await assign(manager, house.team, memberId);
    const bus = await house.nats.as('fleet');
    const consumer = await bus.jetstream.consumers.get(STREAM, durableOf('fleet', taskAssigned));
    for (let taken = 0; taken < 10; ) {
      const message = await consumer.next({ expires: 1_000 });
      if (message?.headers?.get('ce-id') === id) taken += 1;
      if (message?.headers?.get('ce-id') === id) message.nak();
      else message?.ack();
    }
    fleet = await startFleet();
    expect(await until(() => deadLetters(id), (letters) => letters.length === 1)).toMatchObject([{ error_code: 'too_many_deliveries' }]);
    expect(probe.seen).toEqual([]);
  });

  it('refuses to send a body that breaks a rule, or has a field nobody knows', async () => {
    const wrong: object[] = [{ ...aTaskRef(), round: -1 }, { ...aTaskRef(), taskId: 'x' }, { ...aTaskRef(), extra: 1 }, { epoch: 1 }];
    for (const body of wrong) {
      await expect(assign(manager, house.team, house.team.memberId, body as ReturnType<typeof aTaskRef>)).rejects.toBeInstanceOf(InvalidInputError);
    }
  });

  it("refuses to send another team's message, and one that this service does not write", async () => {
    const send = (as: Database, teamId: TeamId): Promise<unknown> =>
      as.withTeam(house.team.teamId, (tx) => {
        tx.ledgerOnly();
        return Promise.resolve(publish(tx, taskAssigned, { teamId, memberId: house.team.memberId }, aTaskRef()));
      });
    await expect(send(manager, TeamId.next())).rejects.toThrow('another team');
    await expect(send(house.database.as('gateway'), house.team.teamId)).rejects.toMatchObject({ code: 'not_permitted' });
  });
});
