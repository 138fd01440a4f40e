import { after, before, describe, it } from 'node:test';
import { publish } from '@countersign/bus';
import { approvalRequested, escalationNews, PLATFORM_CHAIN, questionAsked, reviewAsked, teamChanged, uuidv7, type ApprovalDetail, type ApprovalId, type PersonId, type ReviewAsked, type TaskId, type TeamState, type TeamVerb } from '@countersign/contracts';
import { Database } from '@countersign/database';
import { createService, type RunningService } from '@countersign/service';
import { serviceEnv } from '@countersign/testing';
import { Module } from '@nestjs/common';
import { expect } from 'expect';
import { Announcing } from '../reach/announcing.js';
import { approvalOf, customerOf, personOf, seedDeliverable, seedProposal, seedTeamOf, type SeededProposal, type SeededWork } from '../../testing/seed-work.js';
import { startGateway, type TestGateway } from '../../testing/start-gateway.js';
import { until } from '../../testing/until.js';

@Module({})
class Silent {}

const RARELY_MS = 600_000;

describe('messages to the gateway', { concurrency: 1 }, () => {
  let gateway: TestGateway;
  let manager: RunningService;
  let gate: RunningService;
  let work: SeededWork;
  before(async () => {
    gateway = await startGateway({ lookEveryMs: RARELY_MS, approvalTimeoutMs: 3_600_000 }); // nothing is found by looking
    work = await seedTeamOf(gateway.database, 'asha');
    await admin(`insert into app.person (customer_id, id, login, display_name, roles) values ($1, $2::uuid, 'ravi', 'Ravi', '{customer_governor}')`, [customerOf('asha'), ravi]);
    [manager, gate] = await Promise.all((['manager-agent', 'spawn-gate'] as const).map((service) => createService({ service, module: Silent, env: serviceEnv(service, gateway) }))) as [RunningService, RunningService];
  });
  after(async () => {
    await Promise.all([manager.close(), gate.close()]);
    await gateway.close();
  });

  const request = ({ teamId, goalId, deliverableId }: SeededProposal, epoch = 1, times = 1): Promise<void> =>
    manager.app.get(Database).withTeam(teamId, (tx) => {
      tx.ledgerOnly();
      for (let n = 0; n < times; n++) publish(tx, approvalRequested, { teamId }, { epoch, goalId, deliverableId });
      return Promise.resolve();
    });
  const read = async (id: ApprovalId): Promise<ApprovalDetail> => (await gateway.call('asha', 'GET', `/v1/approvals/${id}`)).body as ApprovalDetail;
  const approvalsOf = ({ deliverableId }: SeededProposal) => gateway.database.admin('select id from app.approval where deliverable_id = $1', [deliverableId]);

  /** Every notice is tried, as when quiet hours are over. */
  const sendHeld = async (): Promise<void> => {
    await gateway.database.admin(`update app.account_notice set not_before = clock_timestamp() where state = 'due'`);
    const announcing = gateway.running.app.get(Announcing);
    for (let left = 1; left > 0; ) {
      await announcing.sendDue(() => undefined);
      await announcing.idle();
      left = (await gateway.database.admin(`select 1 from app.account_notice where state = 'due' and not_before <= clock_timestamp()`)).length;
    }
  };

  const admin = (text: string, values: unknown[] = []) => gateway.database.admin<Record<string, string>>(text, values);
  /** A second governor of Asha's. */
  const ravi = uuidv7();
  const prefer = (id: string, doc: object) => admin(`insert into app.preference (customer_id, person_id, doc, version) values ($1, $2, $3, 1) on conflict (customer_id, person_id) do update set doc = excluded.doc`, [customerOf('asha'), id, JSON.stringify({ email: 'x@chai.example', phone: '+15550100', ...doc })]);
  const clock = (hours: number): string => new Date(Date.now() + hours * 3_600_000).toISOString().slice(11, 16);
  /** Quiet hours that it is in the middle of. */
  const quietHours = () => ({ from: clock(-1), to: clock(2) });
  interface AskedFor {
    readonly teamId: SeededWork['teamId'];
    readonly taskId: TaskId;
    readonly request: string;
  }
  const addEvent = async ({ teamId, taskId }: Omit<AskedFor, 'request'>, kind: string, body: object): Promise<string> => {
    const id = uuidv7();
    await admin(`insert into app.task_event (team_id, id, task_id, kind, actor, body) values ($1, $2, $3, $4, $5, $6)`, [teamId, id, taskId, kind, work.managerId, JSON.stringify(body)]);
    return id;
  };
  /** Done work of the team that waits for the person's review, or for anybody's. */
  const waitsFor = async (team: SeededWork, who: string | null): Promise<AskedFor> => {
    const { teamId, taskId } = await seedDeliverable(gateway.database, team);
    return { teamId, taskId, request: await addEvent({ teamId, taskId }, 'review_requested', { reviewer: who && `person:${who}` }) };
  };
  const tellReview = ({ teamId, taskId, request }: AskedFor, what: ReviewAsked['what'], times = 2) => manager.app.get(Database).withTeam(teamId, (tx) => {
    tx.ledgerOnly();
    for (let n = 0; n < times; n++) publish(tx, reviewAsked, { teamId }, { epoch: 1, taskId, request, what });
    return Promise.resolve();
  });
  const heardOfReviews = () => admin(`select case person_id when $1 then 'Ravi' else 'Asha' end as who, kind, channel, about, case when not_before > created_at + interval '1 hour' then 'later' else 'now' end as at from app.account_notice where kind like 'review%' order by created_at, who`, [ravi]);

  it('a proposal puts one question to a person, however often it is announced', async () => {
    const proposal = await seedProposal(gateway.database, work);
    await request(proposal, 1, 3);
    const approval = await read(await approvalOf(gateway.database, proposal));
    expect(Date.parse(approval.dueAt) - Date.parse(approval.createdAt)).toBe(3_600_000);
    const last = await seedProposal(gateway.database, work);
    await request(last); // handled after the repeats: same subject, in order
    await approvalOf(gateway.database, last);
    expect(await approvalsOf(proposal)).toHaveLength(1);
    expect(await gateway.database.admin('select 1 from app.dead_letter')).toEqual([]);
  });

  it('a proposal from before the team was stopped asks nobody', async () => {
    const other = await seedTeamOf(gateway.database, 'asha');
    const late = await seedProposal(gateway.database, other);
    await gateway.database.admin('update app.team set epoch = 3 where team_id = $1', [other.teamId]);
    await request(late, 1);
    const fresh = await seedProposal(gateway.database, other);
    await request(fresh, 3);
    await approvalOf(gateway.database, fresh);
    expect(await approvalsOf(late)).toEqual([]);
  });

  it('a proposal whose bytes were changed asks nobody and is kept for people to look at', async () => {
    const proposal = await seedProposal(gateway.database, work);
    await gateway.database.admin(`update app.artifact set content = 'evil' where id = $1`, [proposal.files[0]!.artifactId]);
    await request(proposal);
    const [letter] = await until(async () => {
      const rows = await gateway.database.admin<{ error_code: string; error_text: string }>('select error_code, error_text from app.dead_letter');
      return rows.length > 0 && rows;
    }, 'the dead letter');
    expect(letter).toMatchObject({ error_code: 'digest_mismatch', error_text: expect.stringContaining('src/a.js') });
    expect(await approvalsOf(proposal)).toEqual([]);
  });

  it("a team's stop takes its questions back at once", async () => {
    const other = await seedTeamOf(gateway.database, 'asha');
    const proposal = await seedProposal(gateway.database, other);
    await request(proposal);
    const id = await approvalOf(gateway.database, proposal);
    await gateway.database.admin(`update app.team set state = 'suspended', epoch = 2 where team_id = $1`, [other.teamId]);
    const tell = (state: 'suspended' | 'active', epoch: number, verb?: TeamVerb) => gate.app.get(Database).withTeam(other.teamId, (tx) => {
      tx.ledgerOnly();
      publish(tx, teamChanged, { teamId: other.teamId }, { epoch, state, ...(verb ? { verb } : {}) });
      return Promise.resolve();
    });
    await gateway.database.admin(`insert into app.preference (customer_id, person_id, doc, version) select customer_id, id, '{"email": "x@chai.example"}', 1 from app.person where id = $1 on conflict (customer_id, person_id) do update set doc = app.preference.doc || '{"email": "x@chai.example"}'`, [personOf('asha')]);
    await tell('suspended', 2, 'suspend');
    await tell('suspended', 2, 'suspend');
    await until(async () => (await read(id)).state === 'withdrawn', 'the withdrawal');
    const [told] = await gateway.database.admin<{ payload: string }>(`select convert_from(payload, 'UTF8') as payload from app.outbox where team_id = $1 and subject like '%approvals.decided'`, [other.teamId]);
    expect(JSON.parse(told!.payload)).toEqual({ epoch: 2, approvalId: id, goalId: proposal.goalId, outcome: 'withdraw' });
    // its governor hears of it once by each way, however often the news comes; and once that it goes on, not of what is past
    const heard = () => gateway.database.admin<{ kind: string; about: string; channel: string }>(`select kind, about, channel from app.account_notice where person_id = $1 and kind like 'team_%' order by created_at`, [personOf('asha')]);
    await until(async () => (await heard()).length > 0, 'the notice');
    await gateway.database.admin(`update app.team set state = 'active', epoch = 3 where team_id = $1`, [other.teamId]);
    await tell('suspended', 2, 'suspend');
    await tell('active', 3, 'reactivate');
    await until(async () => (await heard()).length > 1, 'the second notice');
    expect(await heard()).toEqual([{ kind: 'team_suspended', about: 'Code care', channel: 'email' }, { kind: 'team_reactivated', about: 'Code care', channel: 'email' }]);
    // heard of when it is over by then: still once, and in its order; also where it became single agents right after
    const is = (state: string, epoch: number) => admin(`update app.team set state = $2, epoch = $3 where team_id = $1`, [other.teamId, state, epoch]);
    await is('active', 6);
    for (const _ of [1, 2]) await tell('suspended', 4, 'suspend');
    await tell('active', 5, 'reactivate');
    await until(async () => (await heard()).length > 3, 'the notices of both');
    expect((await heard()).map(({ kind }) => kind)).toEqual(['team_suspended', 'team_reactivated', 'team_suspended', 'team_reactivated']);
    // whatever else happens to it is neither, also when it is long ago that it was told
    const later = async (...kinds: string[]): Promise<void> => {
      await until(async () => (await heard()).length > 0, 'the only notice');
      expect((await heard()).map(({ kind }) => kind)).toEqual(kinds);
      await admin(`delete from app.account_notice where person_id = $1`, [personOf('asha')]);
    };
    await admin(`delete from app.account_notice where person_id = $1`, [personOf('asha')]);
    await tell('active', 6);
    await is('suspended', 7);
    await tell('suspended', 7, 'suspend');
    await later('team_suspended');
    await tell('suspended', 7);
    await is('active', 8);
    await tell('active', 8, 'reactivate');
    await later('team_reactivated');
    await tell('active', 8);
    await is('suspended', 9);
    await tell('suspended', 9, 'suspend');
    await later('team_suspended');
  });

  it('who is asked to review hears so once, and once that they are reminded, by the ways they chose and when their quiet hours are over; not who has begun, decided or been relieved, and nobody by looking', async () => {
    await prefer(personOf('asha'), { channels: { approval: ['email', 'sms'], reminder: ['email'] } });
    await prefer(ravi, { quietHours: quietHours() });
    const other = await seedTeamOf(gateway.database, 'asha');
    const waits = (who: string, team = other): Promise<AskedFor> => waitsFor(team, who);
    const about = `${other.teamId} Code care`;
    const [mine, his, begun, decided, relieved] = [await waits(personOf('asha')), await waits(ravi), await waits(personOf('asha')), await waits(personOf('asha')), await waits(personOf('asha'))];
    await addEvent(begun, 'review_started', { request: begun.request });
    await addEvent(decided, 'review_approved', {});
    await addEvent(relieved, 'review_requested', { reviewer: null });
    for (const one of [decided, relieved, await waits(personOf('asha'), await seedTeamOf(gateway.database, 'asha', 'suspended'))]) await tellReview(one, 'asked');
    await tellReview(begun, 'reminded');
    for (const what of ['asked', 'reminded'] as const) await tellReview(mine, what);
    await tellReview(his, 'asked', 3);
    const expected = [
      { who: 'Asha', kind: 'review_asked', channel: 'email', about, at: 'now' }, { who: 'Asha', kind: 'review_reminded', channel: 'email', about, at: 'now' }, { who: 'Ravi', kind: 'review_asked', channel: 'email', about, at: 'later' },
    ];
    await until(async () => (await heardOfReviews()).length >= 3, 'the notices'); // one subject, in order: what came before is handled
    expect(await heardOfReviews()).toEqual(expected);
    await gateway.call('asha', 'GET', `/v1/teams/${other.teamId}/board`);
    const last = await waits(personOf('asha'));
    await prefer(personOf('asha'), { channels: { approval: ['push'] } }); // she has no device: nobody is written to who does not want it
    await tellReview(last, 'asked');
    await tellReview(his, 'reminded');
    await until(async () => (await heardOfReviews()).length >= 4, 'the last one');
    expect(await heardOfReviews()).toEqual([...expected, { who: 'Ravi', kind: 'review_reminded', channel: 'email', about, at: 'later' }]);
    // what his quiet hours held back is one notice in the morning, and none where he has begun by then
    const states = async () => (await admin(`select kind || ' ' || state as so from app.account_notice where person_id = $1 order by created_at`, [ravi])).map(({ so }) => so);
    expect(await states()).toEqual(['review_asked withdrawn', 'review_reminded due']);
    await addEvent(his, 'review_started', { request: his.request });
    await sendHeld();
    expect(await states()).toEqual(['review_asked withdrawn', 'review_reminded withdrawn']);
    // who wants no reminders hears of the request all the same
    await admin(`delete from app.account_notice`);
    await prefer(ravi, { quietHours: quietHours(), channels: { approval: ['email'], reminder: [] } });
    const still = await waits(ravi);
    await tellReview(still, 'asked');
    await tellReview(still, 'reminded');
    await tellReview(await waits(ravi), 'asked', 1); // in order
    await until(async () => (await states()).length >= 2, 'both requests');
    expect(await states()).toEqual(['review_asked due', 'review_asked due']);
  });

  it('every governor hears of a review that is anybody’s by now, when their quiet hours are over and also where their team stands still; nobody of one that is decided or over by then', async () => {
    await admin(`delete from app.account_notice`);
    await prefer(personOf('asha'), { channels: { approval: ['email', 'sms'] } });
    await prefer(ravi, { quietHours: quietHours() });
    const other = await seedTeamOf(gateway.database, 'asha');
    const first = await waitsFor(other, ravi);
    for (const what of ['asked', 'reminded'] as const) await tellReview(first, what);
    const kinds = async () => (await heardOfReviews()).map(({ who, kind, channel, at }) => `${who} ${kind} ${channel} ${at}`);
    await until(async () => (await kinds()).length >= 2, 'the request and its reminder');
    const anybodys = { ...first, request: await addEvent(first, 'review_requested', { reviewer: null }) };
    await tellReview(anybodys, 'escalated');
    await until(async () => (await kinds()).length >= 4, 'the notices');
    expect((await kinds()).sort()).toEqual(['Asha review_escalated email now', 'Ravi review_asked email later', 'Ravi review_escalated email later', 'Ravi review_reminded email later']);
    const ended = await waitsFor(other, null);
    await admin(`update app.goal set finished_at = now() where id = (select goal_id from app.task where id = $1)`, [ended.taskId]);
    await tellReview(ended, 'escalated');
    const [decided, taken] = [await waitsFor(other, null), await waitsFor(other, null)];
    for (const one of [decided, taken]) await tellReview(one, 'escalated', 1);
    const standing = await waitsFor(await seedTeamOf(gateway.database, 'asha', 'suspended'), null);
    await tellReview(standing, 'escalated');
    await tellReview(await waitsFor(other, null), 'escalated', 1); // those of one team in order
    await until(async () => (await kinds()).length >= 12, 'those of the others');
    await addEvent(decided, 'review_approved', {});
    await addEvent(taken, 'review_requested', { reviewer: `person:${ravi}` });
    await sendHeld();
    const states = await admin(`select about_ask as id, kind, bool_or(state = 'withdrawn') as over, count(*)::int as n from app.account_notice group by 1, 2`);
    const over = (one: AskedFor, kind = 'review_escalated') => states.filter((row) => row['id'] === one.request && row['kind'] === kind).map(({ over: so, n }) => `${n} ${so ? 'withdrawn' : 'told'}`).join();
    expect([over(first, 'review_asked'), over(first, 'review_reminded'), over(anybodys), over(ended), over(decided), over(taken), over(standing)]).toEqual(['1 withdrawn', '1 withdrawn', '2 told', '', '2 withdrawn', '2 withdrawn', '2 told']);
  });

  it('every governor hears that a member waits for an answer, once, by the ways they chose and when their quiet hours are over; and nothing of it once it is answered or over', async () => {
    await admin(`delete from app.account_notice`);
    const mira = uuidv7();
    await admin(`insert into app.person (customer_id, id, login, display_name, roles) values ($1, $2::uuid, 'mira', 'Mira', '{customer_governor}')`, [customerOf('asha'), mira]);
    await admin(`delete from app.preference where customer_id = $1`, [customerOf('asha')]);
    await prefer(personOf('asha'), { channels: { approval: ['email', 'sms'] } });
    await prefer(mira, { quietHours: quietHours() });
    const other = await seedTeamOf(gateway.database, 'asha');
    const asks = async (dueIn = '1 hour', state = 'running'): Promise<{ question: string; taskId: TaskId }> => {
      const [{ taskId }, instance, question] = [await seedDeliverable(gateway.database, other), uuidv7(), uuidv7()];
      await admin(`insert into app.instance (team_id, id, member_id, goal_id, task_id, run_id, role, template_id, state, capabilities, slice, skill_hash, policy_version, sandbox_level, epoch)
        select k.team_id, $2, $3, k.goal_id, k.id, gen_random_uuid(), 'worker', 't', $5, '{}', '{}', '', 1, 3, t.epoch from app.task k join app.team t on t.team_id = k.team_id where k.team_id = $1 and k.id = $4`, [other.teamId, instance, other.memberId, taskId, state]);
      await admin(`insert into app.clarification (team_id, id, task_id, member_id, instance_id, asked_of, question, at, due_at) values ($1, $2, $3, $4, $5, 'user', 'Which licence?', now() - interval '2 hours', now() + $6::interval)`, [other.teamId, question, taskId, other.memberId, instance, dueIn]);
      return { question, taskId };
    };
    const tell = ({ question: questionId }: { question: string }) => manager.app.get(Database).withTeam(other.teamId, (tx) => {
      tx.ledgerOnly();
      for (const _ of [1, 2]) publish(tx, questionAsked, { teamId: other.teamId }, { epoch: 1, questionId });
      return Promise.resolve();
    });
    const told = () => admin(`select case person_id when $1 then 'Mira' else 'Asha' end as who, channel, about, case when not_before > created_at + interval '1 hour' then 'later' else 'now' end as at from app.account_notice where kind = 'question_asked' order by who, created_at`, [mira]);
    for (const over of [await asks('-1 second'), await asks('1 hour', 'completed')]) await tell(over);
    const [first, second] = [await asks(), await asks()];
    await tell(first);
    const about = `${other.teamId} Code care`;
    const once = [{ who: 'Asha', channel: 'email', about, at: 'now' }, { who: 'Mira', channel: 'email', about, at: 'later' }];
    await until(async () => (await told()).length >= 2, 'the notices');
    expect(await told()).toEqual(once);
    await tell(second);
    await until(async () => (await told()).length >= 4, 'those of the second'); // one subject, in order
    expect(await told()).toEqual([once[0], once[0], once[1], once[1]]);
    // one is answered and the other's time is over before her quiet hours are
    await admin(`insert into app.member_message (team_id, id, kind, from_kind, from_id, to_id, task_id, text, answers) values ($1, $2, 'message', 'person', $3, $4, $5, 'MIT', $6)`, [other.teamId, uuidv7(), personOf('asha'), other.memberId, first.taskId, first.question]);
    await admin(`update app.clarification set due_at = now() - interval '1 second' where id = $1`, [second.question]);
    const last = await asks();
    await tell(last);
    await until(async () => (await told()).length >= 6, 'those of the last');
    await sendHeld();
    expect(await admin(`select about_ask as id, array_agg(distinct state) as states from app.account_notice where kind = 'question_asked' and person_id = $1 group by 1 order by 1`, [mira])).toEqual([
      ...[first, second].map(({ question: id }) => ({ id, states: ['withdrawn'] })), { id: last.question, states: [expect.not.stringMatching('withdrawn')] },
    ]);
  });

  it('an escalation tells who has to look, once by each of their ways and however often it is announced; that it is late, the platform’s governor too; and nobody what is resolved', async () => {
    await admin(`insert into app.preference (customer_id, person_id, doc, version) select customer_id, id, jsonb_build_object('email', id || '@c.example', 'phone', '+15550100', 'channels', jsonb_build_object('escalation', case when id = $2 then '["push"]'::jsonb else '["email", "sms"]'::jsonb end)), 1 from app.person where id = any ($1) on conflict (customer_id, person_id) do update set doc = excluded.doc`,
      [[personOf('asha'), personOf('gov'), personOf('genesis'), personOf('architect'), personOf('ben')], personOf('architect')]);
    const raise = async (trigger: string, to: string, id = uuidv7()): Promise<string> => {
      await admin(`insert into app.escalation (team_id, id, customer_id, trigger, subject, to_role, evidence_at, due_at) values ($1, $2::uuid, $3, $4, $2::uuid::text, $5, now(), now())`, [work.teamId, id, customerOf('asha'), trigger, to]);
      return id;
    };
    const tell = (escalationId: string, what: 'raised' | 'overdue', times = 2) => gate.app.get(Database).withTeam(work.teamId, (tx) => {
      tx.ledgerOnly();
      for (let n = 0; n < times; n++) publish(tx, escalationNews, { teamId: work.teamId }, { epoch: 1, escalationId, what });
      return Promise.resolve();
    });
    const heard = async () => (await admin(`select p.email, n.kind, n.about, n.channel from app.account_notice n join (values ($1::uuid, 'asha'), ($2::uuid, 'gov'), ($3::uuid, 'genesis'), ($4::uuid, 'architect'), ($5::uuid, 'ben')) p (id, email) on p.id = n.person_id where n.kind like 'escalation%' order by n.kind desc, 1`, [personOf('asha'), personOf('gov'), personOf('genesis'), personOf('architect'), personOf('ben')])).map(({ email, kind, about, channel }) => `${email} ${kind} ${about} ${channel}`);
    const [trial, plan, quiet, over] = [await raise('trial_ended', 'customer_governor'), await raise('plan_waits', 'genesis'), await raise('coordination_slow', 'systems_architect'), await raise('cost_over', 'platform_governor')];
    const known = await raise('deliverable_ready', 'customer_governor'); // rings by its own ladder
    await admin(`update app.escalation set state = 'resolved', resolved_at = now() where id = $1`, [over]);
    for (const id of [trial, known, quiet, over, plan]) await tell(id, 'raised');
    const first = ['asha escalation_raised trial_ended Code care email', 'genesis escalation_raised plan_waits Code care email'];
    await until(async () => (await heard()).length >= 2, 'the notices');
    expect(await heard()).toEqual(first);
    await tell(plan, 'overdue');
    await tell(plan, 'overdue', 1);
    await until(async () => (await heard()).length >= 4, 'the notices that it is late');
    expect(await heard()).toEqual([...first, 'genesis escalation_overdue plan_waits Code care email', 'gov escalation_overdue plan_waits Code care email'].sort((a, b) => Number(b.includes('_raised')) - Number(a.includes('_raised'))));
    // of the whole platform it comes by the platform's own place
    const slow = uuidv7();
    await admin(`insert into app.escalation (team_id, id, trigger, subject, to_role, evidence_at, due_at) values ($1, $2, 'api_slow', 'api', 'platform_governor', now(), now())`, [PLATFORM_CHAIN, slow]);
    await gate.app.get(Database).withPlatform((tx) => {
      tx.ledgerOnly();
      publish(tx, escalationNews, { teamId: PLATFORM_CHAIN as typeof work.teamId }, { epoch: 1, escalationId: slow, what: 'raised' });
      return Promise.resolve();
    });
    await until(async () => (await heard()).some((line) => line.includes('api_slow')), 'the notice of the platform');
    expect((await heard()).filter((line) => line.includes('api_slow'))).toEqual(['gov escalation_raised api_slow email']);
    // however many somebody has raised, nobody's mailbox is filled with them
    const many: string[] = [];
    for (let n = 0; n < 70; n++) many.push(await raise('architecture_change', 'platform_governor'));
    for (const id of many) await tell(id, 'raised', 1);
    const told = async () => (await heard()).filter((line) => line.startsWith('gov'));
    await until(async () => (await told()).length >= 60, 'as many as an hour may have');
    const end = await raise('trial_ended', 'customer_governor');
    await tell(end, 'raised', 1); // handled after all of them: one subject, in order
    await until(async () => (await heard()).filter((line) => line.startsWith('asha escalation_raised trial_ended')).length === 2, 'the last one');
    expect(await told()).toHaveLength(60);
  });

  it('that a team has ended its customer’s governors hear once, but for who ended it; also where nobody of them did, and nothing more when it is put away', async () => {
    await admin(`delete from app.account_notice`);
    await admin(`delete from app.preference where customer_id = $1`, [customerOf('asha')]);
    for (const id of [personOf('asha'), ravi]) await prefer(id, {});
    const heard = async () => (await admin(`select case person_id when $1 then 'Ravi' else 'Asha' end as who, kind, channel, about_team as team from app.account_notice where kind like 'team%' order by 1, 3`, [ravi])).map(({ who, kind, channel, team }) => `${who} ${kind} ${channel} ${team}`);
    const ended = async (state: 'completed' | 'dissolved', verb: TeamVerb, by?: string): Promise<string[]> => {
      const { teamId } = await seedTeamOf(gateway.database, 'asha', 'suspended');
      await gateway.database.admin(`update app.team set state = $2, epoch = 2 where team_id = $1`, [teamId, state]);
      const tell = (what: TeamVerb, so: TeamState) => gate.app.get(Database).withTeam(teamId, (tx) => {
        tx.ledgerOnly();
        publish(tx, teamChanged, { teamId }, { epoch: 2, state: so, verb: what, ...(by ? { by: by as PersonId } : {}) });
        return Promise.resolve();
      });
      for (const _ of [1, 2]) await tell(verb, state);
      await gateway.database.admin(`update app.team set state = 'archived' where team_id = $1`, [teamId]);
      await tell('archive', 'archived');
      await tell(verb, state); // heard of when it was put away by then, and handled last: one subject, in order
      await until(async () => (await gateway.database.admin(`select 1 from app.outbox where team_id = $1 and published_at is null`, [teamId])).length === 0, 'the news');
      await until(async () => (await heard()).some((line) => line.endsWith(teamId)), 'the notices');
      return (await heard()).filter((line) => line.endsWith(teamId)).map((line) => line.replace(` ${teamId}`, ''));
    };
    const all = ['Asha team_over email', 'Asha team_over sms', 'Ravi team_over email', 'Ravi team_over sms'];
    expect(await ended('completed', 'complete')).toEqual(all);
    expect(await ended('dissolved', 'dissolve', personOf('genesis'))).toEqual(all);
    expect(await ended('dissolved', 'cancel', personOf('gov'))).toEqual(all);
    expect(await ended('dissolved', 'cancel', personOf('asha'))).toEqual(all.slice(2));
    expect(await heard()).toHaveLength(14); // of each once
  });
});
