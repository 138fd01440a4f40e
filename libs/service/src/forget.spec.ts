import { uuidv7 } from '@countersign/contracts';
import { seedTeam, serviceEnv, testDatabase, testNats, until, type SeededTeam, type TestDatabase, type TestNats } from '@countersign/testing';
import { Module } from '@nestjs/common';
import { expect } from 'expect';
import { after, before, describe, it } from 'node:test';
import { createService } from './create-service.js';

@Module({})
class Silent {}

describe('rows of messages', () => {
  let database: TestDatabase;
  let nats: TestNats;
  let team: SeededTeam;
  let sequence = 0;
  before(async () => {
    [database, nats] = await Promise.all([testDatabase(), testNats()]);
    team = await seedTeam(database);
  });
  after(() => Promise.all([database.close(), nats.close()]));

  const sent = async (hoursAgo: number | null, service = 'svc_manager_agent'): Promise<string> => {
    const id = uuidv7();
    await database.admin(`insert into app.outbox (team_id, id, service, subject, key_seq, payload, created_at, published_at) values ($1, $2, $3, 'team.x', $4, '{}', now() - interval '1 year', now() - $5::int * interval '1 hour')`, [team.teamId, id, service, ++sequence, hoursAgo]);
    return id;
  };
  const taken = async (hoursAgo: number, id: string = uuidv7(), consumer = 'svc_fleet:task.assigned.v1'): Promise<string> => {
    await database.admin(`insert into app.inbox (team_id, consumer, msg_id, applied_at) values ($1, $2, $3, now() - $4::int * interval '1 hour')`, [team.teamId, consumer, id, hoursAgo]);
    return id;
  };
  const there = async (table: 'outbox' | 'inbox', ids: readonly string[]): Promise<boolean[]> => {
    const column = table === 'outbox' ? 'id' : 'msg_id';
    const rows = await database.admin<Record<string, string>>(`select ${column} from app.${table} where ${column} = any ($1)`, [ids]);
    return ids.map((id) => rows.some((row) => row[column] === id));
  };
  const forget = (service: 'manager-agent' | 'fleet', hours: number): Promise<unknown[]> => database.as(service).ops('messages_prune', hours);

  it('are forgotten by their sender after the time of the policy, but not before they are sent, and nobody else’s are', async () => {
    const ids = [await sent(169), await sent(167), await sent(null), await sent(169, 'svc_spawn_gate')];
    expect(await forget('manager-agent', 168)).toEqual([{ sent: 1, taken: 0 }]);
    expect(await there('outbox', ids)).toEqual([false, true, true, true]);
  });

  it('are forgotten by their receiver only when their sender can send them no more', async () => {
    const [again, gone] = [await sent(1), await sent(200)];
    const ids = [await taken(300, again), await taken(169, gone), await taken(169), await taken(167), await taken(169, uuidv7(), 'svc_gateway:task.assigned.v1')];
    expect(await forget('fleet', 168)).toEqual([{ sent: 0, taken: 1 }]);
    expect(await there('inbox', ids)).toEqual([true, true, false, true, true]);
    expect(await forget('manager-agent', 168)).toEqual([{ sent: 1, taken: 0 }]);
    expect(await forget('fleet', 168)).toEqual([{ sent: 0, taken: 1 }]);
    expect(await there('inbox', ids)).toEqual([true, false, false, true, true]);
  });

  it('are kept as long as the relay may send them again, whatever a service asks for', async () => {
    const ids = [await sent(95), await sent(97)];
    await forget('manager-agent', 0);
    expect(await there('outbox', ids)).toEqual([true, false]);
  });

  it('are forgotten by the services themselves', async () => {
    const [ours, theirs] = [await sent(169), await taken(169)];
    const services = await Promise.all((['manager-agent', 'fleet'] as const).map((service) => createService({ service, module: Silent, env: serviceEnv(service, { database, nats }) })));
    try {
      await until('both have forgotten', async () => !(await there('outbox', [ours]))[0] && !(await there('inbox', [theirs]))[0]);
    } finally {
      await Promise.all(services.map((service) => service.close()));
    }
  });
});
