import { after, before, describe, it } from 'node:test';
import { CustomerId, PersonId, TeamId, uuidv7, type Amounts, type Requester, type TeamChange, type TeamVerb } from '@countersign/contracts';
import { expect } from 'expect';
import { pino } from 'pino';
import { staff } from '../../testing/evolve.js';
import { GateBench, type BenchTeam } from '../../testing/gate-bench.js';
import { Sweeper } from './sweep.js';

let gate: GateBench;
before(async () => {
  gate = await GateBench.open();
});
after(() => gate.close());

const hire = (by: Requester, mode: 'trial' | 'production' = 'production') => gate.hiring.hire({ teamId: TeamId.next(), by, bundleId: 'code-care', bundleVersion: 1, mode });
const change = ({ teamId }: BenchTeam, word: TeamChange, by: Requester, reason = '') => gate.terms.change({ teamId, by, change: word, reason });
const rate = ({ teamId }: BenchTeam, stars: number, by: Requester) => gate.terms.rate({ teamId, by, stars });
const row = async ({ teamId }: BenchTeam) => (await gate.db.admin<Record<string, unknown>>(`select * from app.team where team_id = $1`, [teamId]))[0]!;
const trialOf = async ({ teamId }: BenchTeam) => (await gate.db.admin<Record<string, unknown>>(`select *, round(extract(epoch from ends_at - begun_at) / 86400)::int as days, round(extract(epoch from grace_until - ends_at) / 86400)::int as grace from app.trial where team_id = $1`, [teamId]))[0];
const sweep = () => new Sweeper(gate.database, gate.endings, gate.approvals, gate.teams, pino({ level: 'silent' })).sweep();
const onTrial = (): Promise<BenchTeam> => gate.team(['certify', 'deploy'], { mode: 'trial' });
/** The trial's clock, put forward. */
const pass = ({ teamId }: BenchTeam, days: number) =>
  gate.db.admin(`update app.trial set begun_at = begun_at - $2 * interval '1 day', ends_at = ends_at - $2 * interval '1 day', grace_until = grace_until - $2 * interval '1 day' where team_id = $1`, [teamId, days]);
const actions = async (team: BenchTeam): Promise<string[]> => (await gate.entries(team)).map(({ action }) => action);
/** What was last told of the team. */
const news = async ({ teamId }: BenchTeam): Promise<unknown> => JSON.parse((await gate.db.admin<{ payload: string }>(`select convert_from(payload, 'UTF8') as payload from app.outbox where team_id = $1 and subject like '%.lifecycle.changed' order by seq desc limit 1`, [teamId]))[0]!.payload);

/** A goal with done tasks whose output a person answered, as manager and gateway would have left it. */
async function answered(team: BenchTeam, state: 'approved' | 'denied', tasks = 1): Promise<void> {
  const goalId = await gate.goal(team, state === 'approved' ? 'done' : 'denied');
  const deliverable = uuidv7();
  for (let n = 0; n < tasks; n++) {
    const taskId = await gate.task(team, goalId, 'docs', 'done');
    await gate.db.admin(`insert into app.review (team_id, id, task_id, draft_id, round, decision, decided_at) values ($1, gen_random_uuid(), $2, gen_random_uuid(), 1, 'approved', now())`, [team.teamId, taskId]);
  }
  await gate.db.admin(`insert into app.deliverable (team_id, id, goal_id, revision, summary, effect, files, checks, proposed_by) values ($1, $2, $3, 1, '', '{}', '[]', '[]', gen_random_uuid())`, [team.teamId, deliverable, goalId]);
  await gate.db.admin(
    `insert into app.approval (team_id, id, goal_id, deliverable_id, revision, manifest, digest, title, tier, state, epoch, customer_id, requested_by, due_at, decided_at, decided_by, device_id, valid_until)
     values ($1, gen_random_uuid(), $2, $3, 1, 'm', sha256('m'), 't', 1, $4, 1, $5, gen_random_uuid(), now(), now(), $6, gen_random_uuid(), now())`,
    [team.teamId, goalId, deliverable, state, team.customerId, team.asha.personId],
  );
}
const revise = async (team: BenchTeam, times: number): Promise<void> => {
  const taskId = await gate.task(team, await gate.goal(team));
  await gate.db.admin(`insert into app.review (team_id, id, task_id, draft_id, round, decision, decided_at) select $1, gen_random_uuid(), $2, gen_random_uuid(), n, 'revise', now() from generate_series(1, $3::int) n`, [team.teamId, taskId, times]);
};

describe('the teams of a customer', () => {
  it('are one at a time, also of three that are hired at once, and the next when that is over', async () => {
    const asha = gate.requester(CustomerId.next());
    const replies = await Promise.all([1, 2, 3].map(() => hire(asha)));
    expect(replies.map(({ code }) => code).sort()).toEqual(['ok', 'too_many_teams', 'too_many_teams']);
    const [{ team_id: teamId }] = (await gate.db.admin<{ team_id: TeamId }>(`select team_id from app.team where customer_id = $1`, [asha.customerId])) as [{ team_id: TeamId }];
    expect(await gate.teams.move({ teamId, by: asha, verb: 'cancel', reason: '' })).toMatchObject({ ok: true });
    expect(await hire(asha)).toMatchObject({ ok: true });
  });

  it('are more where the policy says so, for all or for one customer', async () => {
    const [asha, ben] = [gate.requester(CustomerId.next()), gate.requester(CustomerId.next())];
    await gate.setTeamPolicy({ customers: { [asha.customerId]: 2 } });
    try {
      const codes = async (by: Requester): Promise<string[]> => [(await hire(by)).code, (await hire(by)).code, (await hire(by)).code];
      expect(await codes(asha)).toEqual(['ok', 'ok', 'too_many_teams']);
      expect(await codes(ben)).toEqual(['ok', 'too_many_teams', 'too_many_teams']);
    } finally {
      await gate.setTeamPolicy({});
    }
  });
});

describe('a trial', () => {
  it('begins with the deployment: seven days, three of grace, ten tasks, free for the customer and capped for the platform', async () => {
    const team = await gate.team(['certify'], { mode: 'trial' });
    expect(await trialOf(team)).toBeUndefined();
    expect(await rate(team, 5, team.asha)).toMatchObject({ code: 'wrong_team_state' });
    await gate.move(team, 'deploy', team.asha);
    expect(await trialOf(team)).toMatchObject({ days: 7, grace: 3, tasks: 10, extended: 0, ended_at: null });
    expect(await gate.account(team, team.teamId)).toMatchObject({ usd_micros: '5000000/500000/0' });
    expect((await gate.entries(team, 'TEAM-CREATED'))[0]!.body).toMatchObject({ mode: 'trial', pricing: { monthly: '0' } });
    expect((await gate.entries(team, 'TEAM-TRIAL-STARTED'))[0]!.body).toMatchObject({ tasks: '10', usd_micros: '5000000', ends_at: expect.stringMatching(/Z$/) });
    expect(await gate.team(['certify', 'deploy']).then(trialOf)).toBeUndefined();
  });

  it('becomes production only by a governor, with every condition met, and gets the budget of a team', async () => {
    const team = await onTrial();
    const { instanceId } = await gate.worker(team);
    const call = uuidv7();
    await gate.reserve(team, instanceId, { usd_micros: 90_000, tokens: 1_000 }, call);
    await gate.settle(team, instanceId, { usd_micros: 90_000, tokens: 1_000 }, call);
    await gate.end(team, instanceId);
    await answered(team, 'denied');
    await revise(team, 2);
    expect(await change(team, 'promote', team.asha)).toEqual({ ok: false, code: 'promotion_unmet', message: expect.stringMatching(/^not yet: 0 tasks approved, 3 are needed; revised: 2 of 3 \(66\.7 %\), 30 % at most; approved: 0 of 1 \(0 %\), 70 % at least; not rated/) });
    for (let n = 0; n < 3; n++) await answered(team, 'approved', 2);
    await rate(team, 3, team.asha);
    expect(await change(team, 'promote', team.asha)).toMatchObject({ code: 'promotion_unmet', message: expect.stringMatching(/^not yet: rated 3\.0, 4 of 5 are needed$/) });
    expect(await rate(team, 5, team.asha)).toMatchObject({ ok: true, code: 'ok' });
    expect(await rate(team, 5, team.asha)).toMatchObject({ ok: true, code: 'unchanged' });
    expect(await gate.entries(team, 'TEAM-RATED')).toHaveLength(2);
    for (const stranger of [gate.ops, gate.genesis, gate.requester(CustomerId.next())]) {
      expect(await change(team, 'promote', stranger)).toMatchObject({ code: 'not_permitted' });
      expect(await rate(team, 5, stranger)).toMatchObject({ code: 'not_permitted' });
    }
    expect(await row(team)).toMatchObject({ mode: 'trial' });
    const replies = await Promise.all([1, 2].map(() => change(team, 'promote', team.asha)));
    expect(replies.map(({ code }) => code).sort()).toEqual(['ok', 'unchanged']);
    expect(await row(team)).toMatchObject({ mode: 'production', state: 'active' });
    expect(await trialOf(team)).toMatchObject({ outcome: 'promoted', ended_at: expect.any(Date) });
    // what the trial has used the customer has not: it gets all of what production has
    expect(await gate.account(team, team.teamId)).toMatchObject({ tokens: '4001000/239000/1000', usd_micros: '40090000/2410000/90000' });
    const [promoted] = await gate.entries(team, 'TEAM-PROMOTED');
    expect(promoted!.body).toMatchObject({ from_mode: 'trial', to_mode: 'production', evidence: { approved: '6', reviews: '9', revisions: '2', answers: '4', yeses: '3', violations: '0', rating: '5' } });
    expect((await gate.entries(team, 'BUDGET-RAISED'))[0]!.body).toMatchObject({ reason: 'promotion', amounts: { tokens: '2001000', usd_micros: '35090000' } });
    expect(JSON.stringify(await gate.entries(team))).not.toContain(team.asha.personId);
    expect(await gate.brokenAccounts()).toEqual([]);
  });

  it('stays a trial for each violation, whoever noticed it: a leak that was refused, a draft that was flagged, a request that was reported', async () => {
    const team = await onTrial();
    for (let n = 0; n < 3; n++) await answered(team, 'approved');
    await rate(team, 5, team.asha);
    const deny = (code: string) => gate.db.admin(`insert into app.capability_denial (team_id, id, instance_id, code, tool, reason, what) values ($1, gen_random_uuid(), $2, $3, 'web_fetch', '', '')`, [team.teamId, manager, code]);
    const manager = await gate.manager(team);
    const noted: readonly (() => Promise<unknown>)[] = [
      () => deny('host_not_allowed'),
      () => gate.db.admin(`update app.review set decision = 'flag' where ctid = (select ctid from app.review where team_id = $1 limit 1)`, [team.teamId]),
      () => gate.db.admin(`insert into app.alert (team_id, id, customer_id, kind, stops, goal_id, approval_id, agent_id, by_person) select team_id, gen_random_uuid(), customer_id, 'reported', 'goal', goal_id, id, requested_by, $2 from app.approval where team_id = $1 limit 1`, [team.teamId, team.asha.personId]),
    ];
    await deny('tool_not_allowed'); // no violation: what is no part of the work counts by what it suspends for
    for (const [n, note] of noted.entries()) {
      await note();
      expect(await change(team, 'promote', team.asha)).toMatchObject({ code: 'promotion_unmet', message: `not yet: ${n + 1} violations, 0 at most` });
    }
    expect(await row(team)).toMatchObject({ mode: 'trial' });
  });

  it('stays a trial for each flag of the guardian, and once for each: also where its member has stopped already', async () => {
    const team = await onTrial();
    for (let n = 0; n < 3; n++) await answered(team, 'approved');
    await rate(team, 5, team.asha);
    const [{ id: memberId }] = (await gate.db.admin<{ id: string }>(`select id from app.member where team_id = $1 and skill = 'docs'`, [team.teamId])) as [{ id: string }];
    const flags = async (): Promise<unknown> => {
      expect(await gate.escalations.record({ teamId: team.teamId, incidentId: uuidv7(), by: staff('vision_guardian'), kind: 'ethics_violation', memberId, words: 'said so' })).toMatchObject({ ok: true });
      expect(await gate.db.admin(`select state from app.member where id = $1`, [memberId])).toEqual([{ state: 'suspended' }]);
      return (await change(team, 'promote', team.asha)).message;
    };
    await gate.escalations.member({ teamId: team.teamId, memberId, by: team.asha, verb: 'suspend', reason: 'enough' });
    expect(await flags()).toBe('not yet: 1 violations, 0 at most');
    await gate.escalations.member({ teamId: team.teamId, memberId, by: gate.genesis, verb: 'reinstate', reason: 'taught' });
    expect(await flags()).toBe('not yet: 2 violations, 0 at most'); // it stops the member, and the gate writes that down, too
  });

  it('stays a trial for a flag that the guardian records while its team is suspended, which stops nothing again', async () => {
    const team = await onTrial();
    for (let n = 0; n < 3; n++) await answered(team, 'approved');
    await rate(team, 5, team.asha);
    await gate.move(team, 'suspend', team.asha, 'wait');
    expect(await gate.escalations.record({ teamId: team.teamId, incidentId: uuidv7(), by: staff('vision_guardian'), kind: 'ethics_violation', words: 'said so' })).toMatchObject({ ok: true, code: 'ok' });
    expect(await gate.entries(team, 'INCIDENT-RECORDED')).toMatchObject([{ body: { kind: 'ethics_violation' } }]);
    await gate.move(team, 'reactivate', gate.genesis);
    await gate.watch.look(team.teamId);
    expect(await gate.entries(team, 'TEAM-SUSPENDED')).toHaveLength(1);
    expect(await row(team)).toMatchObject({ state: 'active' });
    expect(await change(team, 'promote', team.asha)).toMatchObject({ code: 'promotion_unmet', message: 'not yet: 1 violations, 0 at most' });
  });

  it('is had once of a bundle, whatever became of it; production is had at any time', async () => {
    const team = await onTrial();
    await gate.setTeamPolicy({ teamsPerCustomer: 3 });
    try {
      expect(await hire(team.asha, 'trial')).toMatchObject({ ok: false, code: 'trial_used' });
      await gate.move(team, 'cancel', team.asha);
      expect(await hire(team.asha, 'trial')).toMatchObject({ ok: false, code: 'trial_used' });
      expect(await hire(team.asha)).toMatchObject({ ok: true });
      // one that never began is none
      const ben = gate.requester(CustomerId.next());
      const replies = await Promise.all([1, 2].map(() => hire(ben, 'trial')));
      expect(replies.map(({ code }) => code).sort()).toEqual(['ok', 'trial_used']);
      const [standing] = await gate.db.admin<{ team_id: TeamId }>(`select team_id from app.team where customer_id = $1`, [ben.customerId]);
      await gate.teams.move({ teamId: standing!.team_id, by: ben, verb: 'cancel', reason: '' });
      expect(await hire(ben, 'trial')).toMatchObject({ ok: true });
    } finally {
      await gate.setTeamPolicy({});
    }
  });

  it('stays a trial where the customer’s account has not enough for production', async () => {
    const team = await onTrial();
    for (let n = 0; n < 3; n++) await answered(team, 'approved');
    await rate(team, 5, team.asha);
    await gate.under({ customer_total_budget: { max_cost_usd: 20 } }, async () => expect(await change(team, 'promote', team.asha)).toMatchObject({ code: 'customer_budget_exceeded' }));
    expect(await row(team)).toMatchObject({ mode: 'trial' });
    expect(await trialOf(team)).toMatchObject({ ended_at: null });
  });

  it('costs the platform no more than its cap, whoever of the customer asks and whoever says yes; the platform’s governor may give more', async () => {
    const team = await onTrial();
    const second: Requester = { ...team.asha, personId: PersonId.next() };
    const usd = async (): Promise<string> => (await gate.account(team, team.teamId))['usd_micros']!.split('/')[0]!;
    const ask = (more: Amounts, by: Requester, accountId: string = team.teamId) => gate.approvals.requestRaise({ teamId: team.teamId, accountId, by, more, reason: 'It takes longer' });
    const { goalId } = await gate.worker(team);
    for (const accountId of [team.teamId, goalId]) expect(await ask({ usd_micros: 1e12 }, team.asha, accountId)).toMatchObject({ ok: false, code: 'trial_capped', message: expect.stringMatching(/at most 5 dollars: make the trial longer, .*production.* platform/) });
    // what the platform’s staff asks for, its governor answers, and nobody else
    const { approvalId } = await ask({ usd_micros: 3e6 }, gate.ops);
    for (const by of [team.asha, second]) expect(await gate.answer(team, approvalId!, 'approve', by)).toMatchObject({ ok: false, code: 'trial_capped', kind: 'budget', state: 'pending' });
    expect(await usd()).toBe('5000000');
    expect(await gate.answer(team, approvalId!, 'approve', gate.gov)).toMatchObject({ ok: true });
    expect(await usd()).toBe('8000000');
    // what costs no money, and what the team has already, is the customer's as before
    for (const [more, accountId] of [[{ steps: 5 }, team.teamId], [{ usd_micros: 1 }, goalId]] as const) {
      const asked = await ask(more, team.asha, accountId);
      expect(await gate.answer(team, asked.approvalId!, 'approve', second)).toMatchObject({ ok: true });
    }
    expect(await usd()).toBe('8000000');
    expect(await gate.brokenAccounts()).toEqual([]);
  });

  it('is not lifted by one governor’s yes to what the gate asks by itself when the money is used up', async () => {
    const team = await onTrial();
    await gate.under({ on_exhausted: 'pause' }, async () => {
      const { instanceId } = await gate.worker(team);
      const callId = crypto.randomUUID();
      expect(await gate.reserve(team, instanceId, { usd_micros: 1 }, callId)).toMatchObject({ granted: true });
      await gate.settle(team, instanceId, { usd_micros: 5_000_000 }, callId);
      const asked = await gate.db.admin<{ id: string; requested_by: string }>(`select id, requested_by from app.gate_approval where team_id = $1 and kind = 'budget' and state = 'pending'`, [team.teamId]);
      expect(asked.map(({ requested_by }) => requested_by)).toContain('service');
      for (const { id } of asked) expect(await gate.answer(team, id, 'approve', team.asha)).toMatchObject({ ok: false, code: 'trial_capped' });
      expect((await gate.account(team, team.teamId))['usd_micros']).toMatch(/^5000000\//);
      for (const { id } of asked) expect(await gate.answer(team, id, 'approve', gate.gov)).toMatchObject({ ok: true });
    });
    expect(await gate.brokenAccounts()).toEqual([]);
  });

  it('costs as much more as its extension, and is capped no longer once it is production', async () => {
    const team = await onTrial();
    const ask = (usd_micros: number) => gate.approvals.requestRaise({ teamId: team.teamId, accountId: team.teamId, by: team.asha, more: { usd_micros }, reason: 'It takes longer' });
    expect(await change(team, 'extend', team.asha)).toMatchObject({ ok: true });
    expect(await ask(1)).toMatchObject({ ok: false, code: 'trial_capped', message: expect.stringContaining('7 dollars: make it production when') });
    for (let n = 0; n < 3; n++) await answered(team, 'approved');
    await rate(team, 5, team.asha);
    expect(await change(team, 'promote', team.asha)).toMatchObject({ ok: true });
    expect(await ask(1e9)).toMatchObject({ ok: true });
  });

  it('is made longer once, from its last day on or from now where that is over, and costs the platform no more than the policy says', async () => {
    const team = await onTrial();
    await pass(team, 8);
    expect(await change(team, 'extend', gate.ops)).toMatchObject({ code: 'not_permitted' });
    expect(await change(team, 'extend', team.asha, 'one more week')).toMatchObject({ ok: true });
    expect(await trialOf(team)).toMatchObject({ days: 11, grace: 3, extended: 1 });
    // three days of seven of everything but money, which the policy names
    expect(await gate.account(team, team.teamId)).toMatchObject({ usd_micros: '7000000/500000/0', tokens: '2857142/40000/0', steps: expect.stringMatching(/^5714\//) });
    expect(await change(team, 'extend', gate.gov)).toMatchObject({ code: 'trial_extended' });
    const [entry] = await gate.entries(team, 'TEAM-TRIAL-EXTENDED');
    expect(entry!.body).toMatchObject({ extension: '1', usd_micros: '2000000' });
    expect(JSON.stringify(entry)).not.toContain('one more week');
    expect(await gate.brokenAccounts()).toEqual([]);
  });

  it('ends by itself, once said and once done: after its last day nothing new begins, after the grace the team is complete', async () => {
    const team = await onTrial();
    await sweep();
    expect(await trialOf(team)).toMatchObject({ expired_at: null });
    await pass(team, 8);
    await sweep();
    await sweep();
    expect(await trialOf(team)).toMatchObject({ expired_at: expect.any(Date), ended_at: null });
    expect(await gate.requestSpawn(team, { role: 'worker', templateId: 'doc-bot' })).toMatchObject({ ok: false, code: 'trial_over' });
    expect(await gate.fanOut(team, 2)).toMatchObject({ ok: false });
    expect(await gate.worker(team)).toMatchObject({ instanceId: expect.any(String) }); // what is under way is finished
    expect(await row(team)).toMatchObject({ state: 'active', epoch: 1 });
    await pass(team, 3);
    await Promise.all([sweep(), sweep()]);
    expect(await row(team)).toMatchObject({ state: 'completed', epoch: 2, state_reason: 'The trial is over.' });
    expect(await trialOf(team)).toMatchObject({ outcome: 'expired' });
    expect((await actions(team)).filter((action) => action.startsWith('TEAM-')).slice(-2)).toEqual(['TEAM-TRIAL-EXPIRED', 'TEAM-COMPLETED']);
    expect((await gate.entries(team, 'TEAM-COMPLETED'))[0]!.body).toMatchObject({ reason: 'trial_expired' });
    expect(await news(team)).toEqual({ epoch: 2, state: 'completed', verb: 'complete' }); // nobody has, so everybody is told
    expect(await change(team, 'promote', team.asha)).toMatchObject({ code: 'wrong_team_state' });
    expect(await gate.db.admin(`select 1 from app.instance where team_id = $1 and state in ('queued', 'running')`, [team.teamId])).toEqual([]);
    expect(await gate.brokenAccounts()).toEqual([]);
  });

  it('loses no time while its team is suspended', async () => {
    const team = await onTrial();
    await gate.move(team, 'suspend', team.asha, 'wait');
    await pass(team, 9);
    await gate.db.admin(`update app.team set frozen_at = frozen_at - interval '9 days' where team_id = $1`, [team.teamId]);
    await sweep();
    expect(await row(team)).toMatchObject({ state: 'suspended' });
    await gate.move(team, 'reactivate', gate.genesis);
    await sweep();
    expect(await trialOf(team)).toMatchObject({ expired_at: null, ended_at: null });
    const [left] = await gate.db.admin<{ days: number }>(`select round(extract(epoch from ends_at - now()) / 86400)::int as days from app.trial where team_id = $1`, [team.teamId]);
    expect(left).toEqual({ days: 7 });
  });
});

describe('a cancellation', () => {
  it('ends a team wherever it is, for its own governor and the platform’s alone, and once', async () => {
    const cases: readonly (readonly [readonly TeamVerb[], string])[] = [[[], 'dissolved'], [['certify'], 'dissolved'], [['certify', 'deploy'], 'completed'], [['certify', 'deploy', 'suspend'], 'dissolved']];
    for (const [verbs, end] of cases) {
      const team = await gate.team(verbs, { mode: 'trial' });
      const before = (await row(team))['state'];
      for (const stranger of [gate.ops, gate.genesis, gate.requester(CustomerId.next())]) expect(await gate.move(team, 'cancel', stranger)).toMatchObject({ code: 'not_permitted' });
      expect(await gate.move(team, 'cancel', team.asha, 'too slow')).toMatchObject({ ok: true });
      expect(await gate.move(team, 'cancel', team.asha)).toMatchObject({ ok: true, code: 'unchanged' });
      expect([verbs, (await row(team))['state']]).toEqual([verbs, end]);
      expect(await news(team)).toMatchObject({ state: end, verb: 'cancel', by: team.asha.personId });
      const [cancelled] = await gate.entries(team, 'TEAM-CANCELLED');
      expect(cancelled!.body).toMatchObject({ from_state: before, mode: 'trial' });
      expect((await actions(team)).at(-1)).toBe(end === 'completed' ? 'TEAM-COMPLETED' : 'TEAM-DISSOLVED');
      expect(await gate.db.admin(`select 1 from app.instance where team_id = $1 and state in ('queued', 'running') union select 1 from app.helpdesk_session where team_id = $1 and closed_at is null`, [team.teamId])).toEqual([]);
      expect(await gate.move(team, 'archive', team.asha)).toMatchObject({ code: 'not_permitted' });
      expect(await gate.move(team, 'archive', gate.gov)).toMatchObject({ ok: true });
      expect((await actions(team)).at(-1)).toBe('TEAM-ARCHIVED');
      expect(await gate.move(team, 'cancel', team.asha)).toMatchObject({ code: 'wrong_team_state' });
    }
    expect(await gate.brokenAccounts()).toEqual([]);
  });
});

describe('who coordinates a team', () => {
  it('is its manager, for a while a governor of the platform, and the manager again', async () => {
    const team = await gate.team();
    expect(await change(team, 'coordinate', team.asha)).toMatchObject({ code: 'not_permitted' });
    expect(await change(team, 'coordinate', gate.gov, 'Mira forgets')).toMatchObject({ ok: true });
    expect(await change(team, 'coordinate', gate.gov)).toMatchObject({ ok: true, code: 'unchanged' });
    expect(await row(team)).toMatchObject({ coordination: 'person', coordinator: gate.gov.personId, state: 'active' });
    const ines = { ...gate.gov, personId: PersonId.next() };
    expect(await change(team, 'coordinate', ines)).toMatchObject({ ok: true, code: 'ok' });
    expect(await row(team)).toMatchObject({ coordination: 'person', coordinator: ines.personId });
    expect(await change(team, 'hand_back', gate.gov)).toMatchObject({ ok: true });
    expect(await row(team)).toMatchObject({ coordination: 'manager', coordinator: null });
    expect((await gate.entries(team, 'TEAM-COORDINATED')).map(({ body }) => [body['before'], body['by']])).toEqual([['manager', 'person'], ['person', 'person'], ['person', 'manager']]);
    expect(JSON.stringify(await gate.entries(team))).not.toMatch(new RegExp(`Mira forgets|coordinator":"${gate.gov.personId}`));
  });

  it('is not asked about any more once there is no manager: a yes to one comes too late', async () => {
    const team = await gate.team(['certify', 'deploy', 'suspend']);
    await gate.under({ spawn_edges: { operator: { behavior: 'request_only' } } }, async () => {
      const { approvalId } = await gate.move(team, 'reactivate', gate.gov);
      expect(await change(team, 'revert', team.asha)).toMatchObject({ ok: true });
      expect(await gate.answer(team, approvalId!, 'approve', { ...gate.gov, personId: PersonId.next() })).toMatchObject({ ok: false, state: 'withdrawn' });
    });
    expect(await row(team)).toMatchObject({ state: 'suspended', coordination: 'individuals', epoch: 2 });
  });

  it('is nobody once it is reverted to single agents: its manager ends, its members can be started by the customer, and a reactivation starts no manager', async () => {
    const team = await gate.team();
    const { instanceId, goalId } = await gate.worker(team);
    const over = await gate.goal(team, 'done');
    await gate.db.admin(`update app.goal set finished_at = now() where id = $1`, [over]);
    const asked = await gate.askTool(team, instanceId);
    expect(await change(team, 'revert', gate.requester(CustomerId.next()))).toMatchObject({ code: 'not_permitted' });
    expect(await change(team, 'revert', team.asha, 'no manager, please')).toMatchObject({ ok: true });
    expect(await gate.instance(instanceId)).toMatchObject({ state: 'cancelled', end_reason: 'team_reverted' });
    // what it worked on and asked is over with it, and whatever its manager still wants to write comes too late
    expect(await row(team)).toMatchObject({ coordination: 'individuals', epoch: 2 });
    expect(await gate.db.admin(`select mission_id, state, reason from app.mission_stop where team_id = $1`, [team.teamId])).toEqual([{ mission_id: goalId, state: 'cancelled', reason: 'team_reverted' }]);
    expect(await gate.db.admin(`select state from app.gate_approval where team_id = $1 and id = $2`, [team.teamId, asked.approvalId])).toEqual([{ state: 'withdrawn' }]);
    expect(await gate.db.admin(`select 1 from app.instance where team_id = $1 and state = 'running'`, [team.teamId])).toEqual([]);
    // a new epoch, and yet it has not gone on again
    expect(await news(team)).toEqual({ epoch: 2, state: 'active' });
    for (const templateId of ['doc-bot', 'test-writer-bot', 'patch-bot']) expect(await gate.requestSpawn(team, { role: 'worker', templateId })).toMatchObject({ ok: true, status: 'queued' });
    await gate.move(team, 'suspend', team.asha, 'enough');
    expect(await gate.move(team, 'reactivate', gate.gov)).toMatchObject({ ok: true });
    expect(await row(team)).toMatchObject({ state: 'active', coordination: 'individuals' });
    expect(await gate.db.admin(`select 1 from app.instance where team_id = $1 and role = 'orchestrator' and state = 'running'`, [team.teamId])).toEqual([]);
    expect(await change(team, 'hand_back', gate.gov)).toMatchObject({ code: 'wrong_coordination' });
    expect(await gate.brokenAccounts()).toEqual([]);
  });
});
