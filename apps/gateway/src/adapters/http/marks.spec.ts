import { randomUUID } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { PREFERENCE_DEFAULTS, type AlertView, type ApprovalDetail, type ApprovalSummary, type ApprovalThread, type GoalId } from '@countersign/contracts';
import { Database, sql } from '@countersign/database';
import { timed } from '@countersign/testing';
import { expect } from 'expect';
import { startNeighbours, type FakeHouse } from '../../testing/fake-services.js';
import { approvalOf, personOf, seedDeliverable, seedProposal, seedTeamOf, type SeededWork } from '../../testing/seed-work.js';
import { startGateway, type Answer, type TestGateway } from '../../testing/start-gateway.js';
import { until } from '../../testing/until.js';
import { readGatewayConfig } from '../../config.js';
import { Watch } from '../../watch.js';
import { AskApproval } from '../postgres/ask-approval.js';
import { Ladders } from '../postgres/ladders.js';

const MINUTE_MS = 60_000;
const RAVI = '0190a000-0000-7000-8000-00000000aaaa';

describe('what is said about a request that stays open, and what is said of it', { concurrency: 1 }, () => {
  let gateway: TestGateway;
  let house: FakeHouse;
  let work: SeededWork;
  let foreign: SeededWork;
  before(async () => {
    gateway = await startGateway();
    house = await startNeighbours(gateway);
    work = await seedTeamOf(gateway.database, 'asha');
    foreign = await seedTeamOf(gateway.database, 'ben', 'active', 'Other care');
    await Promise.all([gateway.device('asha'), gateway.device('ben')]);
  });
  after(async () => {
    await house[Symbol.asyncDispose]();
    await gateway.close();
  });

  const admin = <T extends object>(text: string, values: unknown[] = []): Promise<T[]> => gateway.database.admin<T>(text, values);
  const read = async (id: string, persona = 'asha'): Promise<ApprovalDetail> => (await gateway.call(persona, 'GET', `/v1/approvals/${id}`)).body as ApprovalDetail;
  const asked = async (...seed: unknown[]): Promise<ApprovalDetail> => read(await approvalOf(gateway.database, await seedProposal(gateway.database, work, ...(seed as []))));
  const say = (approval: ApprovalDetail, decision: string, more: object = {}, { persona = 'asha', key = randomUUID() } = {}): Promise<Answer> =>
    gateway.call(persona, 'POST', `/v1/approvals/${approval.id}/decision`, { body: { decision, digest: approval.digest, ...more }, headers: { 'idempotency-key': key, 'if-match': `"${approval.version}"` } });
  const thread = async (id: string): Promise<ApprovalThread> => (await gateway.call('asha', 'GET', `/v1/approvals/${id}/thread`)).body as ApprovalThread;
  const entries = async (action: string, id: string): Promise<Record<string, unknown>[]> =>
    (await admin<{ said: { action: string; body: Record<string, unknown> } }>(`select convert_from(payload, 'UTF8')::jsonb as said from audit.entry where convert_from(payload, 'UTF8') like $1`, [`%${id}%`])).filter(({ said }) => said.action === action).map(({ said }) => said.body);
  const marksOf = (id: string): Promise<{ kind: string; text: string }[]> => admin('select kind, text from app.approval_mark where approval_id = $1 order by at', [id]);
  const soon = (ms: number): string => new Date(Date.now() + ms).toISOString();

  it('is put off by one person, for themselves: it stays open, as it was, for everybody else', async () => {
    const approval = await asked();
    const until = soon(30 * MINUTE_MS);
    const key = randomUUID();
    const answer = await say(approval, 'defer', { until, reason: 'after lunch' }, { key });
    expect(answer).toMatchObject({ status: 201, body: { state: 'pending', decision: 'defer', version: 1, validUntil: null } });
    expect(await say(approval, 'defer', { until, reason: 'after lunch' }, { key })).toMatchObject({ status: 200, body: answer.body as object });
    expect(await read(approval.id)).toMatchObject({ state: 'pending', marks: ['deferred'], version: 1, dueAt: approval.dueAt, deferredUntil: until, decision: null });
    expect((await read(approval.id, 'gov')).deferredUntil).toBeNull();
    const { items } = (await gateway.call('asha', 'GET', '/v1/approvals?state=pending')).body as { items: ApprovalSummary[] };
    expect(items.find(({ id }) => id === approval.id)).toMatchObject({ deferredUntil: until });
    expect(await marksOf(approval.id)).toEqual([{ kind: 'deferred', text: 'after lunch' }]);
    expect(await entries('MOBILE-APPROVAL-DEFERRED', approval.id)).toMatchObject([{ until }]);
    expect(JSON.stringify(await entries('MOBILE-APPROVAL-DEFERRED', approval.id))).not.toMatch(new RegExp(`lunch|${personOf('asha')}`));
    expect((await say(approval, 'deny', { reason: 'no' })).status).toBe(201); // whoever is about to decide is not disturbed
  });

  it('is not rung at whoever put it off until then', async () => {
    const approval = await asked();
    const rings = (): Promise<{ rung: string }[]> => admin(`select rung from app.ring where approval_id = $1 and state = 'reached' and person_id = $2`, [approval.id, personOf('asha')]);
    await until(async () => (await rings()).length === 1);
    expect((await say(approval, 'defer', { until: soon(20 * MINUTE_MS) })).status).toBe(201);
    await admin(`update app.approval set created_at = created_at - interval '61 minutes' where id = $1`, [approval.id]); // the reminder's time has come
    const look = async (): Promise<void> => {
      await admin(`update app.ladder set next_at = clock_timestamp() where approval_id = $1`, [approval.id]);
      await gateway.running.app.get(Ladders).look(work.teamId, approval.id as never);
    };
    await look();
    const [{ next_at }] = (await admin<{ next_at: Date }>('select next_at from app.ladder where approval_id = $1', [approval.id])) as [{ next_at: Date }];
    expect([(await rings()).length, next_at.getTime() > Date.now() + 19 * MINUTE_MS]).toEqual([1, true]);
    await admin(`update app.approval_mark set until = clock_timestamp(), at = at - interval '1 hour' where approval_id = $1`, [approval.id]);
    await look();
    await until(async () => (await rings()).some(({ rung }) => rung === 'reminder'));
  });

  it('is escalated once, by however many at a time: at once to who stands in, with a row', async () => {
    await admin(`insert into app.person (customer_id, id, login, display_name, roles) select customer_id, $1, 'ravi', 'Ravi', roles from app.person where login = 'asha' on conflict do nothing`, [RAVI]);
    const { headers } = await gateway.call('asha', 'GET', '/v1/notification-preferences');
    await gateway.call('asha', 'PUT', '/v1/notification-preferences', { body: { ...PREFERENCE_DEFAULTS, substituteId: RAVI }, headers: { 'if-match': headers.get('etag')! } });
    const unreached = await asked(); // who stands in has nothing to be rung on
    expect((await say(unreached, 'escalate')).status).toBe(201);
    expect(await entries('MOBILE-APPROVAL-ESCALATED', unreached.id)).toMatchObject([{ to: 'governor' }]);
    await admin(`insert into app.device (customer_id, id, person_id, name, platform, address) select customer_id, gen_random_uuid(), id, 'Ravi', 'fcm', 'phone-ravi' from app.person where id = $1`, [RAVI]);
    const approval = await asked();
    const answers = await Promise.all(Array.from({ length: 8 }, () => say(approval, 'escalate')));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, ...Array(7).fill(409)]);
    expect(answers.filter(({ status }) => status === 409).map(({ body }) => (body as { code: string }).code)).toEqual(Array(7).fill('already_escalated'));
    expect(await entries('MOBILE-APPROVAL-ESCALATED', approval.id)).toMatchObject([{ to: 'substitute' }]);
    expect(await read(approval.id)).toMatchObject({ state: 'pending', marks: ['escalated'] });
    await until(async () => (await admin(`select 1 from app.ring where approval_id = $1 and person_id = $2 and rung = 'substitute'`, [approval.id, RAVI])).length === 1);
  });

  it('is escalated to the platform’s governor where nobody stands in', async () => {
    await admin('delete from app.preference');
    await gateway.device('gov', 'phone-gov');
    const approval = await asked();
    expect((await say(approval, 'escalate', { reason: 'I am ill' })).status).toBe(201);
    await until(async () => (await admin(`select 1 from app.ring where approval_id = $1 and person_id = $2 and rung = 'escalation' and state = 'reached'`, [approval.id, personOf('gov')])).length === 1);
    expect(await entries('APPROVAL-ESCALATED', approval.id)).toEqual([]); // nobody failed to answer
  });

  it('is asked back: to the team by message, in the thread as said, and the answer as an agent’s', async () => {
    const approval = await asked();
    const question = 'Why \u202eevil\u202c and \u200b?';
    expect(await say(approval, 'ask', { reason: question })).toMatchObject({ status: 201, body: { state: 'pending', decision: 'ask' } });
    const sent = await admin<{ said: object }>(`select convert_from(payload, 'UTF8')::jsonb as said from app.outbox where service = 'svc_gateway' and subject like '%approvals.asked' and convert_from(payload, 'UTF8') like $1`, [`%${approval.id}%`]);
    expect(sent.map(({ said }) => said)).toEqual([{ epoch: 1, approvalId: approval.id, goalId: approval.goalId }]); // names rows, carries no words
    const [{ id }] = (await admin<{ id: string }>(`select id from app.approval_mark where approval_id = $1`, [approval.id])) as [{ id: string }];
    await admin(`insert into app.approval_answer (team_id, question_id, member_id, text) values ($1, $2, $3, 'Because.')`, [work.teamId, id, work.managerId]);
    expect((await thread(approval.id)).items).toMatchObject([
      { kind: 'question', by: 'Asha', fromAgent: false, text: question },
      { kind: 'answer', by: 'Mira', fromAgent: true, text: 'Because.' },
    ]);
    expect((await entries('MOBILE-APPROVAL-ASKED', approval.id))).toHaveLength(1);
    expect((await gateway.call('gov', 'GET', `/v1/approvals/${approval.id}/thread`))).toMatchObject({ status: 403, body: { code: 'content_not_yours' } });
  });

  it('takes no mark when it is over, from a stranger, past its due time or for other bytes; nothing is written', async () => {
    const open = await asked();
    const over = await asked();
    expect((await say(over, 'deny', { reason: 'no' })).status).toBe(201);
    const refusals: [Promise<Answer>, number, string][] = [
      [say({ ...over, version: 2 }, 'ask', { reason: 'why?' }), 409, 'already_decided'],
      [say({ ...over, version: 2 }, 'escalate'), 409, 'already_decided'],
      [say(open, 'defer', { until: new Date(Date.parse(open.dueAt) + 1).toISOString() }), 422, 'defer_past_due'],
      [say(open, 'defer', { until: soon(-1) }), 422, 'until_past'],
      [say(open, 'defer'), 422, 'until_missing'],
      [say(open, 'defer', { until: 'tomorrow' }), 422, 'invalid_input'],
      [say(open, 'ask'), 422, 'reason_missing'],
      [say(open, 'ask', { reason: 'x'.repeat(2_001) }), 422, 'invalid_input'],
      [say(open, 'ask', { reason: 'x' }, { persona: 'ben' }), 404, 'not_found'],
      [say(open, 'escalate', {}, { persona: 'gov' }), 403, 'not_eligible'],
      [say({ ...open, digest: 'f'.repeat(64) }, 'ask', { reason: 'x' }), 412, 'digest_differs'],
      [say({ ...open, version: 9 }, 'escalate'), 412, 'stale_version'],
      [say(open, 'escalate', { report: true }), 422, 'not_for_this_decision'],
      [say(open, 'deny', { reason: 'x', comments: [{ path: 'src/a.js', line: 1, side: 'after', text: 'x' }] }), 422, 'not_for_this_decision'],
    ];
    for (const [answer, status, code] of refusals) expect(await answer).toMatchObject({ status, body: { code } });
    expect([await marksOf(open.id), await marksOf(over.id)]).toEqual([[], []]);
    expect(await read(open.id)).toMatchObject({ state: 'pending', marks: [] });
  });

  it('is marked by the person the context names and nobody else, also for who writes rows', async () => {
    const approval = await asked();
    const insert = (personId: string) => sql`insert into app.approval_mark (team_id, id, approval_id, kind, person_id, device_id, text) values (${work.teamId}, ${randomUUID()}, ${approval.id}, 'asked', ${personId}, ${randomUUID()}, 'x')`;
    const attempt = (service: 'gateway' | 'manager-agent' | 'helpdesk-agent' | 'executor', personId: string) =>
      gateway.database.as(service).withTeam(work.teamId, (tx) => { tx.ledgerOnly(); tx.write(insert(personId)); return Promise.resolve(); }, { principal: `person:${personOf('asha')}` }).then(() => 'written', (error: unknown) => String(error));
    expect(await attempt('gateway', personOf('ben'))).toMatch(/not_the_person/);
    for (const service of ['manager-agent', 'helpdesk-agent', 'executor'] as const) expect(await attempt(service, personOf('asha'))).toMatch(/permission denied/);
    expect(await attempt('gateway', personOf('asha'))).not.toBe('written'); // no entry, no mark
    expect(await marksOf(approval.id)).toEqual([]);
  });

  it('sends a review with remarks on lines, each with the line as it stands, and shows it with the next version', async () => {
    const contents = { 'src/a.js': 'one\ntwo \u202ethree\n', 'src/b.js': 'b\u0000\n' };
    const proposal = await seedProposal(gateway.database, work, contents);
    const first = await read(await approvalOf(gateway.database, proposal));
    const comments = [{ path: 'src/a.js', line: 2, side: 'after', text: 'not \u200bthis' }, { path: 'src/a.js', line: 1, side: 'before', text: 'keep it' }];
    for (const bad of [{ ...comments[0], line: 3 }, { ...comments[0], line: 0 }, { ...comments[0], path: 'src/c.js' }, { ...comments[0], path: 'src/b.js', line: 1 }, { ...comments[0], path: '../src/a.js' }, { ...comments[1], line: 2 }, { ...comments[0], text: 'x'.repeat(2_001) }, { ...comments[0], side: 'left' }]) {
      expect(await say(first, 'request_changes', { reason: 'x', comments: [bad] })).toMatchObject({ status: 422, body: { code: expect.stringMatching(/comment_misplaced|invalid_input/) } });
    }
    expect(await say(first, 'request_changes', { reason: 'x', comments: Array(51).fill(comments[0]) })).toMatchObject({ status: 422, body: { code: 'invalid_input' } });
    expect(await say(first, 'request_changes', { reason: 'x', comments: Array(5).fill({ ...comments[0], text: 'x'.repeat(1_999) }) })).toMatchObject({ status: 422, body: { code: 'comments_too_long' } });
    expect((await read(first.id)).state).toBe('pending');
    expect((await say(first, 'request_changes', { reason: 'two things', comments })).status).toBe(201);
    expect(await entries('APPROVAL-CHANGES-REQUESTED', first.id)).toMatchObject([{ comments: '2' }]);
    expect(JSON.stringify(await entries('APPROVAL-CHANGES-REQUESTED', first.id))).not.toContain('keep it');
    const next = await read(await approvalOf(gateway.database, await seedProposal(gateway.database, work, { ...contents, 'src/a.js': 'one\n' }, proposal.goalId, 2)));
    expect(await thread(next.id)).toMatchObject({
      revision: 2, lastSeen: null, first: { approvalId: first.id, revision: 1 },
      items: [{ kind: 'changes_requested', by: 'Asha', revision: 1, approvalId: first.id, text: 'two things', comments: [{ ...comments[0], quote: 'two \u202ethree' }, { ...comments[1], quote: 'before' }] }],
    });
    expect((await thread(first.id)).items).toHaveLength(1);
  });

  it('remembers which version a person opened, by its digest alone, and for them alone', async () => {
    const proposal = await seedProposal(gateway.database, work);
    const versions: ApprovalDetail[] = [await read(await approvalOf(gateway.database, proposal))];
    const see = (approval: ApprovalDetail, persona = 'asha', digest = approval.digest) => gateway.call(persona, 'POST', `/v1/approvals/${approval.id}/seen`, { body: { digest } });
    expect(await see(versions[0]!, 'asha', 'f'.repeat(64))).toMatchObject({ status: 412, body: { code: 'digest_differs' } });
    expect(await see(versions[0]!, 'ben')).toMatchObject({ status: 404 });
    const views = async (): Promise<number> => Number(/^countersign_approval_first_view_seconds_count (\d+)$/m.exec((await gateway.call(undefined, 'GET', '/metrics')).body as string)?.[1] ?? 0);
    const before = await views();
    expect((await see(versions[0]!)).status).toBe(204);
    expect((await see(versions[0]!)).status).toBe(204);
    expect(await views()).toBe(before + 1);
    for (const revision of [2, 3]) versions.push(await read(await approvalOf(gateway.database, await seedProposal(gateway.database, work, { 'src/a.js': `v${revision}` }, proposal.goalId, revision))));
    expect(await thread(versions[2]!.id)).toMatchObject({ revision: 3, lastSeen: { approvalId: versions[0]!.id, revision: 1 }, first: { approvalId: versions[0]!.id }, earlier: [versions[1]!.id, versions[0]!.id] });
    expect((await see(versions[1]!)).status).toBe(204); // also one that was replaced while it was read
    expect((await see(versions[2]!)).status).toBe(204);
    expect(await thread(versions[2]!.id)).toMatchObject({ lastSeen: { approvalId: versions[1]!.id, revision: 2 } });
    expect(await thread(versions[0]!.id)).toMatchObject({ revision: 1, lastSeen: null, first: null });
    const rows = await admin<{ digest: Buffer; device_id: string | null }>('select digest, device_id from app.approval_seen where approval_id = $1', [versions[2]!.id]);
    expect(rows).toMatchObject([{ device_id: expect.any(String) }]);
    expect(rows[0]!.digest.toString('hex')).toBe(versions[2]!.digest);
  });

  it('does not ring anew about the very same, and does about another', async () => {
    const phone = `phone-${randomUUID()}`;
    await gateway.device('asha', phone);
    const ringsOf = async (id: string): Promise<string[]> => (await until(async () => {
      const rows = await admin<{ rung: string; state: string }>(`select rung, state from app.ring where approval_id = $1 and person_id = $2 and rung = 'push' and state <> 'ringing'`, [id, personOf('asha')]);
      return rows.length > 0 && rows;
    })).map(({ state }) => state);
    const quiet = () => admin(`update app.ring set at = at - interval '2 days', state = case state when 'held' then 'withdrawn' else state end`);
    await quiet();
    const proposal = await seedProposal(gateway.database, work, { 'src/a.js': 'same' });
    const ids = [await approvalOf(gateway.database, proposal)];
    expect(await ringsOf(ids[0]!)).toEqual(['reached']);
    for (const [revision, text, state, before] of [[2, 'same', 'covered', 'superseded'], [3, 'another', 'reached', 'superseded'], [4, 'another', 'reached', 'withdrawn'], [5, 'another', 'reached', 'refused']] as const) {
      await quiet();
      if (before === 'withdrawn') await admin(`update app.approval set state = 'withdrawn' where id = $1`, [ids.at(-1)!]); // the team was stopped in between
      if (before === 'refused') await admin(`insert into app.effect (team_id, id, approval_id, goal_id, kind, state, code, idempotency_key) values ($1, $2, $3, $4, 'git.push', 'refused', 'assertion_late', 'k')`, [work.teamId, randomUUID(), ids.at(-1)!, proposal.goalId]); // their yes came to nothing
      ids.push(await approvalOf(gateway.database, await seedProposal(gateway.database, work, { 'src/a.js': text }, proposal.goalId, revision)));
      expect(await ringsOf(ids.at(-1)!)).toEqual([state]);
    }
  });

  describe('of an agent that wears people out', () => {
    const watch = (): Promise<void> => gateway.running.app.get(Watch).look();
    const alerts = async (persona = 'asha'): Promise<AlertView[]> => ((await gateway.call(persona, 'GET', '/v1/alerts')).body as { items: AlertView[] }).items;
    const anew = async (): Promise<SeededWork> => (work = await seedTeamOf(gateway.database, 'asha'));

    it('is denied and stops the team when it is reported: told, on record, and silent for the goal', async () => {
      await anew();
      const approval = await asked();
      expect(await say(approval, 'deny', { reason: 'this was not me', report: true, holdSeconds: 30 })).toMatchObject({ status: 201, body: { state: 'denied' } }); // no time is lost
      house.neighbours.heard.length = 0;
      house.neighbours.refuse('busy', 'try again');
      await watch();
      expect(await alerts('ops')).toMatchObject([{ kind: 'reported', stops: 'team', teamId: work.teamId, approvalId: approval.id, stoppedAt: null }]);
      await watch(); // what failed is done by the next look, and once it is done it is not done again
      await watch();
      expect(house.neighbours.heard).toMatchObject([{ command: 'move' }, { command: 'move', request: { teamId: work.teamId, verb: 'suspend', by: { personId: personOf('asha'), roles: ['customer_governor'] } } }]);
      expect(await alerts()).toMatchObject([{ kind: 'reported', stoppedAt: expect.any(String) }]);
      expect(await alerts('ben')).toEqual([]);
      const [entry] = await entries('APPROVAL-REPORTED', approval.id);
      expect(Date.parse(entry!['muted_until'] as string)).toBeGreaterThan(Date.now() + 19 * MINUTE_MS);
      const again = await approvalOf(gateway.database, await seedProposal(gateway.database, work, { 'src/a.js': 'please!' }, approval.goalId as GoalId, 2));
      const [{ next_at }] = (await until(async () => {
        const rows = await admin<{ next_at: Date }>(`select next_at from app.ladder where approval_id = $1 and next_at > clock_timestamp() + interval '10 minutes'`, [again]);
        return rows.length > 0 && rows;
      })) as [{ next_at: Date }];
      expect(next_at.toISOString()).toBe(entry!['muted_until']);
      expect(await admin('select 1 from app.ring where approval_id = $1', [again])).toEqual([]);
    });

    it('pauses the agent after three noes or expiries within an hour, and counts anew from there', async () => {
      await anew();
      house.neighbours.heard.length = 0;
      for (const nth of [1, 2, 3]) {
        const approval = await asked();
        if (nth === 1) { // a no that was taken back counts for nothing, and no question twice
          expect(await say(approval, 'deny', { reason: 'oh', holdSeconds: 30 })).toMatchObject({ body: { state: 'held' } });
          expect(await gateway.call('asha', 'POST', `/v1/approvals/${approval.id}/decision/undo`)).toMatchObject({ status: 200 });
        }
        expect((await say(await read(approval.id), 'deny', { reason: `no ${nth}` })).status).toBe(201);
        await watch();
        expect(house.neighbours.heard.length).toBe(nth === 3 ? 1 : 0);
      }
      const [alert] = await alerts();
      expect(alert).toMatchObject({ kind: 'refused_too_often', stops: 'agent', teamId: work.teamId, goalId: null, stoppedAt: expect.any(String) });
      expect(house.neighbours.heard).toMatchObject([{ command: 'pause agent', request: { teamId: work.teamId, alertId: alert!.id } }]);
      expect(await entries('AGENT-PAUSED', alert!.id)).toMatchObject([{ agent_id: work.managerId, reason: 'refused_too_often', counted: '3', minutes: '60' }]);
      await say(await asked(), 'deny', { reason: 'no' });
      await watch();
      expect(house.neighbours.heard).toHaveLength(1);
    });

    // P7
    it('is paused within a minute, and rings at most three times, when it asks a thousand times', async () => {
      await anew();
      await admin(`update app.ring set at = at - interval '2 days', state = case state when 'held' then 'withdrawn' else state end`);
      await gateway.device('asha', `phone-${randomUUID()}`);
      const proposal = await seedDeliverable(gateway.database, work, { 'src/a.js': 'v1' });
      // every one of them another question: the bytes differ, and so does the digest
      await admin(`insert into app.artifact (team_id, id, draft_id, path, version, media_type, size, sha256, content) select $1, gen_random_uuid(), a.draft_id, 'src/' || n || '.js', 1, 'text/javascript', 1, sha256('x'), 'x' from app.artifact a, generate_series(2, 1000) n where a.id = $2`, [work.teamId, proposal.files[0]!.artifactId]);
      await admin(`insert into app.deliverable (team_id, id, goal_id, revision, summary, effect, files, checks, proposed_by)
        select d.team_id, gen_random_uuid(), d.goal_id, n, d.summary, d.effect, jsonb_build_array(d.files -> 0 || jsonb_build_object('artifactId', a.id, 'path', a.path, 'size', 1, 'sha256', encode(a.sha256, 'hex'))), d.checks, d.proposed_by
        from app.deliverable d, generate_series(2, 1000) n join app.artifact a on a.team_id = $1 and a.path = 'src/' || n || '.js' where d.id = $2`, [work.teamId, proposal.deliverableId]);
      const rows = await admin<{ id: string }>('select id from app.deliverable where goal_id = $1 order by revision', [proposal.goalId]);
      const asking = gateway.running.app.get(AskApproval);
      const rung = () => admin(`select 1 from app.ring r join app.approval a on a.id = r.approval_id where a.goal_id = $1 and r.person_id = $2 and r.state in ('ringing', 'reached')`, [proposal.goalId, personOf('asha')]);
      const stopped = async (): Promise<boolean> => (await alerts()).some(({ teamId, stoppedAt }) => teamId === work.teamId && stoppedAt !== null);
      // a gateway beside it that looks by itself, as every one does, and as often as it is shipped to
      const { watchEveryMs } = readGatewayConfig({}, { home: gateway.home });
      expect(watchEveryMs).toBeLessThan(30_000);
      await using looking = await startGateway({ watchEveryMs }, gateway);
      expect(looking.url).not.toBe(gateway.url);
      const left = rows.entries();
      const askNext = async (): Promise<number | undefined> => {
        const { value, done } = left.next();
        if (done) return undefined;
        const [nth, { id }] = value;
        await gateway.running.app.get(Database).withTeam(work.teamId, (tx) => asking.ask(tx, work.teamId, id as never, 1), { fence: 1 });
        return nth;
      };
      const { tookMs, lostMs } = await timed(async () => {
        for (let nth = await askNext(); nth !== undefined; nth = await askNext()) {
          if (nth === 0) await until(async () => (await rung()).length > 0); // the first rings before it is paused
          if (nth < 19 ? await stopped() : await until(stopped, 'that it is paused')) return;
        }
        throw new Error('it was not paused');
      }, () => gateway.database.touch());
      await admin('update app.goal set paused_at = clock_timestamp() where id = $1', [proposal.goalId]); // what the manager does when it is told
      while ((await askNext()) !== undefined);
      const questions = await admin('select 1 from app.approval where goal_id = $1', [proposal.goalId]);
      expect(tookMs - lostMs).toBeLessThan(60_000);
      expect(questions.length).toBeGreaterThan(10);
      expect(questions.length).toBeLessThanOrEqual(20);
      const rings = await rung();
      expect(rings.length).toBeGreaterThan(0);
      expect(rings.length).toBeLessThanOrEqual(3);
      expect((await alerts()).filter(({ teamId }) => teamId === work.teamId)).toMatchObject([{ kind: 'asks_too_often', stops: 'agent', goalId: proposal.goalId }]);
    });

    it('is not seen by another customer, and found of every team by an operator', async () => {
      const foreignAsk = await read(await approvalOf(gateway.database, await seedProposal(gateway.database, foreign)), 'ben');
      await say(foreignAsk, 'deny', { reason: 'not me', report: true }, { persona: 'ben' });
      await watch();
      expect((await alerts('ben')).map(({ teamId }) => teamId)).toEqual([foreign.teamId]);
      expect((await alerts()).some(({ teamId }) => teamId === foreign.teamId)).toBe(false);
      expect((await alerts('ops')).some(({ teamId }) => teamId === foreign.teamId)).toBe(true);
    });
  });
});
