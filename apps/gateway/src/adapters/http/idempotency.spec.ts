import { randomUUID } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { GoalId, type ApprovalDetail, type CommandReply } from '@countersign/contracts';
import { testDatabase, testNats } from '@countersign/testing';
import { expect } from 'expect';
import { startNeighbours, type FakeHouse } from '../../testing/fake-services.js';
import { LossyPostgres } from '../../testing/lossy-postgres.js';
import { removeExpired } from '../postgres/oidc-records.js';
import { approvalOf, customerOf, seedProposal, seedTeamOf, type SeededWork } from '../../testing/seed-work.js';
import { startGateway, type Answer, type TestGateway } from '../../testing/start-gateway.js';
import { until } from '../../testing/until.js';

const OK: CommandReply = { ok: true, code: 'ok', message: '' };
const NO: CommandReply = { ok: false, code: 'team_limit', message: 'no more teams' };

describe('an Idempotency-Key', { concurrency: 1 }, () => {
  let gateway: TestGateway;
  /** Another copy of it, which waits for no answer for long. */
  let hasty: TestGateway;
  let house: FakeHouse;
  let work: SeededWork;
  const unanswered: (() => void)[] = [];
  before(async () => {
    gateway = await startGateway();
    hasty = await startGateway({ commandTimeoutMs: 500 }, gateway);
    [house, work] = await Promise.all([startNeighbours(gateway), seedTeamOf(gateway.database, 'asha')]);
  });
  after(async () => {
    for (const end of unanswered) end();
    await house[Symbol.asyncDispose]();
    await hasty.close();
    await gateway.close();
  });

  /** The next command is heard, and answered when the test says so: for the caller too late, if it never does. */
  const holdNext = (): ((reply: CommandReply) => void) => {
    let send = (_: CommandReply): void => undefined;
    house.neighbours.answers.push(new Promise<CommandReply>((resolve) => (send = resolve)));
    unanswered.push(() => send(OK));
    return send;
  };
  const hire = (key: string, mode = 'trial', headers: Record<string, string> = {}, by = gateway): Promise<Answer> => by.call('asha', 'POST', '/v1/teams', { body: { bundleId: 'code-care', mode }, headers: { 'idempotency-key': key, ...headers } });
  const suspend = (key: string): Promise<Answer> => gateway.call('asha', 'POST', `/v1/teams/${work.teamId}/suspend`, { body: { reason: 'enough' }, headers: { 'idempotency-key': key } });
  /** The ids of the teams that the gate was asked for, in order. */
  const asked = (): unknown[] => house.neighbours.heard.filter(({ command }) => command === 'hire').map(({ request }) => (request as { teamId: string }).teamId);
  const askedAgain = async (count: number): Promise<unknown> => until(() => Promise.resolve(asked().length > count && asked().at(-1)), 'the command');
  /** A try that hears nothing; resolves when its command has come, however late. */
  const unheard = async (key: string): Promise<Answer> => {
    const before = asked().length;
    holdNext();
    const answer = await hire(key, 'trial', {}, hasty);
    await askedAgain(before);
    return answer;
  };
  const idOf = ({ body }: Answer): string => (body as { id: string }).id;
  /** As if the process that has the request had been silent for long. */
  const grownOld = (key: string): Promise<unknown> => gateway.database.admin(`update app.idempotency set claimed_at = claimed_at - interval '1 minute' where key like '%' || $1`, [key]);

  it('is free again after a refusal, which changed nothing', async () => {
    const key = randomUUID();
    house.neighbours.answers.push(NO);
    expect(await hire(key)).toMatchObject({ status: 409, body: { code: 'team_limit', detail: 'no more teams' } });
    const refused = asked().at(-1);
    const other = await hire(key, 'production');
    expect([other.status, idOf(other) === refused]).toEqual([201, false]);
  });

  it("belongs to the team that the header names: another team's request is never answered with this one's", async () => {
    const [one, other] = [await seedTeamOf(gateway.database, 'asha'), await seedTeamOf(gateway.database, 'asha')];
    const key = randomUUID();
    const mission = { mission_id: GoalId.next(), status: 'created' };
    const create = (teamId: string): Promise<Answer> => gateway.call('asha', 'POST', '/mission', { body: { title: 'Look', goal: 'Look around' }, headers: { 'idempotency-key': key, 'x-countersign-team': teamId } });
    house.neighbours.answers.push({ ...OK, mission } as CommandReply);
    const first = await create(one.teamId);
    expect(first).toMatchObject({ status: 200, body: { mission } });
    const heard = house.neighbours.heard.length;
    expect((await create(other.teamId)).status).toBe(422);
    const again = await create(one.teamId);
    expect([again.status, again.headers.get('idempotency-replayed'), again.body]).toEqual([200, 'true', first.body]);
    expect(house.neighbours.heard).toHaveLength(heard);
  });

  it('is refused with a next step where no team of the caller works, and where nobody knows the token', async () => {
    const body = { title: 'Look', goal: 'Look around' };
    await gateway.database.admin(`update app.team set state = 'suspended' where customer_id = $1`, [customerOf('ben')]);
    expect(await gateway.call('ben', 'POST', '/mission', { body })).toMatchObject({ status: 409, body: { code: 'TEAM_NOT_ACTIVE', error: expect.stringMatching(/deploy.*reactivate/) } });
    expect(await gateway.call(undefined, 'GET', '/v1/me', { headers: { authorization: 'Bearer stale' } })).toMatchObject({ status: 401, body: { code: 'signed_out', detail: expect.stringContaining('countersign token --as') } });
  });

  it('keeps request and ids when nobody can say whether it was done, and takes the same request up at once', async () => {
    const key = randomUUID();
    expect(await unheard(key)).toMatchObject({ status: 503, body: { code: 'no_reply' } });
    const id = asked().at(-1);
    expect(await hire(key, 'production')).toMatchObject({ status: 422, body: { code: 'idempotency_key_reused' } });
    const again = await hire(key);
    expect([again.status, idOf(again), asked().at(-1), again.headers.get('idempotency-replayed')]).toEqual([201, id, id, null]);
    expect((await hire(key)).headers.get('idempotency-replayed')).toBe('true');
  });

  it('keeps the ids also when the second try is refused: the first may have done it', async () => {
    const key = randomUUID();
    expect((await unheard(key)).status).toBe(503);
    house.neighbours.answers.push(NO);
    const id = asked().at(-1);
    expect((await hire(key)).status).toBe(409);
    expect(await hire(key, 'production')).toMatchObject({ status: 422 });
    expect(idOf(await hire(key))).toBe(id);
  });

  it("keeps the ids when another service failed in its own way, or its reply makes no sense", async () => {
    const failed = Promise.reject<CommandReply>(new Error('out of memory'));
    failed.catch(() => undefined); // until the command comes, nobody waits for it
    for (const reply of [failed, { ok: 'yes' } as unknown as CommandReply]) {
      const key = randomUUID();
      house.neighbours.answers.push(reply);
      expect((await hire(key)).status).toBe(500);
      const id = asked().at(-1);
      expect(idOf(await hire(key))).toBe(id);
    }
  });

  it('is answered only by the try that holds it: a late one neither frees nor overwrites what was taken over', async () => {
    const key = randomUUID();
    const send = holdNext();
    const before = asked().length;
    const first = hire(key);
    const id = await askedAgain(before);
    await grownOld(key);
    const second = await hire(key);
    expect([second.status, idOf(second)]).toEqual([201, id]);
    send(NO);
    expect((await first).status).toBe(409);
    expect(await hire(key)).toMatchObject({ status: 201, body: { id } });
    expect((await hire(key)).headers.get('idempotency-replayed')).toBe('true');
    expect((await hire(key, 'production')).status).toBe(422);
  });

  it('keeps the first answer that was given, though a try that was taken for dead ends well later', async () => {
    const key = randomUUID();
    const send = holdNext();
    const before = house.neighbours.heard.length;
    const first = suspend(key);
    await until(() => Promise.resolve(house.neighbours.heard.length > before), 'the command');
    await grownOld(key);
    expect(await suspend(key)).toMatchObject({ status: 200, body: { state: 'active' } });
    await gateway.database.admin(`update app.team set state = 'suspended' where team_id = $1`, [work.teamId]);
    send(OK);
    expect(await first).toMatchObject({ status: 200, body: { state: 'suspended' } });
    const kept = await suspend(key);
    expect([kept.body, kept.headers.get('idempotency-replayed')]).toEqual([{ state: 'active' }, 'true']);
    await gateway.database.admin(`update app.team set state = 'active' where team_id = $1`, [work.teamId]);
  });

  it('waits for a twin that is at work, and both get one answer', async () => {
    const key = randomUUID();
    const send = holdNext();
    const before = asked().length;
    const tries = [hire(key), hire(key)];
    await askedAgain(before);
    send(OK);
    const [one, two] = await Promise.all(tries);
    expect(one!.body).toEqual(two!.body);
    expect(asked()).toHaveLength(before + 1);
  });

  it('is kept for a day, and is then as if it was never used', async () => {
    const [old, young] = [randomUUID(), randomUUID()];
    const [first, second] = [await hire(old), await hire(young)];
    const age = (key: string, by: string): Promise<unknown> => gateway.database.admin(`update app.idempotency set created_at = created_at - $2::interval where key like '%' || $1`, [key, by]);
    await Promise.all([age(old, '24 hours 1 second'), age(young, '23 hours')]);
    await removeExpired(gateway.database.as('gateway'));
    const again = await hire(old, 'production'); // another body: a key that is known would be refused
    expect([again.status, idOf(again) === idOf(first), again.headers.get('idempotency-replayed')]).toEqual([201, false, null]);
    const repeated = await hire(young);
    expect([idOf(repeated), repeated.headers.get('idempotency-replayed')]).toEqual([idOf(second), 'true']);
    await expect(gateway.database.as('fleet').ops('request_prune')).rejects.toThrow(/permission denied/);
  });

  it('belongs to what was asked, its precondition and media type included', async () => {
    const key = randomUUID();
    await hire(key);
    for (const [name, value] of Object.entries({ 'if-match': '"1"', 'content-type': 'application/json; charset=utf-8' })) {
      expect(await hire(key, 'trial', { [name]: value })).toMatchObject({ status: 422, body: { code: 'idempotency_key_reused' } });
    }
    expect((await hire(key)).status).toBe(201);
  });
});

describe('a decision whose COMMIT was lost', () => {
  it('is found again by the same request, and recorded once', async () => {
    await using database = await testDatabase();
    await using nats = await testNats();
    await using way = await LossyPostgres.before(database);
    await using gateway = await startGateway({}, { database: way.around(database), nats });
    const approvalId = await approvalOf(database, await seedProposal(database, await seedTeamOf(database, 'asha')));
    await gateway.device('asha');
    const { digest } = (await gateway.call('asha', 'GET', `/v1/approvals/${approvalId}`)).body as ApprovalDetail;
    const assertion = await gateway.sign('asha', approvalId, digest);
    const decide = (etag: string): Promise<Answer> => gateway.call('asha', 'POST', `/v1/approvals/${approvalId}/decision`, { body: { decision: 'approve', digest, assertion }, headers: { 'idempotency-key': 'lost', 'if-match': etag } });
    way.loseCommitOf('insert into app.approval_decision');
    expect((await decide('"1"')).status).toBe(503);
    expect(way.losses).toBe(1);
    expect(await database.admin('select state from app.approval where id = $1', [approvalId])).toEqual([{ state: 'approved' }]);
    expect(await decide('"2"')).toMatchObject({ status: 422, body: { code: 'idempotency_key_reused' } });
    expect(await decide('"1"')).toMatchObject({ status: 201, body: { state: 'approved', decision: 'approve', version: 2 } });
    expect(await decide('"1"')).toMatchObject({ status: 200 });
    expect(await database.admin('select 1 from app.approval_decision where approval_id = $1', [approvalId])).toHaveLength(1);
  });
});
