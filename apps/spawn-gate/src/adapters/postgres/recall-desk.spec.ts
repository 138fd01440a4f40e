import { after, before, describe, it } from 'node:test';
import { RunId, uuidv7, type Requester, type SkillTrace } from '@countersign/contracts';
import { expect } from 'expect';
import { pino } from 'pino';
import { GateBench, shippedPolicy, shippedTemplates, type BenchTeam } from '../../testing/gate-bench.js';
import { RecallDesk } from './recall-desk.js';

const [X, Y] = ['a'.repeat(64), 'b'.repeat(64)];

describe('a skill that is recalled', { concurrency: 1 }, () => {
  let gate: GateBench;
  let desk: RecallDesk;
  let teams: BenchTeam[];
  before(async () => {
    gate = await GateBench.open();
    desk = new RecallDesk(gate.database, gate.audit, pino({ level: 'silent' }));
    const skills = { 'doc-bot': { skills: [{ path: 'skills/x.md' }, { path: 'skills/y.md' }], skill_digests: { 'path:skills/x.md': X, 'path:skills/y.md': Y } }, 'patch-bot': { skills: [{ id: 'y' }], skill_digests: { 'id:y': Y } } };
    await gate.setPolicy({ max_agents: 1000, max_concurrent: 1000, skill_sources: { mode: 'any' }, spawn_edges: { ...shippedPolicy().spawn_edges, worker: { behavior: 'allow', can_spawn: ['worker'] } } }, shippedTemplates().map((template) => ({ ...template, ...skills[template.templateID as keyof typeof skills] })));
    teams = await Promise.all([gate.team(), gate.team()]);
  });
  after(() => gate[Symbol.asyncDispose]());

  const recall = async (sha256: string, by: Requester = gate.gov): Promise<SkillTrace> => {
    const { trace, code } = await desk.recall({ by, sha256, reason: 'it leaks' });
    if (!trace) throw new Error(code);
    return trace;
  };
  const started = async (asked: ReturnType<GateBench['requestSpawn']>): Promise<string> => {
    const { instanceId, code, message } = await asked;
    if (!instanceId) throw new Error(`${code}: ${message}`);
    return instanceId;
  };
  const stateOf = async (id: string): Promise<unknown> => {
    const row = await gate.instance(id);
    return [row!['state'], row!['end_reason']];
  };

  it('is named, with its digest, to the supervisor that starts an instance, the first time and again', async () => {
    const [team] = teams;
    const taskId = await gate.task(team!, await gate.goal(team!));
    const runId = RunId.next();
    const skills = [{ file: 'skills/x.md', sha256: X }, { file: 'skills/y.md', sha256: Y }];
    const first = await gate.spawn(team!, taskId, { runId });
    expect(first).toMatchObject({ allowed: true, skills });
    expect(await gate.spawn(team!, taskId, { runId })).toMatchObject({ allowed: true, instanceId: first.instanceId, skills });
    expect((await gate.instance(first.instanceId!))!['skills']).toEqual(skills);
    const repairing = await gate.spawn(team!, await gate.task(team!, await gate.goal(team!), 'patches'));
    expect(repairing).toMatchObject({ allowed: true, skills: [{ file: 'skills/y.md', sha256: Y }] });
    const testing = await gate.spawn(team!, await gate.task(team!, await gate.goal(team!), 'tests'));
    expect(testing).toMatchObject({ allowed: true, skills: [] });
  });

  it('stops what holds it in every team, with what that started and what only waits, and nothing else', async () => {
    const holders = await Promise.all(teams.map((team) => gate.worker(team)));
    const others = await Promise.all(teams.map((team) => gate.worker(team, undefined, 'patches')));
    const waiting = await started(gate.requestSpawn(teams[1]!, { templateId: 'doc-bot' }));
    const child = await started(gate.spawnAgent(teams[0]!, holders[0]!.instanceId, { templateId: 'test-writer-bot' }));
    const { recalled, instances } = await recall(X);
    expect(recalled).toBe(true);
    expect(instances.count).toBe(4); // with the one of the test before
    expect(instances.newest.every(({ state, endReason }) => state === 'cancelled' && endReason === 'skill_recalled')).toBe(true);
    for (const id of [...holders.map(({ instanceId }) => instanceId), waiting, child]) expect([id, await stateOf(id)]).toEqual([id, ['cancelled', 'skill_recalled']]);
    for (const { instanceId } of others) expect(await stateOf(instanceId)).toEqual(['running', null]);
    const ended = (await gate.entries(teams[0]!, 'INSTANCE-ENDED')).filter(({ body }) => body['instance_id'] === holders[0]!.instanceId);
    expect(ended).toMatchObject([{ body: { status: 'cancelled', reason: 'skill_recalled' } }]);
    expect(await gate.brokenAccounts()).toEqual([]);
  });

  it('starts nothing any more, by its code, through any door, and not by a place that was granted before', async () => {
    const [team] = teams;
    expect(await gate.requestSpawn(team!, { templateId: 'doc-bot' })).toMatchObject({ ok: false, code: 'spawn_skill_recalled' });
    expect(await gate.spawn(team!, await gate.task(team!, await gate.goal(team!)))).toMatchObject({ allowed: false, code: 'spawn_skill_recalled' });
    expect(await gate.requestSpawn(team!, { templateId: 'patch-bot' })).toMatchObject({ ok: true });
  });

  it('shows what was made with it, and only that', async () => {
    const [team] = teams;
    const made = async (skill: string): Promise<string> => {
      const { instanceId, taskId } = await gate.worker(team!, undefined, skill);
      const [runId, draftId] = [uuidv7(), uuidv7()];
      await gate.db.admin(`insert into app.worker_run (team_id, id, task_id, member_id, round, state, epoch, instance_id) select $1, $2, $3, member_id, 1, 'submitted', 1, $4 from app.task where id = $3`, [team!.teamId, runId, taskId, instanceId]);
      await gate.db.admin(`insert into app.draft (team_id, id, task_id, run_id, round, summary, base_commit) values ($1, $2, $3, $4, 1, 'what it says', 'c')`, [team!.teamId, draftId, taskId, runId]);
      return draftId;
    };
    const [repaired] = [await made('patches'), await made('tests')];
    const { outputs } = (await desk.trace({ by: gate.gov, sha256: Y })).trace!;
    expect(outputs).toMatchObject({ count: 1, newest: [{ draftId: repaired, teamId: team!.teamId, state: 'submitted', commit: null }] });
    expect(JSON.stringify(outputs)).not.toContain('what it says');
    expect((await desk.trace({ by: gate.gov, sha256: X })).trace!.outputs).toEqual({ count: 0, newest: [], nextCursor: null });
  });

  it('is recalled by the hash over all skills of an instance as well, once, in a person’s name', async () => {
    const worker = await gate.worker(teams[1]!, undefined, 'patches');
    const hash = String((await gate.instance(worker.instanceId))!['skill_hash']).replace('sha256:', '');
    await recall(hash);
    await recall(hash);
    expect(await stateOf(worker.instanceId)).toEqual(['cancelled', 'skill_recalled']);
    expect(await gate.requestSpawn(teams[1]!, { templateId: 'patch-bot' })).toMatchObject({ ok: false, code: 'spawn_skill_recalled' });
    await started(gate.requestSpawn(teams[1]!, { role: 'worker', templateId: 'test-writer-bot' }));
    const entries = (await gate.entries({ teamId: '00000000-0000-0000-0000-000000000000' as never }, 'SKILL-RECALLED')).filter(({ body }) => body['sha256'] === hash);
    expect(entries).toHaveLength(1);
  });

  it('is swept up also where the gate died in the middle, or a request was under way', async () => {
    const late = await gate.worker(teams[0]!, undefined, 'tests');
    await gate.db.admin(`update app.instance set skills = $2 where id = $1`, [late.instanceId, JSON.stringify([{ file: 'skills/x.md', sha256: X }])]);
    await desk.sweep();
    expect(await stateOf(late.instanceId)).toEqual(['cancelled', 'skill_recalled']);
  });

  it('can be held again once the recall is lifted, in a person’s name; what was stopped stays stopped, and it can be recalled anew', async () => {
    const [team] = teams;
    const stopped = await gate.worker(team!, undefined, 'tests');
    await gate.db.admin(`update app.instance set skills = $2 where id = $1`, [stopped.instanceId, JSON.stringify([{ file: 'skills/x.md', sha256: X }])]);
    await desk.sweep();
    for (const by of [team!.asha, gate.ops, gate.genesis, { ...team!.asha, roles: ['platform_governor'] }]) expect(await desk.lift({ by, sha256: X, reason: 'please' })).toMatchObject({ ok: false, code: 'not_permitted' });
    expect(await gate.requestSpawn(team!, { templateId: 'doc-bot' })).toMatchObject({ ok: false, code: 'spawn_skill_recalled' });
    const lifts = await Promise.all([1, 2].map(() => desk.lift({ by: gate.gov, sha256: X, reason: 'it was read again' })));
    expect(lifts.map(({ code }) => code).sort()).toEqual(['ok', 'skill_not_recalled']);
    expect((await desk.trace({ by: gate.gov, sha256: X })).trace).toMatchObject({ recalled: false });
    const again = await started(gate.requestSpawn(team!, { templateId: 'doc-bot' }));
    await desk.sweep();
    expect([await stateOf(again), await stateOf(stopped.instanceId)]).toEqual([['queued', null], ['cancelled', 'skill_recalled']]);
    const entries = await gate.entries({ teamId: '00000000-0000-0000-0000-000000000000' as never }, 'SKILL-RECALL-LIFTED');
    expect(entries).toMatchObject([{ body: { sha256: X } }]);
    expect(JSON.stringify(entries)).not.toContain('read again');
    expect((await recall(X)).recalled).toBe(true);
    expect(await stateOf(again)).toEqual(['cancelled', 'skill_recalled']);
    expect(await gate.requestSpawn(team!, { templateId: 'doc-bot' })).toMatchObject({ ok: false, code: 'spawn_skill_recalled' });
  });

  it('is traced to the end, page by page, also where many began at one moment', async () => {
    const hash = 'd'.repeat(64);
    await gate.db.admin(
      `insert into app.instance (team_id, id, role, template_id, state, capabilities, slice, skill_hash, policy_version, sandbox_level, epoch, started_at, ended_at)
       select $1, gen_random_uuid(), 'worker', 'doc-bot', 'completed', '{}', '{}', 'sha256:' || $2, 1, 3, 1, timestamptz '2026-01-01' + (n / 100) * interval '1 second', now() from generate_series(1, 450) n`,
      [teams[0]!.teamId, hash],
    );
    const seen: string[] = [];
    let from: string | null | undefined;
    while (from !== null) {
      const { instances } = (await desk.trace({ by: gate.gov, sha256: hash, ...(from === undefined ? {} : { instances: from }) })).trace!;
      expect(instances.count).toBe(450);
      seen.push(...instances.newest.map(({ instanceId }) => instanceId));
      from = instances.nextCursor;
    }
    expect([seen.length, new Set(seen).size]).toEqual([450, 450]);
  });

  it('is for the platform governor alone', async () => {
    const fresh = 'c'.repeat(64);
    for (const by of [teams[0]!.asha, gate.ops, gate.genesis, { ...teams[0]!.asha, roles: ['platform_governor'] }]) {
      expect(await desk.recall({ by, sha256: fresh, reason: 'because' })).toMatchObject({ ok: false, code: 'not_permitted' });
      expect(await desk.trace({ by, sha256: fresh })).toMatchObject({ ok: false, code: 'not_permitted' });
    }
    expect((await desk.trace({ by: gate.gov, sha256: fresh })).trace).toEqual({ sha256: fresh, recalled: false, instances: { count: 0, newest: [], nextCursor: null }, outputs: { count: 0, newest: [], nextCursor: null } });
  });
});
