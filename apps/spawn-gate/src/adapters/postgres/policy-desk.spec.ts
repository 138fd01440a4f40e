import { after, before, describe, it } from 'node:test';
import { InvalidFileError, type Requester, type Simulation, type SpawnPolicyFile, type TemplateFile } from '@countersign/contracts';
import { expect } from 'expect';
import { GateBench, shippedPolicy, type BenchTeam } from '../../testing/gate-bench.js';
import { PolicyDesk } from './policy-desk.js';

describe('a draft, tried on what was decided', { concurrency: 1 }, () => {
  let gate: GateBench;
  let desk: PolicyDesk;
  let team: BenchTeam;
  let allowed: string;
  let blank: string;
  let asking: string;
  before(async () => {
    gate = await GateBench.open();
    desk = new PolicyDesk(gate.database, gate.store, '/nowhere');
    team = await gate.team();
    const worker = await gate.requestSpawn(team, { templateId: 'doc-bot' });
    allowed = worker.instanceId!;
    await gate.db.admin(`update app.instance set state = 'running' where id = $1`, [allowed]);
    blank = await idOf(gate.requestSpawn(team, { justification: ' ', role: 'tester', templateId: 'unheard-of' }));
    asking = (await gate.spawnAgent(team, worker.instanceId!)).approvalId!;
  });
  after(() => gate[Symbol.asyncDispose]());

  const newest = async (): Promise<string> => (await gate.db.admin<{ id: string }>('select id from app.spawn_decision order by decided_at desc limit 1'))[0]!.id;
  const idOf = async (asked: Promise<unknown>): Promise<string> => {
    await asked;
    return newest();
  };
  const ask = (kind: 'spawn-policy' | 'template', draft: object, by: Requester = gate.gov) => desk.simulate({ by, kind, draft: JSON.stringify(draft), most: 100 });
  const under = async (change: SpawnPolicyFile): Promise<Simulation> => (await ask('spawn-policy', { ...shippedPolicy(), ...change })).simulation!;
  const turned = ({ newlyDenied, newlyAsking, newlyAllowed }: Simulation) => Object.fromEntries(Object.entries({ newlyDenied, newlyAsking, newlyAllowed }).map(([name, { newest: list }]) => [name, list.map(({ id, was, code }) => [id, was, code])]));
  const edges = (operator: NonNullable<SpawnPolicyFile['spawn_edges']>['operator'], worker = shippedPolicy().spawn_edges!.worker): SpawnPolicyFile => ({ spawn_edges: { ...shippedPolicy().spawn_edges, ...(operator ? { operator } : {}), ...(worker ? { worker } : {}) } });
  const everyone = shippedPolicy().spawn_edges!.operator!;

  it('turns nothing that stays as it is', async () => {
    const same = await under({});
    expect(turned(same)).toEqual({ newlyDenied: [], newlyAsking: [], newlyAllowed: [] });
    expect(same).toMatchObject({ kind: 'spawn-policy', incomparable: 0 });
    expect(same.replayed).toBe(4); // with the deployment of the team's manager
  });

  it('lists what would be denied, asked about and allowed, each with its codes', async () => {
    const denying = turned(await under(edges({ behavior: 'deny' })));
    expect(denying['newlyDenied']).toEqual(expect.arrayContaining([[allowed, 'ok', 'spawn_denied_edge']]));
    expect(denying['newlyDenied']).toHaveLength(2);
    const manager = denying['newlyDenied']!.map(([id]) => id).find((id) => id !== allowed);
    const requesting = turned(await under(edges({ behavior: 'request_only', can_spawn: ['worker'] })));
    expect(requesting).toEqual({ newlyDenied: [], newlyAsking: expect.arrayContaining([[allowed, 'ok', 'spawn_requires_approval'], [manager, 'ok', 'spawn_requires_approval']]), newlyAllowed: [] }); // a deployment asks, too, whichever roles are named
    expect(requesting['newlyAsking']).toHaveLength(2);
    expect(turned(await under(edges(everyone, { behavior: 'allow', can_spawn: ['worker'] })))).toEqual({ newlyDenied: [], newlyAsking: [], newlyAllowed: [[asking, 'spawn_requires_approval', 'ok']] });
    expect(turned(await under(edges(everyone, { behavior: 'deny' })))).toEqual({ newlyDenied: [[asking, 'spawn_requires_approval', 'spawn_denied_edge']], newlyAsking: [], newlyAllowed: [] });
    const off = await under({ enabled: false });
    expect([off.newlyDenied.count, off.newlyDenied.newest.every(({ code }) => code === 'spawn_policy_disabled')]).toEqual([3, true]);
  });

  it('tries a template as well: one that changes, and one that was not there', async () => {
    const skilled: TemplateFile = { templateID: 'doc-bot', role: 'worker', skills: [{ path: 'skills/none.md' }] };
    expect(turned((await ask('template', skilled)).simulation!)).toMatchObject({ newlyDenied: expect.arrayContaining([[allowed, 'ok', 'spawn_required_skill_missing']]) });
    const made: TemplateFile = { templateID: 'unheard-of', role: 'tester', default_budget: { max_tokens: 10, max_steps: 1, max_tool_calls: 1, max_duration_ms: 10, max_cost_usd: 0.01 } };
    expect(turned((await ask('template', made)).simulation!)).toEqual({ newlyDenied: [], newlyAsking: [], newlyAllowed: [] }); // its reason is still blank
    const [row] = await gate.db.admin<{ violations: { code: string }[] }>('select violations from app.spawn_decision where id = $1', [blank]);
    expect(row!.violations.map(({ code }) => code)).toEqual(['spawn_unknown_template', 'spawn_justification_required']);
  });

  it('judges each by the policy and the templates of its time, whatever is in force by now', async () => {
    await gate.setPolicy({ max_concurrent: 0, enabled: false }, [{ templateID: 'another', role: 'worker' }]);
    expect(turned(await under({}))).toEqual({ newlyDenied: [], newlyAsking: [], newlyAllowed: [] });
    const late = await idOf(gate.requestSpawn(team, { templateId: 'another' }));
    expect(turned(await under({}))).toMatchObject({ newlyAllowed: [[late, 'spawn_policy_disabled', 'ok']] });
    await gate.setPolicy(null, []);
    const none = await idOf(gate.requestSpawn(team));
    expect((await under({})).incomparable).toBe(0);
    const [row] = await gate.db.admin<{ policy_version: number; code: string }>('select policy_version, code from app.spawn_decision where id = $1', [none]);
    expect(row).toEqual({ policy_version: 0, code: 'spawn_policy_missing' });
    await gate.setPolicy({});
  });

  it('says of how many it can say nothing, instead of blaming the draft', async () => {
    const [before] = await gate.db.admin<{ code: string }>('select code from app.spawn_decision where id = $1', [allowed]);
    await gate.db.admin(`update app.spawn_decision set code = 'spawn_depth_exceeded', allowed = false, violations = '[{"code": "spawn_depth_exceeded", "message": "by a rule of old"}]' where id = $1`, [allowed]);
    const found = await under({ enabled: false });
    expect(found.incomparable).toBe(1);
    expect(found.newlyDenied.newest.map(({ id }) => id)).not.toContain(allowed);
    await gate.db.admin(`update app.spawn_decision set code = $2, allowed = true, violations = '[]' where id = $1`, [allowed, before!.code]);
  });

  it('is for the platform governor, changes nothing, and takes no draft that could not be in force', async () => {
    const state = () => gate.db.admin(`select (select count(*) from app.spawn_decision) as decisions, (select count(*) from app.policy) as policies, (select count(*) from audit.entry) as entries`);
    const before = await state();
    for (const by of [team.asha, gate.ops, gate.genesis, { ...team.asha, roles: ['platform_governor'] }]) expect(await ask('spawn-policy', {}, by)).toMatchObject({ ok: false, code: 'not_permitted' });
    await under({ enabled: false });
    expect(await state()).toEqual(before);
    await expect(ask('spawn-policy', { enabled: 'maybe' })).rejects.toBeInstanceOf(InvalidFileError);
  });

  it('judges no more than it is asked to, the newest first', async () => {
    const { simulation } = await desk.simulate({ by: gate.gov, kind: 'spawn-policy', draft: JSON.stringify({ enabled: false }), most: 1 });
    expect(simulation).toMatchObject({ replayed: 1 });
  });
});
