import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import path from 'node:path';
import { after, before, describe, it, mock } from 'node:test';
import { fileURLToPath } from 'node:url';
import { uuidv7, type ApprovalDetail, type ApprovalSummary, type DecisionRecorded, type GoalDetail, type Manifest } from '@countersign/contracts';
import { freePort, serviceEnv, testDatabase, testNats, type TestDatabase, type TestNats } from '@countersign/testing';
import { expect } from 'expect';
import { AskApproval } from '../postgres/ask-approval.js';
import { SettleApprovals } from '../postgres/settle-approvals.js';
import { approvalOf, customerOf, personOf, seedDeliverable, seedProposal, seedTeamOf, propose, type SeededWork } from '../../testing/seed-work.js';
import { personaToken, secretFile, startGateway, type Answer, type TestGateway } from '../../testing/start-gateway.js';
import { until } from '../../testing/until.js';

const GATEWAY = fileURLToPath(new URL('../../../../../dist/gateway.js', import.meta.url));
const RAVI = '01890000-0000-7000-8000-0000000000a2';

/** A gateway as it is shipped, with a governor who says no and may undo that for a while; then it is killed. */
async function saidToAGatewayThatDied(parts: { database: TestDatabase; nats: TestNats }, approvalId: string, holdSeconds: number): Promise<Answer['body']> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const env = { ...serviceEnv('gateway', parts), PORT: String(port), PUBLIC_URL: url, LOCAL_ISSUER_SECRET_FILE: secretFile(parts.nats.dir), COUNTERSIGN_WEB_DIR: path.join(parts.nats.dir, 'web'), COUNTERSIGN_BUNDLES_DIR: parts.nats.dir };
  const child = spawn(process.execPath, [GATEWAY], { env, stdio: ['ignore', 'ignore', 'inherit'] });
  try {
    await until(() => fetch(`${url}/healthz`).then(({ ok }) => ok, () => false), 'the start of a gateway');
    const authorization = `Bearer ${await personaToken(url, 'asha')}`;
    const call = async (method: string, route: string, body?: object, headers: Record<string, string> = {}): Promise<object> => (await fetch(url + route, { method, headers: { authorization, 'content-type': 'application/json', 'idempotency-key': randomUUID(), ...headers }, ...(body ? { body: JSON.stringify(body) } : {}) })).json() as Promise<object>;
    await call('POST', '/v1/devices', { name: 'Phone', platform: 'fcm', address: 'phone' });
    const { digest, version } = (await call('GET', `/v1/approvals/${approvalId}`)) as ApprovalDetail;
    return await call('POST', `/v1/approvals/${approvalId}/decision`, { decision: 'deny', digest, reason: 'Not now', holdSeconds }, { 'if-match': `"${version}"` });
  } finally {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
}

describe('decisions that can be undone, and that several must make', { concurrency: 1 }, () => {
  let gateway: TestGateway;
  let work: SeededWork;
  before(async () => {
    gateway = await startGateway();
    work = await seedTeamOf(gateway.database, 'asha');
    await gateway.database.admin(`insert into app.person (customer_id, id, login, display_name, roles) values ($1, $2, 'ravi', 'Ravi', '{customer_governor}')`, [customerOf('asha'), RAVI]);
    for (const persona of ['asha', 'ravi']) await gateway.device(persona);
  });
  after(() => gateway.close());

  const sqlAs = <T extends object>(text: string, ...values: unknown[]): Promise<T[]> => gateway.database.admin<T>(text, values);
  const asked = async (by: SeededWork = work): Promise<ApprovalDetail> => read(await approvalOf(gateway.database, await seedProposal(gateway.database, by)));
  const read = async (id: string, persona = 'asha'): Promise<ApprovalDetail> => (await gateway.call(persona, 'GET', `/v1/approvals/${id}`)).body as ApprovalDetail;
  const decide = async ({ id, digest }: ApprovalDetail, { decision = 'approve', persona = 'asha', holdSeconds, key = randomUUID(), version }: { decision?: string; persona?: string; holdSeconds?: number; key?: string; version?: number } = {}): Promise<Answer> => {
    const assertion = decision === 'approve' ? await gateway.sign(persona, id, digest) : undefined;
    const body = { decision, digest, ...(assertion ? { assertion } : { reason: 'because' }), ...(holdSeconds === undefined ? {} : { holdSeconds }) };
    return gateway.call(persona, 'POST', `/v1/approvals/${id}/decision`, { body, headers: { 'idempotency-key': key, 'if-match': `"${version ?? (await read(id)).version}"` } });
  };
  const undo = ({ id }: { id: string }, persona = 'asha', key = randomUUID()): Promise<Answer> => gateway.call(persona, 'POST', `/v1/approvals/${id}/decision/undo`, { headers: { 'idempotency-key': key } });
  /** However slow the machine is: not for a long time, or at once. */
  const effective = ({ id }: { id: string }, when: 'in an hour' | 'now'): Promise<unknown> => sqlAs(`update app.approval set effective_at = now() + $2::interval where id = $1`, id, when === 'now' ? '0' : '1 hour');
  /** Decides, and has it held for as long as the test looks. */
  const holds = async (approval: ApprovalDetail, how: Parameters<typeof decide>[1] = {}): Promise<Answer> => {
    const answer = await decide(approval, { holdSeconds: 30, ...how });
    expect(answer).toMatchObject({ status: 201, body: { state: 'held' } });
    await effective(approval, 'in an hour');
    return answer;
  };
  const becomes = (id: string, state: string): Promise<true> => until(async () => (await read(id)).state === state && (true as const), `${state}`);
  const actions = async (id: string): Promise<string[]> => (await sqlAs<{ action: string }>(`select convert_from(payload, 'UTF8')::jsonb ->> 'action' as action from audit.entry where team_id = (select team_id from app.approval where id = $1) and convert_from(payload, 'UTF8') like '%' || $1 || '%' and convert_from(payload, 'UTF8') not like '%MOBILE-APPROVAL-REQUESTED%' order by seq`, id)).map(({ action }) => action);
  const undone = (id: string): Promise<object[]> => sqlAs(`select 1 from app.outbox where subject like '%approvals.undone' and convert_from(payload, 'UTF8') like '%' || $1 || '%'`, id);
  const told = async (id: string): Promise<string[]> => (await sqlAs<{ outcome: string }>(`select convert_from(payload, 'UTF8')::jsonb ->> 'outcome' as outcome from app.outbox where service = 'svc_gateway' and subject like '%approvals.decided' and convert_from(payload, 'UTF8') like '%' || $1 || '%'`, id)).map(({ outcome }) => outcome);
  const codeOf = ({ status, body }: Answer): [number, string] => [status, (body as { code: string }).code];

  it('holds what is decided, tells nobody, and lets it take effect when the time to undo it is over', async () => {
    for (const [decision, state, action] of [['approve', 'approved', 'MOBILE-APPROVAL-GRANTED'], ['deny', 'denied', 'MOBILE-APPROVAL-DENIED'], ['request_changes', 'changes_requested', 'APPROVAL-CHANGES-REQUESTED']] as const) {
      const approval = await asked();
      const { body } = await holds(approval, { decision });
      const { effectiveAt, decidedAt, validUntil, ...rest } = body as DecisionRecorded;
      expect([rest]).toEqual([{ approvalId: approval.id, state: 'held', decision, version: 2 }]);
      expect(Date.parse(effectiveAt!) - Date.parse(decidedAt)).toBe(30_000);
      expect(validUntil && Date.parse(validUntil) - Date.parse(effectiveAt!)).toBe(decision === 'approve' ? 15 * 60_000 : null);
      expect(await read(approval.id)).toMatchObject({ state: 'held', heldFor: state, mayUndo: true, decision: { decision, by: 'Asha' } });
      expect(await read(approval.id, 'ravi')).toMatchObject({ state: 'held', mayUndo: false });
      expect([await actions(approval.id), await told(approval.id)]).toEqual([['APPROVAL-HELD'], []]);
      expect(await gateway.running.app.get(SettleApprovals).settle(work.teamId, approval.id)).toBe(false);
      await effective(approval, 'now');
      await becomes(approval.id, state);
      expect([await actions(approval.id), await told(approval.id)]).toEqual([['APPROVAL-HELD', action], [decision]]);
    }
  });

  it('grants no yes whose device was removed while it was held, and keeps a no from one', async () => {
    const [yes, no] = [await asked(), await asked()];
    await holds(yes, { persona: 'ravi' });
    await holds(no, { persona: 'ravi', decision: 'deny' });
    await sqlAs(`update app.device set removed_at = now() where person_id = $1`, RAVI);
    try {
      for (const each of [yes, no]) await effective(each, 'now');
      await Promise.all([becomes(yes.id, 'withdrawn'), becomes(no.id, 'denied')]);
    } finally {
      await sqlAs(`update app.device set removed_at = null where person_id = $1`, RAVI);
    }
    expect([await actions(yes.id), await told(yes.id)]).toEqual([['APPROVAL-HELD', 'APPROVAL-WITHDRAWN'], ['withdraw']]);
  });

  it('takes effect at once where nobody wishes otherwise, and holds nothing for longer than half a minute', async () => {
    const [approval, other] = [await asked(), await asked()];
    expect(await decide(approval)).toMatchObject({ status: 201, body: { state: 'approved' } });
    for (const holdSeconds of [31, -1, 1.5]) expect(codeOf(await decide(other, { decision: 'deny', holdSeconds }))).toEqual([422, 'invalid_input']);
  });

  it('takes a decision back for who made it: it waits again, and what was signed is spent', async () => {
    const approval = await asked();
    const assertion = await gateway.sign('asha', approval.id, approval.digest);
    const send = (version: number): Promise<Answer> => gateway.call('asha', 'POST', `/v1/approvals/${approval.id}/decision`, { body: { decision: 'approve', digest: approval.digest, assertion, holdSeconds: 30 }, headers: { 'if-match': `"${version}"` } });
    expect(await send(1)).toMatchObject({ status: 201, body: { state: 'held' } });
    expect(codeOf(await undo(approval, 'ravi'))).toEqual([403, 'undo_not_yours']);
    expect(codeOf(await undo(approval, 'ben'))).toEqual([404, 'not_found']);
    const key = randomUUID();
    expect(await undo(approval, 'asha', key)).toMatchObject({ status: 200, body: { state: 'pending', undone: 'approve', version: 3 } });
    expect((await undo(approval, 'asha', key)).headers.get('idempotency-replayed')).toBe('true');
    expect(codeOf(await undo(approval))).toEqual([409, 'nothing_to_undo']);
    expect(await read(approval.id)).toMatchObject({ state: 'pending', heldFor: null, effectiveAt: null, validUntil: null, decision: null, mayUndo: false });
    expect(codeOf(await send(3))).toEqual([422, 'challenge_unknown']);
    expect(await actions(approval.id)).toEqual(['APPROVAL-HELD', 'APPROVAL-UNDONE']);
    expect(await undone(approval.id)).toHaveLength(1);
    expect(await decide(approval)).toMatchObject({ status: 201, body: { state: 'approved' } });
    expect(codeOf(await undo(approval))).toEqual([409, 'undo_too_late']);
  });

  it('takes nothing back whose time is over, also before anybody looked', async () => {
    const approval = await asked();
    await sqlAs(`create or replace function app.asleep() returns trigger language plpgsql as $f$ begin if old.state = 'held' and new.state not in ('held', 'pending') then raise exception 'not_due' using errcode = 'CS001'; end if; return new; end $f$`);
    await sqlAs(`create trigger asleep before update on app.approval for each row execute function app.asleep()`);
    try {
      await decide(approval, { holdSeconds: 30 });
      await effective(approval, 'now');
      expect(codeOf(await undo(approval))).toEqual([409, 'undo_too_late']);
    } finally {
      await sqlAs(`drop trigger asleep on app.approval`);
    }
    await becomes(approval.id, 'approved');
  });

  it('is held once in two tabs, and undone once', async () => {
    const approval = await asked();
    const answers = await Promise.all(Array.from({ length: 8 }, () => decide(approval, { holdSeconds: 30, version: 1 })));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(new Set(answers.filter(({ status }) => status !== 201).map((answer) => codeOf(answer)[1]))).toEqual(new Set(['already_decided']));
    await effective(approval, 'in an hour');
    const undone = await Promise.all(Array.from({ length: 8 }, () => undo(approval)));
    expect(undone.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(new Set(undone.filter(({ status }) => status !== 200).map((answer) => codeOf(answer)[1]))).toEqual(new Set(['nothing_to_undo']));
  });

  it('says no for good while a yes is held, whoever says it', async () => {
    const approval = await asked();
    await holds(approval);
    expect(codeOf(await decide(approval, { persona: 'ravi' }))).toEqual([409, 'already_decided']);
    expect(await decide(approval, { persona: 'ravi', decision: 'deny', holdSeconds: 30 })).toMatchObject({ status: 201, body: { state: 'denied' } });
    expect(codeOf(await undo(approval))).toEqual([409, 'undo_too_late']);
    expect(await told(approval.id)).toEqual(['deny']);
  });

  it('is void when the team is stopped, the goal cancelled or a newer version asked about meanwhile', async () => {
    const stopped = await seedTeamOf(gateway.database, 'asha');
    const proposal = await seedProposal(gateway.database, work);
    const [ofStopped, ofCancelled, replaced] = [await asked(stopped), await asked(), await read(await approvalOf(gateway.database, proposal))];
    for (const each of [ofStopped, ofCancelled, replaced]) await holds(each);
    await sqlAs(`update app.team set state = 'suspended', epoch = epoch + 1 where team_id = $1`, stopped.teamId);
    await sqlAs(`update app.goal set state = 'cancelled' where id = $1`, ofCancelled.goalId);
    await approvalOf(gateway.database, await seedProposal(gateway.database, work, { 'src/a.js': 'v2' }, proposal.goalId, 2));
    for (const each of [ofStopped, ofCancelled]) await becomes(each.id, 'withdrawn');
    expect(codeOf(await undo(ofStopped))).toEqual([410, 'withdrawn']);
    expect(codeOf(await undo(replaced))).toEqual([412, 'superseded']);
    expect(await undone(replaced.id)).toHaveLength(1); // the executor is told
    for (const each of [ofStopped, ofCancelled, replaced]) {
      expect(await actions(each.id)).not.toContain('MOBILE-APPROVAL-GRANTED');
      expect((await read(each.id)).effectiveAt).toBeNull(); // none will come
    }
  });

  it('stands still with its goal, and can be undone as long as that lasts', async () => {
    const [approval, other] = [await asked(), await asked()];
    for (const each of [approval, other]) await holds(each);
    await sqlAs(`update app.goal set paused_at = now() where id = any ($1)`, [approval.goalId, other.goalId]);
    for (const each of [approval, other]) await effective(each, 'now');
    expect(await gateway.running.app.get(SettleApprovals).settle(work.teamId, approval.id)).toBe(false);
    expect((await read(approval.id)).mayUndo).toBe(true);
    expect(await undo(approval)).toMatchObject({ status: 200, body: { state: 'pending' } });
    await sqlAs(`update app.goal set paused_at = null where id = $1`, other.goalId);
    await becomes(other.id, 'approved');
  });

  it('is not granted when its goal stood still for so long that no executor would take the yes: it is asked for again', async () => {
    const [approval, late] = [await asked(), await asked()];
    for (const each of [approval, late]) await holds(each);
    await sqlAs(`update app.approval_decision set assertion = jsonb_set(assertion, '{expiresAt}', to_jsonb((assertion ->> 'expiresAt')::int - 3600)) where approval_id = $1`, approval.id); // signed an hour before the pause ended
    await sqlAs(`update app.approval set valid_until = now() where id = $1`, late.id); // no gateway was there
    for (const each of [approval, late]) {
      await effective(each, 'now');
      await becomes(each.id, 'withdrawn');
      expect([await actions(each.id), await told(each.id)]).toEqual([['APPROVAL-HELD', 'APPROVAL-WITHDRAWN'], ['withdraw']]);
    }
  });

  it('takes no time to answer from who takes a decision back', async () => {
    const approval = await asked();
    await sqlAs(`update app.approval set due_at = now() + interval '10 minutes' where id = $1`, approval.id);
    await holds(approval);
    await sqlAs(`update app.approval set due_at = now() - interval '1 minute', decided_at = now() - interval '11 minutes' where id = $1`, approval.id); // it was held for eleven
    expect(await undo(approval)).toMatchObject({ status: 200, body: { state: 'pending' } });
    const left = Date.parse((await read(approval.id)).dueAt) - Date.now();
    expect([left > 500_000, left <= 600_000]).toEqual([true, true]);
    const [{ frozen, left: kept }] = await sqlAs<{ frozen: boolean; left: number | null }>(`select frozen_ms > 600000 as frozen, left_ms as left from app.approval where id = $1`, approval.id) as [{ frozen: boolean; left: number | null }];
    expect([frozen, kept]).toEqual([true, null]);
    expect(await decide(approval)).toMatchObject({ status: 201, body: { state: 'approved' } });
  });

  it('does not expire: it was decided in time', async () => {
    const approval = await asked();
    await holds(approval);
    await sqlAs(`update app.approval set due_at = now() - interval '1 second' where id = $1`, approval.id);
    expect(await gateway.running.app.get(SettleApprovals).settle(work.teamId, approval.id)).toBe(false);
    await effective(approval, 'now');
    await becomes(approval.id, 'approved');
  });

  it('takes effect although the gateway that recorded it was killed', async () => {
    await using database = await testDatabase();
    await using nats = await testNats();
    const first = await startGateway({}, { database, nats });
    const approvalId = await approvalOf(database, await seedProposal(database, await seedTeamOf(database, 'asha')));
    await first.close();
    expect(await saidToAGatewayThatDied({ database, nats }, approvalId, 30)).toMatchObject({ state: 'held' }); // the machine has half a minute
    expect(await database.admin(`select state, held_for from app.approval where id = $1`, [approvalId])).toEqual([{ state: 'held', held_for: 'denied' }]);
    await database.admin(`update app.approval set effective_at = now() where id = $1`, [approvalId]);
    await using second = await startGateway({}, { database, nats });
    await until(async () => ((await second.call('asha', 'GET', `/v1/approvals/${approvalId}`)).body as ApprovalDetail).state === 'denied', 'the effect');
  });

  describe('where two people must say yes', () => {
    let team: SeededWork;
    const wanting = async (rule: object, tier = 1): Promise<SeededWork> => {
      const seeded = await seedTeamOf(gateway.database, 'asha');
      await sqlAs(`update app.team set bundle = jsonb_set(bundle, '{approval}', bundle -> 'approval' || $2) where team_id = $1`, seeded.teamId, JSON.stringify({ tier, quorum: rule }));
      return seeded;
    };
    before(async () => {
      team = await wanting({ need: 2 });
    });

    it('names them in what is signed, counts each yes and takes effect with the second', async () => {
      const approval = await asked(team);
      const { quorum, policy } = (await gateway.call('asha', 'GET', `/v1/approvals/${approval.id}/manifest`)).body as Manifest;
      expect([quorum, policy.delay_seconds]).toEqual([{ need: '2', of: 'people', people: [personOf('asha'), RAVI].sort() }, '0']);
      expect(approval.facts).toContainEqual({ label: 'Approvals needed', value: '2 different people' });
      expect(await decide(approval)).toMatchObject({ status: 201, body: { state: 'pending', effectiveAt: null, validUntil: null, version: 2 } });
      const seen = await read(approval.id, 'ravi');
      expect(seen).toMatchObject({ state: 'pending', decision: null, mayUndo: false, quorum: { need: 2, of: 'people', yes: [{ by: 'Asha' }] } });
      const listed = ((await gateway.call('asha', 'GET', '/v1/approvals?state=pending&limit=100')).body as { items: ApprovalSummary[] }).items.find(({ id }) => id === approval.id);
      expect(listed).toMatchObject({ mayUndo: true, quorum: { need: 2, yes: [{ by: 'Asha' }] } });
      expect(codeOf(await decide(approval))).toEqual([409, 'already_counted']);
      expect(await decide(seen, { persona: 'ravi' })).toMatchObject({ status: 201, body: { state: 'approved' } });
      expect([await actions(approval.id), await told(approval.id)]).toEqual([['APPROVAL-COUNTED', 'MOBILE-APPROVAL-GRANTED'], ['approve']]);
      expect(await sqlAs(`select 1 from app.approval_decision where approval_id = $1 and decision = 'approve' and assertion is not null`, approval.id)).toHaveLength(2);
    });

    it('lets one take back theirs: the other’s stands', async () => {
      const approval = await asked(team);
      await decide(approval);
      expect(await undo(approval)).toMatchObject({ body: { state: 'pending' } });
      expect((await read(approval.id)).quorum!.yes).toEqual([]);
      await decide(approval);
      await holds(approval, { persona: 'ravi' });
      expect(await undo(approval)).toMatchObject({ body: { state: 'pending' } });
      expect((await read(approval.id)).quorum!.yes.map(({ by }) => by)).toEqual(['Ravi']);
      expect(await decide(approval)).toMatchObject({ body: { state: 'approved' } });
    });

    it('ends with one no, and an undone no leaves the yes that was there', async () => {
      const [approval, other] = [await asked(team), await asked(team)];
      for (const each of [approval, other]) await decide(each);
      expect(await decide(approval, { persona: 'ravi', decision: 'deny' })).toMatchObject({ body: { state: 'denied' } });
      await holds(other, { persona: 'ravi', decision: 'deny' });
      expect(codeOf(await undo(other))).toEqual([403, 'undo_not_yours']);
      expect(await undo(other, 'ravi')).toMatchObject({ body: { state: 'pending', undone: 'deny' } });
      expect((await read(other.id)).quorum!.yes.map(({ by }) => by)).toEqual(['Asha']);
    });

    it('takes an older no of somebody else, and none from before one’s own yes', async () => {
      const approval = await asked(team);
      await decide(approval);
      expect(codeOf(await decide(approval, { decision: 'deny', version: 1 }))[1]).toBe('stale_version');
      expect((await read(approval.id)).quorum!.yes.map(({ by }) => by)).toEqual(['Asha']);
      expect(await decide(approval, { persona: 'ravi', decision: 'deny', version: 1 })).toMatchObject({ body: { state: 'denied' } });
    });

    it('counts no yes of a device that was removed since', async () => {
      const approval = await asked(team);
      await decide(approval, { persona: 'ravi' });
      await sqlAs(`update app.device set removed_at = now() where person_id = $1`, RAVI);
      try {
        expect((await read(approval.id)).quorum!.yes).toEqual([]);
        expect(await decide(approval)).toMatchObject({ body: { state: 'pending' } });
      } finally {
        await sqlAs(`update app.device set removed_at = null where person_id = $1`, RAVI);
      }
    });

    it('escalates to nobody who has said yes already', async () => {
      await sqlAs(`insert into app.preference (customer_id, person_id, doc, version) values ($1, $2, $3, 1)`, customerOf('asha'), personOf('asha'), JSON.stringify({ substituteId: RAVI }));
      const [without, with_] = [await asked(team), await asked(team)];
      await decide(with_, { persona: 'ravi' });
      const escalated = async ({ id }: { id: string }): Promise<string> => {
        const { digest, version } = await read(id);
        expect(await gateway.call('asha', 'POST', `/v1/approvals/${id}/decision`, { body: { decision: 'escalate', digest }, headers: { 'if-match': `"${version}"` } })).toMatchObject({ status: 201 });
        return (await sqlAs<{ to: string }>(`select convert_from(payload, 'UTF8')::jsonb #>> '{body,to}' as to from audit.entry where team_id = $1 and convert_from(payload, 'UTF8') like '%MOBILE-APPROVAL-ESCALATED%' and convert_from(payload, 'UTF8') like '%' || $2 || '%'`, team.teamId, id))[0]!.to;
      };
      expect([await escalated(without), await escalated(with_)]).toEqual(['substitute', 'governor']);
      await sqlAs('delete from app.preference');
    });

    it('asks nobody where too few could say yes, says so on the goal and in the chain once, and asks as soon as there are enough', async () => {
      const lonely = await wanting({ need: 3 });
      const proposal = await seedDeliverable(gateway.database, lonely);
      await propose(gateway.database, proposal);
      const goal = async (): Promise<GoalDetail> => (await gateway.call('asha', 'GET', `/v1/teams/${lonely.teamId}/goals/${proposal.goalId}`)).body as GoalDetail;
      const { notAsked } = await until(async () => ((await goal()).notAsked === null ? undefined : goal()), 'the refusal');
      expect(notAsked).toMatchObject({ code: 'quorum_short', need: 3, found: 2 });
      await approvalOf(gateway.database, await seedProposal(gateway.database, work)); // the sweep has come round again
      const entries = await sqlAs<{ body: object }>(`select convert_from(payload, 'UTF8')::jsonb -> 'body' as body from audit.entry where team_id = $1 and convert_from(payload, 'UTF8') like '%APPROVAL-NOT-ASKED%'`, lonely.teamId);
      expect(entries.map(({ body }) => body)).toMatchObject([{ code: 'quorum_short', need: '3', found: '2', deliverable_id: proposal.deliverableId }]);
      const third = uuidv7();
      await sqlAs(`insert into app.person (customer_id, id, login, display_name, roles) values ($1, $2, 'chand', 'Chand', '{customer_governor}')`, customerOf('asha'), third);
      await approvalOf(gateway.database, proposal);
      expect((await goal()).notAsked).toBeNull();
      await sqlAs(`update app.person set roles = '{}' where id = $1`, third);
    });

    it('says the same way what else keeps a proposal from being asked about, once, and asks when that is mended', async () => {
      const proposal = await seedDeliverable(gateway.database, work);
      const { artifactId } = proposal.files[0]!;
      const [{ content }] = (await sqlAs<{ content: Buffer }>(`select content from app.artifact where id = $1`, artifactId)) as [{ content: Buffer }];
      await sqlAs(`update app.artifact set content = 'evil' where id = $1`, artifactId);
      await propose(gateway.database, proposal);
      const goal = async (): Promise<GoalDetail> => (await gateway.call('asha', 'GET', `/v1/teams/${work.teamId}/goals/${proposal.goalId}`)).body as GoalDetail;
      const { notAsked } = await until(async () => ((await goal()).notAsked === null ? undefined : goal()), 'the refusal');
      expect(notAsked).toEqual({ code: 'digest_mismatch', message: 'The stored files are not the ones that were proposed. It is asked as soon as that is mended.', at: expect.any(String) });
      await approvalOf(gateway.database, await seedProposal(gateway.database, work)); // the sweep has come round again
      const entries = await sqlAs<{ body: object }>(`select convert_from(payload, 'UTF8')::jsonb -> 'body' as body from audit.entry where team_id = $1 and convert_from(payload, 'UTF8') like '%APPROVAL-NOT-ASKED%'`, work.teamId);
      expect(entries.map(({ body }) => body)).toEqual([{ code: 'digest_mismatch', deliverable_id: proposal.deliverableId, goal_id: proposal.goalId }]);
      await sqlAs(`update app.artifact set content = $2 where id = $1`, artifactId, content);
      await approvalOf(gateway.database, proposal);
      expect((await goal()).notAsked).toBeNull();
    });

    it('says it also of what nobody has thought of, where the making of the question fails', async () => {
      const asking = gateway.running.app.get(AskApproval);
      const ask = asking.ask.bind(asking);
      const proposal = await seedDeliverable(gateway.database, work);
      const broken = mock.method(asking, 'ask', (...args: Parameters<typeof ask>) => (args[2] === proposal.deliverableId ? Promise.reject(new TypeError('there is no such field')) : ask(...args)));
      await propose(gateway.database, proposal);
      const goal = async (): Promise<GoalDetail> => (await gateway.call('asha', 'GET', `/v1/teams/${work.teamId}/goals/${proposal.goalId}`)).body as GoalDetail;
      const { notAsked } = await until(async () => ((await goal()).notAsked === null ? undefined : goal()), 'the refusal');
      expect(notAsked).toMatchObject({ code: 'not_askable' });
      broken.mock.restore();
      await approvalOf(gateway.database, proposal);
    });

    it('does not count who had a hand in it: asked is nobody then', async () => {
      const proposal = await seedDeliverable(gateway.database, team);
      await sqlAs(`update app.worker_run set member_id = $2 where task_id = $1`, proposal.taskId, RAVI);
      await propose(gateway.database, proposal);
      const code = await until(async () => (await sqlAs<{ code: string }>(`select code from app.unasked where deliverable_id = $1`, proposal.deliverableId))[0]?.code, 'the refusal');
      expect(code).toBe('quorum_short');
      await sqlAs(`update app.goal set state = 'cancelled' where id = $1`, proposal.goalId);
    });

    it('waits ten minutes after the second yes at the highest tier, whatever the request says, and each of them can take theirs back until then', async () => {
      const highest = await wanting({ need: 2 }, 3);
      const approval = await asked(highest);
      expect(approval).toMatchObject({ tier: 3, reversible: true, quorum: { need: 2 } }); // a push: its branch can be deleted again
      expect(approval.facts).toContainEqual({ label: 'Can be undone', value: 'yes' });
      expect(approval.facts).toContainEqual({ label: 'Waits after the last yes', value: '10 minutes; until then it can be undone' });
      expect(codeOf(await decide(approval))).toEqual([422, 'key_unfit']); // a key in a file
      await sqlAs(`update app.approver_key set kind = 'device' where person_id = any ($1)`, [personOf('asha'), RAVI]);
      expect(await decide(approval)).toMatchObject({ body: { state: 'pending' } });
      const { body } = await decide(approval, { persona: 'ravi', holdSeconds: 0 });
      const { effectiveAt, decidedAt, validUntil } = body as DecisionRecorded;
      expect([Date.parse(effectiveAt!) - Date.parse(decidedAt), Date.parse(validUntil!) - Date.parse(effectiveAt!)]).toEqual([600_000, 900_000]);
      expect(await read(approval.id)).toMatchObject({ state: 'held', mayUndo: true });
      for (const persona of ['asha', 'ravi']) {
        expect(await undo(approval, persona)).toMatchObject({ body: { state: 'pending', undone: 'approve' } });
        expect(await decide(approval, { persona })).toMatchObject({ body: { state: 'held' } });
      }
      await effective(approval, 'now');
      await becomes(approval.id, 'approved');
      await sqlAs(`update app.approver_key set kind = 'software'`);
    });
  });
});
