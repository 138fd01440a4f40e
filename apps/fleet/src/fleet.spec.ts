import { adoptMirror, checksRequested, CustomerId, draftDecided, InstanceId, PersonId, RunId, stopMember, taskAssigned, uuidv7 } from '@countersign/contracts';
import { expect } from 'expect';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import { DatabaseError } from '@countersign/database';
import type { RunningService } from '@countersign/service';
import { seedCustomer, timed } from '@countersign/testing';
import { DraftStore } from './adapters/postgres/draft-store.js';
import { RunStore, type EndingRun } from './adapters/postgres/run-store.js';
import { forgetTraces } from './adapters/postgres/forget-traces.js';
import { aGrant } from './testing/capabilities.js';
import { BASE, FleetBench, until, type RunRow, type Work } from './testing/fleet-bench.js';
import { allow, gate, startNobody } from './testing/scripted-gate.js';

const WRITE = { do: 'write', text: '/** One. */\n' };

describe('the fleet on a real database and broker', () => {
  let bench: FleetBench;
  let fleet: RunningService;

  before(async () => {
    bench = await FleetBench.open();
    bench.spec('tool-bot', 'capabilities: { tools: [read, write, git, auth] }\n'); // before any fleet reads the shelf
    bench.spec('lead-bot', 'capabilities: { tools: [spawn_agent], spawn: { max: 1 } }\n');
  });
  after(() => bench?.[Symbol.asyncDispose]());
  afterEach(() => { Object.assign(gate, { start: startNobody, answer: () => allow(), reserving: () => Promise.resolve(), denying: () => Promise.resolve(), decide: () => 'pending' }); });

  const assigned = async (options: object, more?: Parameters<FleetBench['task']>[1]): Promise<Work> => {
    const work = await bench.task(options, more);
    await bench.tell(work, taskAssigned);
    return work;
  };
  const lastRun = (work: Work, ...states: string[]): Promise<RunRow> => until(`a run ${states.join(' or ')}`, async () => (await bench.runs(work)).filter(({ state }) => states.includes(state)).at(-1));
  /** By the machine's own time. */
  const within = async (ms: number, what: string, holds: () => boolean): Promise<void> => {
    const { tookMs, lostMs } = await timed(() => until(what, holds), () => bench.database.touch());
    expect(tookMs - lostMs).toBeLessThan(ms);
  };
  const endsSoon = (pid: number): Promise<void> => within(2_000, 'its end', () => !bench.workers().includes(pid));
  const submitted = async (work: Work): Promise<Work> => { await lastRun(work, 'submitted'); return work; };
  const statesOf = async (work: Work) => (await bench.runs(work)).map(({ attempt, state, code }) => [attempt, state, code]);

  describe('as processes of their own', () => {
    it('shares the work of one database without doing anything twice, and survives the loss of every process in the middle', async () => {
      const fleets = await Promise.all([bench.fleetProcess(), bench.fleetProcess()]);
      const works = await Promise.all([1, 2, 3, 4].map(() => assigned(WRITE)));
      for (const work of works) {
        await submitted(work);
        expect(await statesOf(work)).toEqual([[1, 'submitted', null]]);
        expect(await bench.drafts(work)).toHaveLength(1);
      }
      const hanging = await assigned({ do: 'hang' });
      await until('a worker at work', () => bench.workers().length > 0);
      // the first look may come before the worker is more than a sandbox
      await until('a look at what it uses', async () => (await bench.database.admin(`select 1 from app.run_sample s join app.worker_run r on r.team_id = s.team_id and r.id = s.run_id where r.task_id = $1 and s.memory_bytes > 1048576`, [hanging.taskId]))[0]);
      for (const child of fleets) child.kill('SIGKILL');
      await within(5_000, 'no orphan of a killed fleet', () => bench.workers().length === 0);
      await bench.database.admin(`update app.task set options = $2 where id = $1`, [hanging.taskId, JSON.stringify(WRITE)]);
      fleet = await bench.fleetHere();
      await submitted(hanging);
      expect(await statesOf(hanging)).toEqual([[1, 'failed', 'supervisor_lost'], [2, 'submitted', null]]);
      expect(await bench.drafts(hanging)).toHaveLength(1);
      await until('the gate told', () => gate.ended.some(({ teamId, status, reason }) => teamId === hanging.team.teamId && status === 'failed' && reason === 'supervisor_lost'));
    });
  });

  it('turns an assignment into a draft: rows, bytes, entries and one message, together', async () => {
    const work = await submitted(await assigned(WRITE));
    const [draft] = await bench.drafts(work);
    expect(draft).toMatchObject({ state: 'submitted', base_commit: bench.base });
    const artifacts = await bench.database.admin(`select path, mode, content, base_content from app.artifact where draft_id = $1 order by path`, [draft!.id]);
    expect(artifacts).toEqual([
      { path: 'src/a.js', mode: '100644', content: Buffer.from(WRITE.text + BASE), base_content: Buffer.from(BASE) },
      { path: 'tool.sh', mode: '100755', content: expect.anything(), base_content: Buffer.from('#!/bin/sh\n') },
    ]);
    expect(await bench.chain(work)).toEqual(['TEAM-SHARED-CONTEXT-WRITE', 'TEAM-SHARED-CONTEXT-WRITE', 'TEAM-MEMBER-OUTPUT']);
    expect(await bench.told(work)).toEqual([{ type: 'draft.submitted.v1', body: { epoch: 1, goalId: work.goalId, taskId: work.taskId, round: 1, draftId: draft!.id } }]);
    expect(gate.asked.find(({ taskId }) => taskId === work.taskId)).toMatchObject({ epoch: 1, sandboxLevel: 3 });
    await until('the gate told', () => gate.ended.some(({ teamId, status }) => teamId === work.team.teamId && status === 'completed'));
    await bench.tell(work, taskAssigned);
    await assigned(WRITE).then(submitted);
    expect(await statesOf(work)).toEqual([[1, 'submitted', null]]);
  });

  it('keeps what a worker says in the end, also where it cut a character in two', async () => {
    const work = await assigned({ ...WRITE, halves: true });
    await lastRun(work, 'submitted', 'failed');
    expect(await statesOf(work)).toEqual([[1, 'submitted', null]]);
    expect(await bench.database.admin(`select summary, detail from app.draft where task_id = $1`, [work.taskId])).toEqual([{ summary: 'did half \ufffd', detail: { notes: ['half \ufffd of it'] } }]);
  });

  it('takes up an assignment of which it heard nothing, once, as soon as no message can be meant any more', async () => {
    const work = await bench.task(WRITE);
    expect(await statesOf(work)).toEqual([]);
    await bench.database.admin(`update app.task set changed_at = now() - interval '1 minute' where id = $1`, [work.taskId]);
    await submitted(work);
    await bench.tell(work, taskAssigned);
    await assigned(WRITE).then(submitted);
    expect(await statesOf(work)).toEqual([[1, 'submitted', null]]);
  });

  it('fails a run that the gate denies with the reason the gate gave, and tells the manager', async () => {
    gate.answer = () => ({ allowed: false, code: 'spawn_max_agents_exceeded', reason: 'the team has all its agents' });
    const work = await assigned(WRITE);
    await lastRun(work, 'failed');
    expect(await statesOf(work)).toEqual([[1, 'failed', 'spawn_max_agents_exceeded']]);
    expect(await bench.told(work)).toMatchObject([{ type: 'draft.failed.v1', body: { code: 'spawn_max_agents_exceeded', taskId: work.taskId } }]);
  });

  it('does work with the agent of its skill, whoever stands in for the member who has it', async () => {
    const work = await bench.task(WRITE);
    await bench.database.admin(`update app.member set skill = 'tests', secondary_skills = '{docs}', agent = 'no-bot' where team_id = $1 and id = $2`, [work.team.teamId, work.team.memberId]);
    await bench.database.admin(`insert into app.member (team_id, id, kind, skill, agent, name, state) values ($1, gen_random_uuid(), 'specialist', 'docs', 'doc-bot', 'Gone', 'removed')`, [work.team.teamId]);
    await bench.tell(work, taskAssigned);
    await lastRun(work, 'submitted', 'failed');
    expect(await statesOf(work)).toEqual([[1, 'submitted', null]]);
  });

  it('starts no worker whose skill is not, byte for byte, what the gate has judged', async () => {
    const file = 'spawn-policy.yaml'; // any file of the policies folder
    const sha256 = createHash('sha256').update(readFileSync(new URL(`../../../policies/${file}`, import.meta.url))).digest('hex');
    gate.answer = () => ({ ...allow(), skills: [{ file, sha256: sha256.replace(/^./, (digit) => (digit === '0' ? '1' : '0')) }] });
    const refused = await assigned(WRITE);
    await lastRun(refused, 'failed');
    expect(await statesOf(refused)).toEqual([[1, 'failed', 'spawn_skill_hash_mismatch']]);
    gate.answer = () => ({ ...allow(), skills: [{ file, sha256 }] });
    await submitted(await assigned(WRITE));
  });

  it('refuses a bad agent spec, goes on with the others, and takes it once it is right', async () => {
    bench.spec('late-bot', 'max_tokens: many\n');
    const refused = await assigned(WRITE, { agent: 'late-bot' });
    await lastRun(refused, 'failed');
    expect(await statesOf(refused)).toEqual([[1, 'failed', 'agent_unknown']]);
    bench.spec('late-bot');
    await until('the spec is taken', async () => {
      const again = await assigned(WRITE, { agent: 'late-bot' });
      return (await lastRun(again, 'failed', 'submitted')).state === 'submitted';
    });
  });

  it("shows a worker of the host's environment what its spec names, and nothing else; a spec that names a secret is not taken", async () => {
    Object.assign(process.env, { LOCALE_OF_THE_TEST: 'de', CANARY_OF_THE_TEST: 'x' });
    bench.spec('env-bot', '', ['LOCALE_OF_THE_TEST', 'NOT_SET']);
    const work = await until('the spec is taken', async () => {
      const tried = await assigned({ do: 'environment' }, { agent: 'env-bot' });
      return (await lastRun(tried, 'failed', 'submitted')).state === 'submitted' && tried;
    });
    const [row] = await bench.database.admin<{ content: Buffer }>(`select content from app.artifact where team_id = $1`, [work.team.teamId]);
    const seen = JSON.parse(row!.content.toString('utf8')) as Record<string, string>;
    expect(Object.keys(seen).sort()).toEqual(['HOME', 'LANG', 'LOCALE_OF_THE_TEST', 'NODE_OPTIONS', 'PATH', 'TMPDIR']);
    expect(seen['LOCALE_OF_THE_TEST']).toBe('de');
    bench.spec('thief-bot', '', ['NATS_CREDS']);
    bench.spec('after-bot');
    await until('the folder is read again', async () => (await lastRun(await assigned(WRITE, { agent: 'after-bot' }), 'failed', 'submitted')).state === 'submitted');
    const thief = await assigned({ do: 'environment' }, { agent: 'thief-bot' });
    await lastRun(thief, 'failed', 'submitted');
    expect(await statesOf(thief)).toEqual([[1, 'failed', 'agent_unknown']]);
  });

  it('names the mirror it has not got instead of trying again', async () => {
    const work = await bench.task(WRITE);
    await bench.database.admin(`update app.goal set repository = '{"mirror":"nowhere","base":"b"}' where id = $1`, [work.goalId]);
    await bench.tell(work, taskAssigned);
    await lastRun(work, 'failed');
    expect(await statesOf(work)).toEqual([[1, 'failed', 'mirror_missing']]);
  });

  it('ends what waits for a supervisor when it hears that the team was stopped', async () => {
    const work = await bench.task(WRITE);
    await bench.database.admin(`insert into app.worker_run (team_id, id, task_id, member_id, round, state, epoch) values ($1, gen_random_uuid(), $2, $3, 1, 'queued', 0)`, [work.team.teamId, work.taskId, work.team.memberId]); // of an older epoch already, so nobody takes it up
    await bench.suspend(work);
    await lastRun(work, 'stopped');
    expect(await statesOf(work)).toEqual([[1, 'stopped', 'team_suspended']]);
  });

  it("ends a suspended team's worker within two seconds although no message says so, and takes no late draft", async () => {
    const work = await assigned({ do: 'hang' });
    await lastRun(work, 'running');
    const pid = await until('its worker', () => bench.workers()[0]);
    await bench.database.admin(`update app.team set state = 'suspended', epoch = 2 where team_id = $1`, [work.team.teamId]);
    await endsSoon(pid);
    await lastRun(work, 'stopped');
    expect(await statesOf(work)).toEqual([[1, 'stopped', 'team_suspended']]);
    const late = await bench.task(WRITE, { beside: work });
    const runId = crypto.randomUUID();
    await bench.database.admin(`insert into app.worker_run (team_id, id, task_id, member_id, round, state, epoch) values ($1, $2, $3, $4, 1, 'queued', 1)`, [work.team.teamId, runId, late.taskId, work.team.memberId]);
    const order = await fleet.app.get(RunStore, { strict: false }).claim(work.team.teamId, runId as never, 'late');
    const handIn = fleet.app.get(DraftStore, { strict: false }).submit(order!, { summary: 'late', baseCommit: bench.base, detail: {}, used: {}, files: [] });
    await expect(handIn).rejects.toMatchObject({ code: expect.stringMatching(/^(stale_epoch|team_not_active)$/) });
    expect([...(await bench.drafts(work)), ...(await bench.drafts(late))]).toEqual([]);
  });

  it("ends a paused goal's worker although no message says so, and does its round when the goal goes on", async () => {
    const work = await assigned({ do: 'hang' });
    await lastRun(work, 'running');
    const pid = await until('its worker', () => bench.workers()[0]);
    const pause = (at: string): Promise<unknown> => bench.database.admin(`update app.goal set paused_at = ${at} where id = $1`, [work.goalId]);
    await pause('now()');
    await endsSoon(pid);
    await until('the next attempt', async () => (await bench.runs(work)).length === 2);
    await bench.database.admin(`update app.task set options = $2 where id = $1`, [work.taskId, JSON.stringify(WRITE)]);
    const store = fleet.app.get(RunStore, { strict: false });
    const [, next] = await bench.runs(work);
    expect(await store.claim(work.team.teamId, next!.id as never, 'early')).toBeUndefined();
    expect(await statesOf(work)).toEqual([[1, 'stopped', 'goal_paused'], [2, 'queued', null]]);
    expect((await bench.told(work)).map(({ type }) => type)).not.toContain('draft.failed.v1');
    await pause('null');
    await submitted(work);
    expect(await statesOf(work)).toEqual([[1, 'stopped', 'goal_paused'], [2, 'submitted', null]]);
  });

  it('takes a refusal because of a pause for a pause, and a draft of a paused goal as it is', async () => {
    let asked = 0;
    gate.answer = () => (++asked > 1 ? allow() : { allowed: false, code: 'mission_paused', reason: 'the goal is paused' });
    const work = await submitted(await assigned(WRITE));
    expect(await statesOf(work)).toEqual([[1, 'stopped', 'goal_paused'], [2, 'submitted', null]]);
    await bench.database.admin(`update app.goal set paused_at = now() where id = $1`, [work.goalId]);
    const draftId = await bench.review(work, 'approved');
    await bench.tell(work, draftDecided, { draftId, decision: 'approved' });
    expect(await fleet.app.get(DraftStore, { strict: false }).open(work.team.teamId, draftId)).toBeUndefined();
    await bench.database.admin(`update app.goal set paused_at = null where id = $1`, [work.goalId]);
    await until('an outcome', async () => (await bench.drafts(work))[0]!.state === 'committed');
  });

  it('does not let a worker that writes 100 MB disturb the one beside it', async () => {
    const [flood, honest] = await Promise.all([assigned({ do: 'flood' }), assigned(WRITE)]);
    await Promise.all([submitted(honest), lastRun(flood, 'failed')]);
    expect([await statesOf(honest), await statesOf(flood)]).toEqual([[[1, 'submitted', null]], [[1, 'failed', 'worker_flood']]]);
  });

  it("runs a worker's tools: what is granted is drafted, what is refused is told, and no secret is kept", async () => {
    gate.answer = () => allow(aGrant({ tool_allowlist: ['*'], fs_scopes: { read: ['.'], write: ['src'] }, secrets_scopes: ['npm'], git_caps: { read: true, commit: true, push: true, push_requires_approval: true } }));
    const calls = [['auth', { alias: 'npm' }], ['auth', { alias: 'aws' }], ['write', { path: 'src/a.js', content: 'x\n' }], ['write', { path: '../x', content: 'x' }], ['bash', { command: 'id' }], ['git', { args: ['commit', '-m', 'x'] }], ['git', { args: ['push'] }]];
    const work = await bench.task({ do: 'call', calls }, { agent: 'tool-bot' });
    bench.secrets(work, { npm: 'npm-value-"1"', aws: 'aws-value-1' });
    gate.denied.length = 0;
    await bench.tell(work, taskAssigned);
    await submitted(work);
    const [artifact] = await bench.database.admin(`select path, content from app.artifact where team_id = $1`, [work.team.teamId]);
    expect(artifact).toEqual({ path: 'src/a.js', content: Buffer.from('x\n') });
    await until('the refusals told', () => gate.denied.length === 3);
    expect(gate.denied.map(({ code, tool, what }) => [code, tool, what])).toEqual([['secret_not_allowed', 'auth', 'auth aws'], ['path_outside_workspace', 'write', 'write ../x'], ['tool_not_allowed', 'bash', 'bash id']]);
    expect(gate.questions.at(-1)).toMatchObject({ teamId: work.team.teamId, tool: 'git', code: 'git_push_requires_approval', args: { verb: 'push' } });
    const lines = await until('its log', async () => { const rows = await bench.database.admin<{ line: string }>(`select line from app.worker_log where team_id = $1 order by seq`, [work.team.teamId]); return rows.length >= calls.length && rows.map(({ line }) => line); });
    expect(lines[0]).toBe('auth {"alias":"npm","value":"[redacted]"}');
    expect(lines.at(-1)).toContain('approval_required');
    const told = await bench.database.admin<{ payload: Buffer }>(`select payload from app.outbox where team_id = $1`, [work.team.teamId]);
    expect([...lines, ...told.map(({ payload }) => payload.toString())].join()).not.toContain('npm-value');
  });

  it('tells the gate of a refusal until it has heard, as one, and before it says that the agent ended', async () => {
    gate.answer = () => allow(aGrant({ tool_allowlist: ['*'], fs_scopes: { read: ['.'], write: ['src'] } }));
    gate.denied.length = 0;
    const [tries, ended]: [unknown[], boolean[]] = [[], []];
    const work = await bench.task({ do: 'call', calls: [['write', { path: '../x', content: 'x' }]] }, { agent: 'tool-bot' });
    const over = () => gate.ended.some(({ teamId }) => teamId === work.team.teamId);
    gate.denying = ({ denialId }) => {
      tries.push(denialId);
      ended.push(over());
      return tries.length < 3 ? Promise.reject(new DatabaseError('53300', true, 'too many connections')) : Promise.resolve();
    };
    await bench.tell(work, taskAssigned);
    await until('the end told', over);
    expect(gate.denied).toMatchObject([{ teamId: work.team.teamId, code: 'path_outside_workspace', denialId: tries[0] }]);
    expect([tries, ended]).toEqual([Array(3).fill(tries[0]), [false, false, false]]);
  });

  const linesOf = (work: Work, least: number): Promise<string[]> =>
    until('its log', async () => {
      const rows = await bench.database.admin<{ line: string }>(`select line from app.worker_log where team_id = $1 order by seq`, [work.team.teamId]);
      return rows.length >= least && rows.map(({ line }) => line);
    });

  it('asks the gate for another agent on behalf of the instance that the process is bound to, whatever the worker says about itself', async () => {
    gate.answer = () => allow(aGrant({ tool_allowlist: ['*'] }));
    gate.started.length = 0;
    const wish = { role: 'worker', justification: 'two halves, token=hunter22', templateID: 'doc-bot', budgetOverride: { max_steps: 2, max_cost_usd: 0.5 } };
    const lies = [{ ...wish, parentInstanceID: 'ins_00000000000070008000000000000000' }, { ...wish, source: 'ui_action' }, { ...wish, missionID: 'mission-default' }, { ...wish, role: 'king' }, { role: 'worker' }];
    const work = await submitted(await assigned({ do: 'call', calls: [['spawn_agent', wish], ...lies.map((args) => ['spawn_agent', args])] }, { agent: 'lead-bot' }));
    const [run] = await bench.database.admin<{ instance_id: string }>(`select instance_id from app.worker_run where team_id = $1`, [work.team.teamId]);
    expect(gate.started).toEqual([expect.objectContaining({ teamId: work.team.teamId, instanceId: run!.instance_id, role: 'worker', justification: 'two halves, token=[redacted]', templateId: 'doc-bot', budgetOverride: { steps: 2, usd_micros: 500_000 }, drawn: { tool_calls: 1, ms: expect.any(Number) } })]);
    const answers = (await linesOf(work, 6)).map((line) => JSON.parse(line.replace('spawn_agent ', '')) as object);
    expect(answers[0]).toEqual({ ok: false, code: 'spawn_requires_approval', error: 'a person decides', requiresUserApproval: true, approvalID: 'spawn_01a1faa885f2786b9b67420704a3cc04' });
    expect(answers.slice(1)).toEqual(lies.map(() => expect.objectContaining({ ok: false, code: 'SPAWN_INVALID_ARGS' })));
  });

  it('draws no longer on what a child was given, and starts no more than the agent spec says', async () => {
    gate.answer = () => allow(aGrant({ tool_allowlist: ['*'] }));
    gate.denied.length = 0;
    gate.start = async ({ teamId, instanceId }) => {
      const child = InstanceId.next();
      const row = `insert into app.instance (team_id, id, run_id, parent_id, role, template_id, state, capabilities, slice, skill_hash, policy_version, sandbox_level, epoch) values ($1, $2, $3, $4, 'worker', 'doc-bot', $5, '{}', $6, '', 1, 3, 1)`;
      const [run] = await bench.database.admin<{ id: string }>(`select id from app.worker_run where team_id = $1`, [teamId]);
      await bench.database.admin(row, [teamId, instanceId, run!.id, null, 'running', '{}']);
      await bench.database.admin(row, [teamId, child, null, instanceId, 'queued', JSON.stringify({ steps: 4, tool_calls: 9, ms: 20_000 })]);
      return { ok: true, code: 'ok', message: '', violations: [], requiresUserApproval: false, instanceId: child, status: 'queued', skillHash: 'sha256:x', missionId: 'm' };
    };
    const work = await submitted(await assigned({ do: 'spawn', wish: { role: 'worker', justification: 'two halves' } }, { agent: 'lead-bot' }));
    const [asked, budget] = await linesOf(work, 2);
    expect(JSON.parse(asked!.replace('spawn/request ', ''))).toEqual({ outcome: 'allowed', code: 'ok', instanceId: expect.stringMatching(/^ins_/) });
    expect(JSON.parse(budget!.replace('budget/status ', ''))).toMatchObject({ granted: { tool_calls: 10, steps: 10, ms: 60_000 }, held: { tool_calls: 9, steps: 4, ms: 20_000 }, free: { tool_calls: 0, steps: 6 } });
    const second = await submitted(await assigned({ do: 'call', calls: [['spawn_agent', { role: 'worker', justification: 'one' }], ['spawn_agent', { role: 'worker', justification: 'two' }]] }, { agent: 'lead-bot' }));
    const lines = await linesOf(second, 2);
    expect(lines[0]).toContain('"ok":true');
    expect(lines[1]).toContain('the slice has no tool_calls left');
    const third = await submitted(await assigned({ do: 'spawn', wish: { role: 'worker', justification: 'more' } }));
    expect((await linesOf(third, 2))[0]).toContain('tool_not_allowed');
    await until('the refusal told', () => gate.denied.some(({ code, tool, teamId }) => code === 'tool_not_allowed' && tool === 'spawn/request' && teamId === third.team.teamId));
  });

  it('checks a draft under review and says once what it found', async () => {
    const work = await submitted(await assigned({ ...WRITE, text: 'let ' }, { criteria: ['parses', 'suite-green'] }));
    const draftId = await bench.review(work);
    await Promise.all([bench.tell(work, checksRequested, { draftId }), bench.tell(work, checksRequested, { draftId })]);
    const told = await until('the answer', async () => (await bench.told(work)).filter(({ type }) => type === 'draft.checked.v1').at(0));
    expect(told.body).toMatchObject({ draftId, passed: false });
    const rows = await bench.database.admin(`select criterion, passed, sandbox_level from app.check_run where draft_id = $1 order by criterion`, [draftId]);
    expect(rows).toEqual([{ criterion: 'parses', passed: false, sandbox_level: 3 }, { criterion: 'suite-green', passed: true, sandbox_level: 3 }]);
    expect((await bench.chain(work)).filter((action) => action === 'DRAFT-CHECKED')).toHaveLength(2);
  });

  it('commits approved drafts one after the other, and calls a conflict what was made from something else', async () => {
    const first = await bench.task(WRITE);
    const second = await bench.task({ ...WRITE, text: '/** Another one. */\n' }, { beside: first });
    for (const work of [first, second]) await bench.tell(work, taskAssigned);
    for (const work of [first, second]) await submitted(work);
    for (const work of [first, second]) {
      const draftId = await bench.review(work, 'approved');
      await bench.tell(work, draftDecided, { draftId, decision: 'approved' });
      await until('an outcome', async () => (await bench.drafts(work))[0]!.state !== 'submitted');
    }
    expect([(await bench.drafts(first))[0]!.state, (await bench.drafts(second))[0]!.state]).toEqual(['committed', 'conflict']);
    expect([await bench.outputs(first), await bench.outputs(second)]).toEqual([['submitted', 'committed'], ['submitted', 'conflict']]);
    const git = (...args: string[]): string => execFileSync('git', ['-C', bench.mirrorPath('demo'), ...args], { encoding: 'utf8' });
    const branch = `countersign/goal-${first.goalId}`;
    expect([git('show', `${branch}:src/a.js`), git('ls-tree', branch, 'tool.sh').slice(0, 6)]).toEqual([WRITE.text + BASE, '100755']);
    expect((await bench.told(second)).filter(({ type }) => type === 'workspace.committed.v1').map(({ body }) => body['conflict'])).toEqual([false, true]);
  });

  it('compares a draft with what its worker saw, not with what was committed while it worked', async () => {
    const asked = Promise.withResolvers<void>();
    const answer = Promise.withResolvers<void>();
    gate.reserving = () => { asked.resolve(); return answer.promise; };
    const work = await assigned({ ...WRITE, do: 'askThenWrite' });
    await asked.promise;
    const mirror = bench.mirrorPath('demo');
    const git = (args: readonly string[], input = ''): string => execFileSync('git', ['-C', mirror, '-c', 'user.name=Ben', '-c', 'user.email=ben@example.test', ...args], { encoding: 'utf8', input }).trim();
    const src = git(['mktree'], `100644 blob ${git(['hash-object', '-w', '--stdin'], 'export const a = 2;\n')}\ta.js\n`);
    const other = git(['commit-tree', git(['mktree'], `040000 tree ${src}\tsrc\n`), '-p', bench.base, '-m', 'meanwhile']);
    git(['update-ref', `refs/heads/countersign/goal-${work.goalId}`, other]);
    answer.resolve();
    await submitted(work);
    const draftId = await bench.review(work, 'approved');
    await bench.tell(work, draftDecided, { draftId, decision: 'approved' });
    await until('an outcome', async () => (await bench.drafts(work))[0]!.state !== 'submitted');
    expect(await bench.drafts(work)).toMatchObject([{ state: 'conflict', base_commit: bench.base }]);
    expect(git(['rev-parse', `countersign/goal-${work.goalId}`])).toBe(other);
  });

  it('answers a draft that cannot be checked or committed, once: it is refused, and its work starts again', async () => {
    const work = await submitted(await assigned(WRITE, { criteria: ['parses'] }));
    await bench.database.admin(`update app.goal set repository = repository || '{"mirror":"gone"}' where team_id = $1`, [work.team.teamId]);
    const draftId = await bench.review(work);
    await bench.tell(work, checksRequested, { draftId });
    const checks = () => bench.database.admin(`select criterion, passed, output_tail from app.check_run where draft_id = $1`, [draftId]);
    await until('the answer', async () => (await checks()).length > 0);
    expect(await checks()).toEqual([{ criterion: 'parses', passed: false, output_tail: 'the draft could not be checked: there is no mirror gone' }]);
    await bench.review(work, 'approved');
    await bench.tell(work, draftDecided, { draftId, decision: 'approved' });
    await until('the outcome', async () => (await bench.drafts(work))[0]?.state === 'conflict');
  });

  it('ends a run as one that was left behind only while nobody works under its lease; whoever still does is told', async () => {
    const work = await bench.task(WRITE);
    const { teamId, memberId } = work.team;
    const runId = RunId.next();
    await bench.database.admin(`insert into app.worker_run (team_id, id, task_id, member_id, round, attempt, state, epoch) values ($1, $2, $3, $4, 1, 1, 'running', 1)`, [teamId, runId, work.taskId, memberId]);
    await bench.database.admin(`insert into app.lease (team_id, resource, holder, token, expires_at) values ($1, $2, gen_random_uuid()::text, 7, clock_timestamp() + interval '1 hour')`, [teamId, `run:${runId}`]);
    const store = new RunStore(bench.database.as('fleet'));
    const order = { ...work, teamId, memberId, runId, round: 1, attempt: 1, epoch: 1, leaseToken: 7 } as never;
    expect(await store.endLost(order, { kind: 'failed', code: 'supervisor_lost', detail: '' })).toBeUndefined();
    expect([await statesOf(work), (await store.beat(order, {}, '')).leaseHeld]).toEqual([[[1, 'running', null]], true]);
    await store.end(order, { kind: 'failed', code: 'worker_failed', detail: '' }, {});
    expect((await store.beat(order, {}, '')).leaseHeld).toBe(false);
  });

  it('tries nothing again of a member that has agreed to end since, whatever went before it could: its supervisor, a crash, its goal', async () => {
    const store = new RunStore(bench.database.as('fleet'));
    const PAUSED = { kind: 'stopped', code: 'goal_paused', detail: '' } as const;
    const LOST = { kind: 'failed', code: 'supervisor_lost', detail: '' } as const;
    const endOf = async (how: (order: never) => Promise<unknown>, { approve = true, later = true } = {}) => {
      const work = await bench.task(WRITE);
      const { teamId, memberId, personId } = work.team;
      const [runId, messageId] = [RunId.next(), uuidv7()];
      await bench.database.admin(`update app.goal set paused_at = clock_timestamp() where team_id = $1`, [teamId]); // nobody takes it here
      await bench.database.admin(`insert into app.member_message (team_id, id, kind, from_kind, from_id, to_id, text, due_at) values ($1, $2, 'shutdown', 'person', $3, $4, 'We move the machine', now() + interval '1 minute')`, [teamId, messageId, personId, memberId]);
      await bench.database.admin(`insert into app.worker_run (team_id, id, task_id, member_id, round, attempt, state, epoch, heartbeat_at) values ($1, $2, $3, $4, 1, 1, 'running', 1, clock_timestamp() + interval '1 hour')`, [teamId, runId, work.taskId, memberId]); // nor does a sweep find it left behind
      await bench.database.admin(`insert into app.message_receipt (team_id, message_id, member_id, delivered_at, delivered_to, read_at, answered_at, approve) values ($1, $2, $3, now(), gen_random_uuid(), now(), clock_timestamp() + make_interval(secs => $4), $5)`, [teamId, messageId, memberId, later ? 1 : -60, approve]);
      const end = await how({ ...work, teamId, memberId, runId, round: 1, attempt: 1, epoch: 1, leaseToken: 7 } as never);
      return [end, await statesOf(work), (await bench.told(work)).length];
    };
    const left = [{ kind: 'stopped', code: 'cancelled_by_person', detail: 'the member agreed to end' }, [[1, 'stopped', 'cancelled_by_person']], 0];
    for (const end of [PAUSED, LOST, { kind: 'failed', code: 'budget_exhausted', detail: '' } as const]) expect([end.code, await endOf((order) => store.end(order, end, {}))]).toEqual([end.code, left]);
    expect(await endOf((order) => store.endLost(order, LOST))).toEqual(left);
    // a no, or a yes of before it began, changes nothing
    for (const over of [{ approve: false }, { later: false }]) expect([over, await endOf((order) => store.end(order, LOST, {}), over)]).toEqual([over, [LOST, [[1, 'failed', 'supervisor_lost'], [2, 'queued', null]], 0]]);
    expect((await endOf((order) => store.end(order, { kind: 'stopped', code: 'team_suspended', detail: '' }, {})))[1]).toEqual([[1, 'stopped', 'team_suspended']]);
    // a yes that was on its way when its run was lost is also the next try's, and not that of one after a suspension
    const nextOf = (epoch: number) => endOf(async (order: EndingRun) => {
      await store.end(order, LOST, {});
      await bench.database.admin(`update app.team set epoch = $2 where team_id = $1`, [order.teamId, epoch]);
      const [next] = await bench.database.admin<{ id: RunId }>(`update app.worker_run set epoch = $2 where team_id = $1 and attempt = 2 returning id`, [order.teamId, epoch]);
      await bench.database.admin(`update app.message_receipt set approve = true, answered_at = (select queued_at + interval '1 microsecond' from app.worker_run where id = $2) where team_id = $1`, [order.teamId, order.runId]);
      return store.end({ ...order, runId: next!.id, attempt: 2, epoch }, LOST, {});
    }, { approve: false });
    const lost = [1, 'failed', 'supervisor_lost'];
    expect([await nextOf(1), await nextOf(2)]).toEqual([[left[0], [lost, [2, 'stopped', 'cancelled_by_person']], 0], [LOST, [lost, [2, 'failed', 'supervisor_lost'], [3, 'queued', null]], 0]]);
  });

  it('ends for a person what of a member has no agent yet, so that nothing begins when its agents are ended; for whom it is not, nothing', async () => {
    const work = await bench.task(WRITE);
    const { teamId, memberId, customerId } = work.team;
    await bench.database.admin(`update app.goal set paused_at = clock_timestamp() where team_id = $1`, [teamId]); // nobody takes it here
    await bench.database.admin(`insert into app.worker_run (team_id, id, task_id, member_id, round, attempt, state, epoch) values ($1, gen_random_uuid(), $2, $3, 1, 1, 'queued', 1)`, [teamId, work.taskId, memberId]);
    const stop = (over: object) => bench.commands.request(stopMember, { teamId, memberId: memberId as never, by: { personId: PersonId.next(), customerId, roles: ['customer_governor'], ...over }, reason: 'enough' });
    for (const over of [{ customerId: CustomerId.next() }, { roles: [] }, { roles: ['genesis'] }]) expect(await stop(over)).toMatchObject({ ok: false, code: 'not_permitted' });
    expect(await statesOf(work)).toEqual([[1, 'queued', null]]);
    expect([await stop({}), await stop({})]).toMatchObject([{ ok: true, stopped: 1 }, { ok: true, stopped: 0 }]);
    expect(await statesOf(work)).toEqual([[1, 'stopped', 'cancelled_by_person']]);
  });

  it('forgets what agents said and used once their run is long over, and not before', async () => {
    const [old, young] = [await bench.task(WRITE), await bench.task(WRITE)];
    for (const [work, days] of [[old, 31], [young, 29]] as const) {
      const [{ id }] = await bench.database.admin<{ id: string }>(`insert into app.worker_run (team_id, id, task_id, member_id, round, attempt, state, epoch, queued_at, ended_at) values ($1, gen_random_uuid(), $2, $3, 1, 1, 'failed', 1, now() - $4 * interval '1 day', now() - $4 * interval '1 day') returning id`, [work.team.teamId, work.taskId, work.team.memberId, days]) as [{ id: string }];
      await bench.database.admin(`insert into app.worker_log (team_id, run_id, seq, stream, line) values ($1, $2, 1, 'log', 'x')`, [work.team.teamId, id]);
      await bench.database.admin(`insert into app.run_sample (team_id, run_id, memory_bytes, cpu_ms) values ($1, $2, 1, 1)`, [work.team.teamId, id]);
    }
    await bench.database.admin(`insert into app.worker_log (team_id, run_id, seq, stream, line) select r.team_id, r.id, n, 'log', 'x' from app.worker_run r cross join generate_series(2, 5002) n where r.team_id = $1`, [old.team.teamId]); // more than one look forgets
    await forgetTraces(bench.database.as('fleet'), 720);
    const left = async ({ team }: Work) => (await bench.database.admin(`select 1 from app.worker_log where team_id = $1 union all select 1 from app.run_sample where team_id = $1`, [team.teamId])).length;
    expect([await left(old), await left(young)]).toEqual([0, 2]);
  });

  it('queues nothing for a member who was suspended before the assignment arrived', async () => {
    const work = await bench.task(WRITE);
    const { teamId, memberId } = work.team;
    const asFleet = bench.database.as('fleet');
    const queued = async (state: 'suspended' | 'active') => {
      await bench.database.admin(`update app.member set state = $2 where team_id = $1 and id = $3`, [teamId, state, memberId]);
      await asFleet.withTeam(teamId, (tx) => new RunStore(asFleet).queueFirst(tx, { taskId: work.taskId, memberId: memberId as never, round: 1, epoch: 1 }));
      return (await bench.runs(work)).length;
    };
    expect([await queued('suspended'), await queued('active')]).toEqual([0, 1]);
  });

  it("works on no mirror that the team's customer has not adopted, whatever lies in their folder", async () => {
    const ben = await seedCustomer(bench.database);
    bench.mirror('demo', ben);
    const work = await bench.task(WRITE);
    await bench.database.admin(`update app.team set customer_id = $2 where team_id = $1`, [work.team.teamId, ben.customerId]);
    await bench.tell(work, taskAssigned);
    await lastRun(work, 'failed');
    expect(await statesOf(work)).toEqual([[1, 'failed', 'mirror_missing']]);
  });

  describe('asked to adopt a mirror', () => {
    const adopt = (mirror: string, { of = bench.customer, remote = '/srv/demo.git', roles = ['customer_governor'] } = {}) => bench.commands.request(adoptMirror, { by: { ...of, roles }, mirror, remote });
    const rows = (name: string) => bench.database.admin<{ customer_id: string; remote: string; adopted_by: string }>(`select customer_id, remote, adopted_by from app.mirror where name = $1`, [name]);
    const adopted = async () => (await bench.database.admin<{ payload: Buffer }>(`select payload from audit.entry where team_id = '00000000-0000-0000-0000-000000000000' order by seq`)).map(({ payload }) => JSON.parse(payload.toString('utf8')) as { action: string; body: object });

    it('makes it harmless before it is used, and notes whose it is, once', async () => {
      const commit = bench.mirror('adopted');
      const repository = bench.mirrorPath('adopted');
      writeFileSync(join(repository, 'hooks/post-update'), '#!/bin/sh\ntouch /tmp/owned\n', { mode: 0o755 });
      writeFileSync(join(repository, 'config'), '[core]\n\tbare = true\n\tfsmonitor = touch /tmp/owned\n[alias]\n\tx = !id\n');
      writeFileSync(join(repository, 'objects/info/alternates'), '/etc\n');
      writeFileSync(join(repository, 'commondir'), `${bench.mirrorPath('demo')}\n`);
      for (const again of await Promise.all([adopt('adopted'), adopt('adopted')])) expect(again).toMatchObject({ ok: true, heads: { main: commit } });
      expect([existsSync(join(repository, 'hooks')), existsSync(join(repository, 'commondir')), existsSync(join(repository, 'objects/info/alternates')), readFileSync(join(repository, 'config'), 'utf8')]).toEqual([false, false, false, expect.not.stringMatching(/fsmonitor|alias/)]);
      expect(await rows('adopted')).toEqual([{ customer_id: bench.customer.customerId, remote: '/srv/demo.git', adopted_by: bench.customer.personId }]);
      const entries = await adopted();
      expect(entries.map(({ action, body }) => [action, (body as { mirror: string }).mirror])).toEqual([['MIRROR-ADOPTED', 'adopted']]);
      expect(JSON.stringify(entries)).not.toContain(bench.customer.personId);
    });

    it('takes none whose files are links: neither git nor what is written is led to another place', async () => {
      for (const entry of ['config', 'objects', 'refs', 'refs/heads', 'info']) {
        const name = `links-${entry.replace('/', '-')}`;
        bench.mirror(name);
        const place = join(bench.mirrorPath(name), entry);
        rmSync(place, { recursive: true, force: true });
        const elsewhere = join(bench.mirrorPath('demo'), entry);
        const before = entry === 'config' ? readFileSync(elsewhere, 'utf8') : '';
        symlinkSync(elsewhere, place);
        await expect(adopt(name)).rejects.toMatchObject({ code: 'mirror_link' });
        if (entry === 'config') expect(readFileSync(elsewhere, 'utf8')).toBe(before);
      }
    });

    it('finds nothing under a name that leads elsewhere, or that is another customer’s: the answer is the same', async () => {
      bench.mirror('ashas');
      await adopt('ashas');
      const ben = await seedCustomer(bench.database);
      mkdirSync(join(bench.mirrors, ben.customerId));
      symlinkSync(bench.mirrorPath('ashas'), bench.mirrorPath('linked', ben));
      const answers = await Promise.all(['ashas', 'absent', 'linked'].map((name) => adopt(name, { of: ben }).catch(({ code, message }: { code: string; message: string }) => ({ code, message }))));
      expect(answers).toEqual(Array(3).fill({ code: 'not_found', message: 'mirror not found' }));
      for (const name of ['../ashas', 'a/b', 'a..b', 'ashas.git']) await expect(adopt(name, { of: ben })).rejects.toMatchObject({ code: 'mirror_name' });
      expect(await rows('ashas')).toHaveLength(1);
    });

    it("takes no remote that is a folder of the stack's own, another customer's mirrors first, however it is called", async () => {
      bench.mirror('ashas-own');
      const ben = await seedCustomer(bench.database);
      bench.mirror('bens', ben);
      const target = bench.mirrorPath('ashas-own');
      const outside = mkdtempSync(join(tmpdir(), 'outside-'));
      const link = join(outside, 'innocent.git');
      symlinkSync(target, link);
      mkdirSync(join(outside, 'bens.git'));
      const places = [target, `${target}/`, `file://${target}`, `file://${target.replaceAll('a', '%61')}`, link, link.slice(0, -'.git'.length), `${link}/../${ben.customerId}/bens`, join(bench.mirrors, 'not-yet.git'), join(bench.home, 'secrets')];
      for (const remote of places) expect([remote, await adopt('bens', { of: ben, remote }).catch(({ code }: { code: string }) => code)]).toEqual([remote, 'repository_invalid']);
      expect(await rows('bens')).toEqual([]);
      expect(await adopt('bens', { of: ben, remote: join(outside, 'bens.git') })).toMatchObject({ ok: true });
      rmSync(outside, { recursive: true });
    });

    it('keeps the remote it was adopted with, and takes it from a governor only', async () => {
      bench.mirror('kept');
      await adopt('kept');
      await expect(adopt('kept', { remote: '/srv/other.git' })).rejects.toMatchObject({ code: 'mirror_remote_differs' });
      await expect(adopt('kept', { remote: 'ext::sh -c id' })).rejects.toMatchObject({ code: 'repository_invalid' });
      await expect(adopt('kept', { roles: ['operator'] })).rejects.toMatchObject({ code: 'not_permitted' });
      expect(await rows('kept')).toMatchObject([{ remote: '/srv/demo.git' }]);
    });
  });
});
