import type { CommandClient } from '@countersign/bus';
import { answerClarification, bundleSchema, GoalId, hireTeam, moveTeam, PersonId, PLATFORM_CHAIN, readYaml, reserve, RunId, sendToMember, settle, submitGoal, TaskId, TeamId, uuidv7, wireId, type CustomerId, type InstanceId, type MemberId, type Requester } from '@countersign/contracts';
import { patientClient, seedCustomer, seedMirror, testDatabase, testNats, until, type SeededCustomer, type TestDatabase, type TestNats } from '@countersign/testing';
import { expect } from 'expect';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { after, before, describe, it } from 'node:test';
import { OwnServices } from '../wire/own-services.js';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const SPEC = (name: string): string => `name: ${name}\nmodel: { id: rehearsal-1 }\nmax_tokens: 15000\nallowed_syscalls: ["@runtime"]\nrun: { command: node, args: [worker.mjs] }\n`;
/** Asks a model, and waits for the answer as long as it lives; for two goals it asks a person and goes on with the answer, or works until it is asked to end. */
const WORKER = `
const say = (message) => process.stdout.write(JSON.stringify({ jsonrpc: '2.0', ...message }) + '\\n');
let rest = ''; let task; let ends = false;
const look = () => say({ id: 3000, method: 'budget/status', params: {} });
process.stdin.on('data', (chunk) => {
  const lines = (rest + chunk).split('\\n'); rest = lines.pop();
  for (const line of lines) {
    const { id, method, params, result, error } = JSON.parse(line); if (error && id >= 2000) { say({ id: task, result: { status: 'failed', summary: JSON.stringify(error), artifacts: [] } }); continue; }
    if (method === 'initialize') say({ id, result: { protocolVersion: '1', agent: { name: 'w', version: '1' } } });
    if (method === 'task/run') task = id;
    if (method === 'task/run' && params.goal === 'Ask first') say({ id: 2000, method: 'ask', params: { taskId: params.taskId, question: 'Which licence?', choices: ['MIT', 'BSD'] } });
    else if (method === 'task/run' && params.goal === 'Work on') look();
    else if (method === 'task/run') say({ id: 1000, method: 'model/complete', params: { messages: [{ role: 'user', content: 'Tell me all' }], maxOutputTokens: 15000 } });
    if (id === 2000) say({ id: task, result: { status: 'done', summary: 'It was ' + result.outcome + ': ' + result.answer, artifacts: [] } });
    for (const { type, message_id } of result?.inbox ?? params?.inbox ?? []) if (type === 'shutdown_request') { ends = true; say({ id: 4000, method: 'shutdown/answer', params: { message_id, approve: true, reason: 'Nothing is lost' } }); }
    if (id === 3000 && !ends) setTimeout(look, 50);
    if (id === 4000) say({ id: task, result: { status: 'cancelled', summary: 'ended as asked', artifacts: [] } });
    if (method === 'shutdown') { say({ id, result: {} }); process.exit(0); }
  }
});
`;

/** A model's provider that keeps to no limit: it goes on until nobody listens. */
class EndlessModel {
  text = '';
  listeners = 0;
  private constructor(private readonly server: Server) {}

  static async start(): Promise<EndlessModel> {
    const model: EndlessModel = new EndlessModel(createServer((_, response) => {
      model.listeners += 1;
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      const more = setInterval(() => response.write(`data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: 0, finish_reason: null, delta: { role: 'assistant', content: model.text } }] })}\n\n`), 10);
      response.once('close', () => {
        clearInterval(more);
        model.listeners -= 1;
      });
    }));
    await new Promise<void>((resolve) => model.server.listen(0, '127.0.0.1', resolve));
    return model;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/v1`;
  }

  close(): void {
    this.server.close();
    this.server.closeAllConnections();
  }
}

/** Gate and fleet as processes of their own, workers in their sandboxes, on a real database and broker. */
describe('an end in the middle of a model’s answer', () => {
  let house: { database: TestDatabase; nats: TestNats };
  let model: EndlessModel;
  let root: string;
  let customer: SeededCustomer;
  let base: string;
  let asha: Requester;
  let client: CommandClient;
  let services: OwnServices;
  const teamId = TeamId.next();

  const folder = (name: string): string => {
    mkdirSync(join(root, name));
    chmodSync(join(root, name), 0o755);
    return join(root, name);
  };
  before(async () => {
    root = realpathSync(mkdtempSync(join(tmpdir(), 'exhaustion-')));
    chmodSync(root, 0o755);
    const [database, nats] = await Promise.all([testDatabase(), testNats()]);
    house = { database, nats };
    services = new OwnServices(house);
    model = await EndlessModel.start();
    customer = await seedCustomer(database);
    await seedMirror(database, customer);
    const [agents, mirrors, home] = [folder('agents'), folder('mirrors'), folder('home')];
    writeFileSync(join(agents, 'worker.mjs'), WORKER);
    for (const name of ['doc-bot', 'test-writer-bot', 'patch-bot']) writeFileSync(join(agents, `${name}.yaml`), SPEC(name));
    base = aMirror(folder('work'), join(mirrors, customer.customerId, 'demo.git'));
    writeFileSync(join(root, 'prices.json'), JSON.stringify([{ model: 'openai-compatible/endless', from: '2026-01-01', inputMicrosPerMillion: 1_000, outputMicrosPerMillion: 1_000, source: 'test' }]));
    const bundle = readYaml(bundleSchema, 'code-care.yaml', readFileSync(`${ROOT}bundles/code-care.yaml`, 'utf8'));
    await database.admin(`insert into app.bundle (id, version, doc, hash) values ('code-care', 1, $1, sha256('b'))`, [JSON.stringify(bundle)]);
    services.start('spawn-gate');
    services.start('fleet', { COUNTERSIGN_HOME: home, COUNTERSIGN_AGENTS_DIR: agents, COUNTERSIGN_MIRRORS: mirrors, COUNTERSIGN_MODEL: 'openai-compatible/endless', OPENAI_BASE_URL: model.url, COUNTERSIGN_PRICES: join(root, 'prices.json') });
    await until('the policies are in force', async () => (await database.admin(`select 1 from app.policy where kind = 'spawn-policy'`)).length > 0);
    asha = { ...customer, roles: ['customer_governor'] };
    const genesis: Requester = { personId: PersonId.next(), customerId: PLATFORM_CHAIN as CustomerId, roles: ['genesis'] };
    client = patientClient(await nats.as('gateway'));
    expect(await client.request(hireTeam, { teamId, by: asha, bundleId: 'code-care', bundleVersion: 1, mode: 'production' })).toMatchObject({ ok: true });
    for (const [by, verb] of [[genesis, 'certify'], [asha, 'deploy']] as const) expect(await client.request(moveTeam, { teamId, by, verb, reason: '' })).toMatchObject({ ok: true });
  });
  after(async () => {
    await services.end('SIGTERM');
    model.close();
    await house.nats.close();
    await house.database.close();
    rmSync(root, { recursive: true, force: true });
  });

  const aGoal = async (): Promise<GoalId> => {
    const goalId = GoalId.next();
    await house.database.admin(`insert into app.goal (team_id, id, text, state, submitted_by, repository) values ($1, $2, 'Tell it', 'running', $3, $4)`, [teamId, goalId, customer.personId, JSON.stringify({ mirror: 'demo', base })]);
    return goalId;
  };
  /** A task of the member with that skill, with a run that waits for the fleet. */
  const aRun = async (goalId: GoalId, skill: string): Promise<RunId> => {
    const [taskId, runId] = [TaskId.next(), RunId.next()];
    await house.database.admin(`insert into app.task (team_id, id, goal_id, ordinal, key, title, skill, member_id, criteria, state, round) select team_id, $2::uuid, $3, 1, ($2::uuid)::text, 'Tell it', skill, id, '[]', 'assigned', 1 from app.member where team_id = $1 and skill = $4`, [teamId, taskId, goalId, skill]);
    await house.database.admin(`insert into app.worker_run (team_id, id, task_id, member_id, round, state, epoch) select team_id, $2, $3, id, 1, 'queued', 1 from app.member where team_id = $1 and skill = $4`, [teamId, runId, taskId, skill]);
    return runId;
  };
  const instanceOf = async (runId: RunId): Promise<{ id: InstanceId; state: string; end_reason: string | null; ended_at: Date | null }> => (await house.database.admin<{ id: InstanceId; state: string; end_reason: string | null; ended_at: Date | null }>(`select id, state, end_reason, ended_at from app.instance where run_id = $1`, [runId]))[0]!;
  const workers = (): number[] => readdirSync('/proc').filter((pid) => /^\d+$/.test(pid)).map(Number).filter((pid) => commandLine(pid).includes(join(root, 'agents', 'worker.mjs')));
  const events = async (type: string): Promise<Record<string, unknown>[]> => (await house.database.admin<{ properties: Record<string, unknown> }>(`select properties from app.agent_event where team_id = $1 and type = $2 order by seq`, [teamId, type])).map(({ properties }) => properties);
  /** Looks as fast as it can until no worker lives; how long that was after the gate had said the end. */
  const allGone = async (runId: RunId): Promise<number> => {
    while (workers().length > 0) await new Promise((resolve) => setTimeout(resolve, 5));
    return Date.now() - (await instanceOf(runId)).ended_at!.getTime();
  };

  it('by a budget that is used up stops the process that waits, and the stream; what was heard is booked', { timeout: 300_000 }, async (t) => {
    const runId = await aRun(await aGoal(), 'docs');
    await until('the answer begins', () => model.listeners === 1 && workers().length > 0);
    model.text = 'on and on '.repeat(20);
    await until('the gate has ended the instance', async () => (await instanceOf(runId)).state === 'cancelled');
    t.diagnostic(`the process was gone ${await allGone(runId)} ms after the budget`);
    expect(await instanceOf(runId)).toMatchObject({ end_reason: 'budget_exhausted' });
    expect(await events('agent_team.budget.exhausted')).toMatchObject([{ exhaustedBy: 'max_tokens', code: 'max_tokens' }]);
    await until('nobody listens', () => model.listeners === 0);
    await until('the run has ended', async () => (await house.database.admin(`select 1 from app.worker_run where id = $1 and state = 'stopped' and code = 'instance_cancelled'`, [runId])).length > 0);
    const [booked] = await house.database.admin<{ amounts: { tokens: number }; usage_source: string }>(`select e.amounts, e.usage_source from app.budget_entry e join app.instance i on i.team_id = e.team_id and i.id = e.account_id where i.run_id = $1 and e.kind = 'settle' and e.call_id <> e.account_id`, [runId]);
    expect(booked!.usage_source).toBe('estimate');
    expect(booked!.amounts.tokens).toBeGreaterThan(20_000);
  });

  it('by a crash of the process is told as a failure, once, and gives back what was not used', { timeout: 300_000 }, async () => {
    const goalId = await aGoal();
    model.text = '';
    const runId = await aRun(goalId, 'docs');
    await until('the answer begins', () => model.listeners === 1 && workers().length > 0);
    const { id } = await instanceOf(runId);
    for (const pid of workers()) process.kill(pid, 'SIGKILL');
    await until('the run has ended', async () => (await house.database.admin(`select 1 from app.worker_run where id = $1 and state = 'failed' and code = 'worker_exit'`, [runId])).length > 0);
    await until('the gate has heard', async () => (await instanceOf(runId)).state !== 'running');
    expect(await instanceOf(runId)).toMatchObject({ state: 'failed', end_reason: 'worker_exit' });
    await until('nobody listens', () => model.listeners === 0);
    const instanceID = wireId('instance', id);
    expect(await events('agent_team.instance.failed')).toMatchObject([{ instanceID, missionID: goalId, status: 'failed', code: 'worker_exit' }]);
    for (const other of ['completed', 'cancelled']) expect((await events(`agent_team.instance.${other}`)).filter((event) => event['instanceID'] === instanceID)).toEqual([]);
    expect(await house.database.admin(`select distinct held, granted - spent as free from app.budget where team_id = $1 and account_id = $2`, [teamId, id])).toEqual([{ held: '0', free: '0' }]);
  });

  it('by a mission’s budget stops every process of it in the middle of their answers, and says so once', { timeout: 300_000 }, async (t) => {
    const goalId = await aGoal();
    model.text = '';
    const runs = [await aRun(goalId, 'docs'), await aRun(goalId, 'tests')];
    await until('both answers begin', () => model.listeners === 2 && workers().length >= 2);
    const { id: instanceId } = await instanceOf(runs[0]!);
    const fleet = patientClient(await house.nats.as('fleet'));
    const callId = crypto.randomUUID();
    expect(await fleet.request(reserve, { teamId, instanceId, callId, amounts: { tokens: 10 } })).toMatchObject({ granted: true });
    expect(await fleet.request(settle, { teamId, instanceId, callId, amounts: { tokens: 500_000 }, usageSource: 'provider' })).toMatchObject({ granted: true });
    t.diagnostic(`both processes were gone ${await allGone(runs[0]!)} ms after the mission’s budget`);
    const ends = await Promise.all(runs.map(async (runId) => (await instanceOf(runId)).end_reason));
    expect(ends).toEqual(['mission_budget_exhausted', 'mission_budget_exhausted']);
    await until('nobody listens', () => model.listeners === 0);
    const said = (await events('agent_team.mission.budget.exhausted')).map(({ missionID, exhaustedBy }) => [missionID, exhaustedBy]);
    expect(said).toEqual([[goalId, 'mission_max_tokens']]);
  });

  describe('in which a manager leads', () => {
    before(async () => {
      await house.database.admin(`update app.goal set state = 'cancelled', finished_at = now() where team_id = $1`, [teamId]);
      services.start('manager-agent');
    });
    const submit = async (text: string): Promise<{ goalId: GoalId; taskId: TaskId }> => {
      const goalId = GoalId.next();
      const goal = { teamId, goalId, by: asha, text, repository: { mirror: 'demo', base, remote: '/srv/demo.git', branch: `countersign/${goalId}` } };
      // it has just started: nobody may listen yet
      const taken = await until('the manager answers', () => client.request(submitGoal, goal, { timeoutMs: 30_000 }).catch(() => undefined));
      expect(taken).toMatchObject({ ok: true });
      const [docs] = await house.database.admin<{ id: TaskId }>(`select id from app.task where goal_id = $1 and key = 'docs'`, [goalId]);
      return { goalId, taskId: docs!.id };
    };
    const chain = async (): Promise<string[]> => (await house.database.admin<{ action: string }>(`select convert_from(payload, 'utf8')::jsonb ->> 'action' as action from audit.entry where team_id = $1 order by seq`, [teamId])).map(({ action }) => action);

    it('a member asks, a person answers, and it goes on with the answer', { timeout: 300_000 }, async () => {
      const { goalId, taskId } = await submit('Ask first');
      const asked = await until('the question', async () => (await house.database.admin<{ id: string; asked_of: string; instance_id: InstanceId }>(`select id, asked_of, instance_id from app.clarification where task_id = $1`, [taskId]))[0]);
      expect(asked.asked_of).toBe('user');
      expect((await house.database.admin(`select 1 from app.draft where task_id = $1`, [taskId])).length).toBe(0);
      const messageId = uuidv7();
      expect(await client.request(answerClarification, { teamId, questionId: asked.id, messageId, by: asha, text: 'MIT' })).toMatchObject({ ok: true });
      const draft = await until('the draft', async () => (await house.database.admin<{ summary: string }>(`select summary from app.draft where task_id = $1`, [taskId]))[0]);
      expect(draft.summary).toBe('It was answered: MIT');
      await until('it is said to have come', async () => (await house.database.admin(`select 1 from app.message_receipt where message_id = $1 and read_at is not null and delivered_to = $2`, [messageId, asked.instance_id])).length > 0);
      // the other member of the goal asks as well: each has an answer of its own, and none keeps its place in the fleet
      await until('nobody waits any more', async () => {
        const open = await house.database.admin<{ id: string }>(`select c.id from app.clarification c join app.task k on k.team_id = c.team_id and k.id = c.task_id where k.goal_id = $1 and not exists (select from app.member_message a where a.answers = c.id)`, [goalId]);
        for (const { id } of open) await client.request(answerClarification, { teamId, questionId: id, messageId: uuidv7(), by: asha, text: 'BSD' });
        return (await house.database.admin(`select 1 from app.draft d join app.task k on k.team_id = d.team_id and k.id = d.task_id where k.goal_id = $1`, [goalId])).length === 2;
      });
      const said = (await chain()).filter((action) => action.includes('CLARIFICATION'));
      expect(said).toEqual(expect.arrayContaining(['MEMBER-CLARIFICATION-ASKED', 'MANAGER-CLARIFICATION-FORWARDED', 'CLARIFICATION-ANSWERED']));
    });

    it('a member that is asked to end says yes, ends in order, and its task waits for a person', { timeout: 300_000 }, async () => {
      const { goalId } = await submit('Work on');
      // whichever of its members has a place in the fleet
      const { member_id: memberId } = await until('one works', async () => (await house.database.admin<{ member_id: MemberId }>(`select member_id from app.instance where goal_id = $1 and state = 'running' and task_id is not null`, [goalId]))[0]);
      const messageId = uuidv7();
      expect(await client.request(sendToMember, { teamId, messageId, by: asha, kind: 'shutdown', to: memberId, text: 'We move the machine', summary: '', waitSeconds: 300 })).toMatchObject({ ok: true });
      // where the other was busy it works on both tasks: the first to end blocks the goal, and what else is in hand is withdrawn
      const ended = `select r.task_id, r.state, r.code, r.detail from app.worker_run r join app.task k on k.team_id = r.team_id and k.id = r.task_id where k.goal_id = $1 and r.member_id = $2 and r.ended_at is not null order by r.ended_at`;
      const { task_id: taskId, ...run } = await until('its run has ended', async () => (await house.database.admin<{ task_id: TaskId; state: string; code: string; detail: string }>(ended, [goalId, memberId]))[0]);
      expect(run).toEqual({ state: 'stopped', code: 'cancelled_by_person', detail: 'ended as asked' });
      expect(await house.database.admin(`select approve, reason from app.message_receipt where message_id = $1`, [messageId])).toEqual([{ approve: true, reason: 'Nothing is lost' }]);
      await until('its instance has ended', async () => (await house.database.admin(`select 1 from app.instance where task_id = $1 and state = 'cancelled'`, [taskId])).length > 0);
      await until('its task waits', async () => (await house.database.admin(`select 1 from app.task where id = $1 and state = 'blocked'`, [taskId])).length > 0);
      expect(await chain()).toContain('MEMBER-SHUTDOWN-ANSWERED');
    });
  });
});

/** A bare repository with one commit; returns the commit. */
function aMirror(work: string, bare: string): string {
  const git = (...args: string[]): string => execFileSync('git', ['-C', work, '-c', 'user.name=Asha', '-c', 'user.email=asha@example.test', ...args], { encoding: 'utf8' }).trim();
  git('init', '-q', '-b', 'main');
  writeFileSync(join(work, 'a.js'), 'export const a = 1;\n');
  git('add', '-A');
  git('commit', '-qm', 'base');
  execFileSync('git', ['clone', '-q', '--bare', work, bare]);
  return git('rev-parse', 'HEAD');
}

function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) return ''; // it has just ended
    throw error;
  }
}
