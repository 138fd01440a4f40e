import { after, before, describe, it } from 'node:test';
import { CustomerId, defaultMissionId, type FannedOut } from '@countersign/contracts';
import { expect } from 'expect';
import { pino } from 'pino';
import { GateBench, type BenchTeam } from '../../testing/gate-bench.js';
import { Sweeper } from './sweep.js';

let gate: GateBench;
before(async () => void (gate = await GateBench.open()));
after(() => gate.close());

const templates = ({ ready }: FannedOut): string[] => ready.map(({ templateId }) => templateId);
const held = async (team: BenchTeam): Promise<string> => (await gate.account(team, defaultMissionId(team.teamId)))['tokens']!;
const heldByTeam = async (team: BenchTeam): Promise<string> => (await gate.account(team, team.teamId))['tokens']!;
const decisions = ({ teamId }: BenchTeam): Promise<{ id: string; allowed: boolean; source: string; requested_by: string; justification?: string }[]> =>
  gate.db.admin(`select id, allowed, source, requested_by from app.spawn_decision where team_id = $1 and source = 'ui_action' and inputs -> 'ask' ->> 'role' = 'worker' order by decided_at`, [teamId]);

describe('a fan-out', () => {
  it('makes so many places ready, for the members in turn, each by a decision and with a slice of its own', async () => {
    const team = await gate.team();
    const out = await gate.fanOut(team, 4);
    expect(out).toMatchObject({ ok: true, code: 'ok', refused: [] });
    expect(templates(out)).toEqual(['doc-bot', 'test-writer-bot', 'patch-bot', 'doc-bot']);
    const made = await decisions(team);
    expect(made.map(({ id }) => id)).toEqual(out.ready.map(({ instanceId }) => instanceId));
    expect(made.every(({ allowed, source, requested_by }) => allowed && source === 'ui_action' && requested_by === `person:${team.asha.personId}`)).toBe(true);
    expect((await gate.entries(team, 'SPAWN-ALLOWED')).filter(({ body }) => body['role'] === 'worker')).toHaveLength(4);
    expect(await held(team)).toBe('200000/80000/0');
    expect(await gate.brokenAccounts()).toEqual([]);
  });

  it('counts what stands there: twice the same makes nothing more, and a larger number only the difference', async () => {
    const team = await gate.team();
    const first = await gate.fanOut(team, 2);
    const again = await gate.fanOut(team, 2);
    expect(again.ready.map(({ instanceId, fresh }) => [instanceId, fresh])).toEqual(first.ready.map(({ instanceId }) => [instanceId, false]));
    const more = await gate.fanOut(team, 3);
    expect(more.ready.map(({ fresh }) => fresh)).toEqual([false, false, true]);
    expect(await decisions(team)).toHaveLength(3);
  });

  it('makes no more than wanted when several ask at once', async () => {
    const team = await gate.team();
    const outs = await Promise.all([4, 4, 3, 4].map((places) => gate.fanOut(team, places)));
    expect(outs.every(({ ok }) => ok)).toBe(true);
    const [{ n }] = (await gate.db.admin<{ n: number }>(`select count(*)::int as n from app.instance where team_id = $1 and state = 'queued'`, [team.teamId])) as [{ n: number }];
    expect(n).toBe(4);
    expect(await gate.brokenAccounts()).toEqual([]);
  });

  it('keeps what was granted where the policy ends it, and says which was refused and why', async () => {
    const team = await gate.team();
    await gate.under({ max_concurrent: 3 }, async () => {
      const out = await gate.fanOut(team, 4);
      expect(out).toMatchObject({ ok: false, code: 'fanout_short', message: '2 of 4 places are ready' });
      expect(templates(out)).toEqual(['doc-bot', 'test-writer-bot']);
      expect(out.refused.map(({ templateId, code }) => [templateId, code])).toEqual([['patch-bot', 'spawn_max_concurrent_exceeded'], ['doc-bot', 'spawn_max_concurrent_exceeded'], ['test-writer-bot', 'spawn_max_concurrent_exceeded']]);
      expect((await gate.entries(team, 'SPAWN-DENIED')).map(({ body }) => body['decision_id'])).toEqual(out.refused.map(({ decisionId }) => decisionId));
    });
    expect(await gate.fanOut(team, 4)).toMatchObject({ ok: true, ready: [{ fresh: false }, { fresh: false }, { fresh: true }, { fresh: true }] });
  });

  it('goes on with the other members where one template alone is refused', async () => {
    const team = await gate.team();
    await gate.under({ mission_total_budget: { max_tool_calls: 0 } }, async () => {
      const out = await gate.fanOut(team, 4);
      expect(out).toMatchObject({ ok: true, code: 'ok', refused: [{ templateId: 'patch-bot', code: 'spawn_mission_budget_exceeded' }] });
      expect(templates(out)).toEqual(['doc-bot', 'test-writer-bot', 'doc-bot', 'test-writer-bot']);
    });
  });

  it('is the door by which a person asks: the same decision, entries and events for the same wish, allowed or refused', async () => {
    const trace = async (team: BenchTeam, ask: (team: BenchTeam) => Promise<unknown>): Promise<unknown> => {
      const [entries, events] = [(await gate.entries(team)).length, (await gate.wire(team)).length];
      await ask(team);
      const made = await gate.db.admin<{ inputs: object }>(`select source, role, template_id, allowed, code, violations, policy_version, policy_hash, inputs, inputs_hash from app.spawn_decision where team_id = $1 and role = 'worker'`, [team.teamId]);
      return [made, (await gate.entries(team)).slice(entries).map(({ action, result }) => [action, result]), (await gate.wire(team, events)).map(({ type }) => type)];
    };
    for (const policy of [{}, { enabled: false, max_concurrent: 1 }]) {
      const [fanning, asking] = [await gate.team(), await gate.team()];
      await gate.under(policy, async () => {
        const wish = { role: 'worker', templateId: 'doc-bot', justification: 'A place for Dora' } as const;
        const one = (team: BenchTeam): Promise<unknown> => gate.db.admin(`update app.member set state = 'removed' where team_id = $1 and skill in ('tests', 'patches')`, [team.teamId]).then(() => gate.fanOut(team, 1));
        expect(await trace(fanning, one)).toEqual(await trace(asking, (team) => gate.requestSpawn(team, wish)));
      });
    }
  });

  it('is for those who may start agents; what others tried is on record', async () => {
    const team = await gate.team();
    const stranger = await gate.fanOut(team, 2, gate.requester(CustomerId.next()));
    expect(stranger).toMatchObject({ ok: false, ready: [], refused: [{ code: 'spawn_denied_edge' }, { code: 'spawn_denied_edge' }, { code: 'spawn_denied_edge' }] });
    expect(await gate.entries(team, 'SPAWN-DENIED')).toHaveLength(3);
    expect(await gate.fanOut(await gate.team(['certify']), 1)).toMatchObject({ ok: false, refused: [{ code: 'team_not_active' }, {}, {}] });
  });

  it('leaves a question to a person where the policy wants one, and asks it once', async () => {
    const team = await gate.team();
    await gate.under({ spawn_edges: { operator: { behavior: 'request_only', can_spawn: [] } } }, async () => {
      const out = await gate.fanOut(team, 1);
      expect(out).toMatchObject({ ok: false, refused: [{ code: 'spawn_requires_approval', approvalId: expect.any(String) }, {}, {}] });
      expect((await gate.fanOut(team, 1)).refused.map(({ approvalId }) => approvalId)).toEqual(out.refused.map(({ approvalId }) => approvalId));
    });
  });

  it('spends nothing while nobody works, and nothing of it is left when its time is over', async () => {
    const team = await gate.team();
    const before = await heldByTeam(team);
    const { ready } = await gate.fanOut(team, 3);
    expect(Date.parse(ready[0]!.until)).toBeGreaterThan(Date.now());
    await gate.db.admin(`update app.instance set deadline_at = clock_timestamp() where team_id = $1 and state = 'queued'`, [team.teamId]);
    const sweeper = new Sweeper(gate.db.as('spawn-gate'), gate.endings, gate.approvals, gate.teams, pino({ level: 'silent' }));
    await sweeper.sweep();
    expect([await held(team), await heldByTeam(team)]).toEqual(['0/0/0', before]);
    expect((await gate.entries(team, 'BUDGET-RELEASED')).at(-1)?.body).toMatchObject({ account_id: team.teamId, hold_id: defaultMissionId(team.teamId), released: { tokens: '200000' } });
    expect(await gate.db.admin(`select distinct state, end_reason from app.instance where team_id = $1 and template_id <> 'manager'`, [team.teamId])).toEqual([{ state: 'cancelled', end_reason: 'place_unused' }]);
    expect(await gate.brokenAccounts()).toEqual([]);
    expect((await gate.fanOut(team, 3)).ready.every(({ fresh }) => fresh)).toBe(true);
    expect([await held(team), (await gate.entries(team, 'BUDGET-GRANTED')).at(-1)?.body]).toMatchObject(['200000/60000/0', { account_id: defaultMissionId(team.teamId), amounts: { tokens: '200000' } }]);
    expect(await gate.brokenAccounts()).toEqual([]);
  });

  it('holds of its team what it may use while somebody may work or is asked about, and has no wider total for having stood empty', async () => {
    const team = await gate.team();
    const mission = defaultMissionId(team.teamId);
    const sweeper = new Sweeper(gate.db.as('spawn-gate'), gate.endings, gate.approvals, gate.teams, pino({ level: 'silent' }));
    await gate.fanOut(team, 1);
    await sweeper.sweep();
    expect(await held(team)).toBe('200000/20000/0');
    await gate.under({ spawn_edges: { operator: { behavior: 'request_only', can_spawn: [] } } }, () => gate.fanOut(team, 2));
    const endPlaces = (): Promise<unknown> => gate.db.admin(`update app.instance set deadline_at = clock_timestamp() where team_id = $1 and state = 'queued'`, [team.teamId]);
    await endPlaces();
    await sweeper.sweep();
    expect(await held(team)).toBe('200000/0/0');
    await gate.db.admin(`update app.gate_approval set due_at = clock_timestamp() where team_id = $1`, [team.teamId]);
    await sweeper.sweep();
    await sweeper.sweep();
    expect(await held(team)).toBe('0/0/0');
    // as if the place had worked
    const [{ id }] = (await gate.db.admin<{ id: string }>(`select id from app.instance where team_id = $1 and state = 'cancelled'`, [team.teamId])) as [{ id: string }];
    await gate.db.admin(`update app.budget set granted = 150000, spent = 150000 where team_id = $1 and account_id = any ($2) and unit = 'tokens'`, [team.teamId, [mission, id]]);
    await gate.db.admin(`update app.budget set spent = 150000 where team_id = $1 and account_id = $1 and unit = 'tokens'`, [team.teamId]);
    await gate.fanOut(team, 1);
    expect(await held(team)).toMatch(/^200000\/\d+\/150000$/);
    expect(await gate.brokenAccounts()).toEqual([]);
  });

  it('is what runs take: the goal that comes gets the places and the rest stays', async () => {
    const team = await gate.team();
    const { ready } = await gate.fanOut(team, 3);
    const goalId = await gate.goal(team);
    const runs = [await gate.spawn(team, await gate.task(team, goalId, 'tests')), await gate.spawn(team, await gate.task(team, goalId, 'docs'))];
    expect(runs.map(({ instanceId }) => instanceId)).toEqual([ready[1]!.instanceId, ready[0]!.instanceId]);
    expect(templates(await gate.fanOut(team, 1))).toEqual(['patch-bot']);
    expect(await gate.brokenAccounts()).toEqual([]);
  });
});
