import { after, before, describe, it } from 'node:test';
import { expect } from 'expect';
import { approvalOf, personOf, seedProposal, seedTeamOf, type SeededWork } from '../../testing/seed-work.js';
import { startGateway, type TestGateway } from '../../testing/start-gateway.js';
import { until } from '../../testing/until.js';
import type { ReceivedPush } from './fcm-double.js';

const HOUR_MS = 3_600_000;

interface Ring {
  readonly person_id: string;
  readonly rung: string;
  readonly channel: string;
  readonly state: string;
  readonly reason: string | null;
  readonly digest: number | null;
}

describe('how people are reached about a question', { concurrency: 1 }, () => {
  let gateway: TestGateway;
  let work: SeededWork;
  let gov: string;
  before(async () => {
    gateway = await startGateway({ approvalTimeoutMs: 24 * HOUR_MS });
    work = await seedTeamOf(gateway.database, 'asha');
    gov = personOf('gov');
  });
  after(() => gateway.close());

  const admin = <T extends object>(text: string, values: unknown[] = []): Promise<T[]> => gateway.database.admin<T>(text, values);
  const ask = async (): Promise<string> => approvalOf(gateway.database, await seedProposal(gateway.database, work));
  const received = async (token: string, id: string): Promise<ReceivedPush[]> =>
    ((await gateway.call(undefined, 'GET', '/dev/push')).body as { items: ReceivedPush[] }).items.filter(({ token: to, message }) => to === token && (message['data'] as { id?: string }).id === id);
  const rings = (id: string): Promise<Ring[]> => admin<Ring>('select person_id, rung, channel, state, reason, digest from app.ring where approval_id = $1 order by at, rung', [id]);
  const ringOf = (id: string, wanted: Partial<Ring>): Promise<Ring> => until(async () => (await rings(id)).find((ring) => Object.entries(wanted).every(([name, value]) => ring[name as keyof Ring] === value)), `a ring ${JSON.stringify(wanted)}`);
  /** So much time passes for everybody: all that was written is that much older. */
  const later = async (ms: number): Promise<void> => {
    const ago = `make_interval(secs => ${ms / 1000})`;
    await admin(`update app.approval set created_at = created_at - ${ago}, due_at = due_at - ${ago} where state = 'pending'`);
    await admin(`update app.ring set at = at - ${ago}`);
    await admin(`update app.notification set expires_at = expires_at - ${ago}, not_before = not_before - ${ago}`);
    await admin(`update app.ladder set next_at = next_at - ${ago} where next_at is not null`);
  };
  /** A clean slate: nobody has a device or was rung, and nothing waits. */
  const anew = async (): Promise<void> => {
    await admin(`update app.device set removed_at = clock_timestamp()`);
    await admin(`update app.approval set state = 'withdrawn' where state = 'pending'`);
    await admin(`update app.ladder set next_at = null, closed_at = clock_timestamp()`);
    await admin(`update app.ring set at = at - interval '2 days', state = case state when 'held' then 'withdrawn' else state end`);
  };
  const decide = async (id: string): Promise<void> => {
    const { body, headers } = await gateway.call('asha', 'GET', `/v1/approvals/${id}`);
    const answer = await gateway.call('asha', 'POST', `/v1/approvals/${id}/decision`, { body: { decision: 'deny', digest: (body as { digest: string }).digest, reason: 'not now' }, headers: { 'if-match': headers.get('etag')! } });
    expect(answer.status).toBe(201);
  };

  it('reminds at its time with a notice in the place of the first, once, and warns before it expires', async () => {
    await gateway.device('asha', 'phone-a');
    const id = await ask();
    await ringOf(id, { rung: 'push', state: 'reached' });
    await later(12 * HOUR_MS);
    await ringOf(id, { rung: 'reminder', state: 'reached' });
    await later(11 * HOUR_MS);
    await ringOf(id, { rung: 'warning', state: 'reached' });
    const pushes = await received('phone-a', id);
    expect(pushes.map(({ message }) => (message['android'] as { collapse_key: string }).collapse_key)).toEqual(Array(3).fill(`apr_${id}`));
    expect(pushes.map(({ message }) => (message['notification'] as { title: string }).title)).toEqual(['Code care needs your approval', 'Code care still needs your approval', 'Code care needs your approval soon']);
    expect((await rings(id)).filter(({ person_id }) => person_id === personOf('asha')).map(({ rung, state }) => `${rung} ${state}`)).toEqual(['push reached', 'reminder reached', 'email dead', 'sms dead', 'warning reached']);
  });

  it('tells the platform’s governor when nobody answers, once and on record', async () => {
    await anew();
    await gateway.device('asha', 'phone-b');
    await gateway.device('gov', 'phone-gov');
    const id = await ask();
    await ringOf(id, { rung: 'push', state: 'reached' });
    expect((await gateway.call('asha', 'GET', `/v1/approvals/${id}`)).body).toMatchObject({ marks: [] });
    await later(21.7 * HOUR_MS);
    await ringOf(id, { person_id: gov, rung: 'escalation', channel: 'push', state: 'reached' });
    expect((await gateway.call('gov', 'GET', `/v1/approvals/${id}`)).body).toMatchObject({ state: 'pending', marks: ['escalated'] });
    expect(await admin(`select 1 from audit.entry where convert_from(payload, 'UTF8') like '%APPROVAL-ESCALATED%nobody_answered%' and convert_from(payload, 'UTF8') like $1`, [`%${id}%`])).toHaveLength(1);
    const [push] = await received('phone-gov', id);
    expect(push!.message['notification']).toMatchObject({ title: 'Code care got no answer' });
  });

  it('tells them at once when nobody can be reached', async () => {
    await anew();
    await gateway.device('asha', 'unregistered-phone');
    await gateway.device('gov', 'phone-gov');
    const id = await ask();
    await ringOf(id, { person_id: gov, rung: 'escalation', state: 'reached' });
    expect(await ringOf(id, { rung: 'push' })).toMatchObject({ state: 'dead', reason: 'messaging/registration-token-not-registered' });
    expect(await admin(`select 1 from audit.entry where convert_from(payload, 'UTF8') like '%APPROVAL-ESCALATED%nobody_reachable%' and convert_from(payload, 'UTF8') like $1`, [`%${id}%`])).toHaveLength(1);
  });

  it('takes its notices back, visibly and by the same tag, where it was not answered', async () => {
    await anew();
    await gateway.device('asha', 'phone-c');
    await gateway.device('asha', 'phone-d');
    const id = await ask();
    await ringOf(id, { rung: 'push', state: 'reached' });
    await until(async () => (await received('phone-c', id)).length === 1 && (await received('phone-d', id)).length === 1, 'both phones');
    await decide(id); // on phone-d, which the session was bound to last
    const [, replacement] = await until(async () => ((await received('phone-c', id)).length === 2 ? received('phone-c', id) : undefined), 'the replacement');
    expect(replacement!.message).toMatchObject({ notification: { title: 'Code care needs nothing more', body: 'It was settled. Nothing waits for you here.' }, android: { collapse_key: `apr_${id}` } });
    await later(23 * HOUR_MS);
    await until(async () => (await admin('select 1 from app.ladder where approval_id = $1 and closed_at is not null', [id]))[0], 'the ladder’s end');
    expect([await received('phone-d', id), (await received('phone-c', id)).slice(2)]).toMatchObject([[{ token: 'phone-d' }], []]);
  });

  it('is one ring, whoever sends it again after a sender died with it in hand', async () => {
    await anew();
    const phone = await gateway.device('asha', 'phone-e');
    const id = await ask();
    await ringOf(id, { rung: 'push', state: 'reached' });
    await admin(`update app.ring set state = 'ringing' where approval_id = $1 and state = 'reached'`, [id]);
    await admin(`update app.notification set state = 'sending', not_before = clock_timestamp() - interval '1 second' where device_id = $1 and approval_id = $2`, [phone, id]);
    await ringOf(id, { rung: 'push', state: 'reached' });
    const pushes = await received('phone-e', id);
    expect(new Set(pushes.map(({ message }) => (message['android'] as { collapse_key: string }).collapse_key))).toEqual(new Set([`apr_${id}`]));
    expect([pushes.length, (await rings(id)).filter(({ rung, person_id }) => rung === 'push' && person_id === personOf('asha')).length]).toEqual([2, 1]);
  });

  it('is three rings in ten minutes, however many questions there are, and then one digest of the rest', async () => {
    await anew();
    await gateway.device('asha', 'phone-f');
    const [{ before: start } = { before: 0 }] = await admin<{ before: number }>(`select count(*)::int as before from app.notification where channel = 'fcm'`);
    // as many rows as an agent would cause that asks again and again: each a question with its own goal (a thousand of them in ladder.spec.ts of the rule)
    await admin(`with n as (select gen_random_uuid() as goal, gen_random_uuid() as deliverable, gen_random_uuid() as approval from generate_series(1, 100)),
      g as (insert into app.goal (team_id, id, text, state, submitted_by, repository) select $1, goal, 'x', 'proposed', $2, '{}' from n returning 1),
      d as (insert into app.deliverable (team_id, id, goal_id, revision, summary, effect, files, checks, proposed_by) select $1, deliverable, goal, 1, 'x', '{"kind": "git.push"}', '[]', '[]', $3 from n returning 1),
      a as (insert into app.approval (team_id, id, goal_id, deliverable_id, revision, manifest, digest, title, tier, state, epoch, customer_id, requested_by, due_at)
        select $1, approval, goal, deliverable, 1, approval::text::bytea, sha256(approval::text::bytea), 'x', 1, 'pending', 1, $4, $3, clock_timestamp() + interval '1 day' from n returning 1)
      insert into app.ladder (team_id, approval_id, customer_id, plan, policy_version) select $1, approval, $4, (select plan from app.ladder limit 1), 0 from n`,
      [work.teamId, personOf('asha'), work.managerId, (await admin<{ customer_id: string }>('select customer_id from app.team where team_id = $1', [work.teamId]))[0]!.customer_id]);
    const count = async (what: string): Promise<number> => (await admin<{ n: number }>(`select count(*)::int as n from ${what}`))[0]!.n;
    await until(async () => (await count(`app.ring where state = 'held'`)) === 97, 'the rest is held');
    expect((await count(`app.notification where channel = 'fcm'`)) - start).toBe(3);
    await later(10 * 60_000);
    await until(async () => (await count(`app.ring where state = 'covered' and rung = 'push'`)) >= 96, 'the digest covers the rest');
    const items = ((await gateway.call(undefined, 'GET', '/dev/push')).body as { items: ReceivedPush[] }).items.filter(({ token }) => token === 'phone-f');
    expect(items.map(({ message }) => (message['data'] as { t: string }).t)).toEqual(['approval', 'approval', 'approval', 'digest']);
    expect(items[3]!.message['notification']).toMatchObject({ title: '97 approvals wait for you' });
  });
});
