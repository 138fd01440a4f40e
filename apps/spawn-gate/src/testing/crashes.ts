import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { programOf, until } from '@countersign/testing';
import { RunId, uuidv7, type InstanceId, type TaskId } from '@countersign/contracts';
import { pino } from 'pino';
import { Sweeper } from '../adapters/postgres/sweep.js';
import type { CrashOrder } from './crashing-gate.main.js';
import { desksOn, type Desks } from './desks.js';
import { AUDIT_KEY, type BenchTeam, type GateBench } from './gate-bench.js';
import { stoppingAt, type Milestone } from './stopping.js';

const CHILD = programOf(new URL('./crashing-gate.main.js', import.meta.url));

/** A command in hand, as its caller sends it, again and again until it is answered. */
export interface Command {
  readonly desk: CrashOrder['desk'];
  readonly verb: string;
  readonly request: object;
}

/**
 * A gate of its own process takes the command and is killed at the step. Resolves with how it ended, when the database has done
 * with what it had sent as well: a COMMIT that was on its way may come through after the process that sent it is dead.
 */
export async function killedAt(gate: GateBench, killAt: Milestone, command: Command): Promise<unknown[]> {
  const { kid, key } = gate.db.contextKeyFor('spawn-gate');
  const application = `crashing-gate ${uuidv7()}`;
  const url = new URL(gate.db.urlFor('spawn-gate'));
  url.searchParams.set('application_name', application);
  const order: CrashOrder = { ...command, url: url.href, kid, keyHex: key.toString('hex'), auditKeyHex: AUDIT_KEY.toString('hex'), killAt };
  const end = await once(spawn(process.execPath, [CHILD, JSON.stringify(order)], { stdio: ['ignore', 'ignore', 'inherit'] }), 'exit');
  await until('the killed gate’s connections are closed', async () => (await gate.db.admin(`select 1 from pg_stat_activity where application_name = $1`, [application])).length === 0);
  return end;
}

/** The same step in this process: the same rows are left behind, in less time. What is under way when a process dies cannot be had so. */
export async function stoppedAt(gate: GateBench, at: Exclude<Milestone, 'sending'>, command: Command): Promise<void> {
  const stopped = new Error('stopped here');
  const desks = desksOn(stoppingAt(gate.database, (milestone) => {
    if (milestone === at) throw stopped;
  }), gate.audit);
  await say(desks, command).then(() => Promise.reject(new Error('nothing was stopped')), (error: unknown) => (error === stopped || (error as { message?: string }).message === stopped.message ? undefined : Promise.reject(error as Error)));
}

/** The caller asks again, with the same ids, at the gate that is back. */
export const again = (gate: GateBench, command: Command): Promise<Record<string, unknown>> => say(gate, command);
const say = (desks: Desks, { desk, verb, request }: Command): Promise<Record<string, unknown>> => (desks[desk] as unknown as Record<string, (body: object) => Promise<Record<string, unknown>>>)[verb]!(request);

/** The gate is back and looks around. */
export const sweep = (gate: GateBench): Promise<void> => new Sweeper(gate.database, gate.endings, gate.approvals, gate.teams, pino({ level: 'silent' })).sweep();

/** A run of a task, as a supervisor holds it. */
export async function aRun(gate: GateBench, { teamId }: BenchTeam, taskId: TaskId): Promise<RunId> {
  const runId = RunId.next();
  await gate.db.admin(`insert into app.worker_run (team_id, id, task_id, member_id, round, attempt, state, epoch) select $1, $2, $3, m.id, 1, (select count(*) + 1 from app.worker_run where task_id = $3), 'running', 1 from app.member m where m.team_id = $1 and m.skill = 'docs'`, [teamId, runId, taskId]);
  return runId;
}

/** Its supervisor is gone, and another one found out a while ago. */
export const lostRun = (gate: GateBench, runId: RunId): Promise<unknown> => gate.db.admin(`update app.worker_run set state = 'failed', ended_at = clock_timestamp() - interval '2 seconds' where id = $1`, [runId]);

/** Instances that run although no supervisor holds them, and places whose time to wait is over: there must be none. */
export const orphans = (gate: GateBench, { teamId }: BenchTeam): Promise<{ id: InstanceId }[]> =>
  gate.db.admin(
    `select i.id from app.instance i left join app.worker_run r on r.team_id = i.team_id and r.id = i.run_id where i.team_id = $1 and not (i.task_id is null and i.member_id is not null)
      and ((i.state = 'running' and r.state is distinct from 'running') or (i.state = 'queued' and i.deadline_at <= clock_timestamp()))`,
    [teamId],
  );

/** What is held although nothing of the team is open any more that could give it back. */
export const leaks = (gate: GateBench, { teamId }: BenchTeam): Promise<unknown[]> =>
  gate.db.admin(
    `select b.account_id, b.unit, b.held from app.budget b where b.team_id = $1 and b.held > 0 and (
       (b.kind = 'instance' and not exists (select from app.instance i where i.team_id = b.team_id and i.id = b.account_id and i.state in ('queued', 'running')))
       or (b.kind = 'mission' and not exists (select from app.instance i join app.budget a on a.team_id = i.team_id and a.account_id = i.id and a.unit = b.unit where i.team_id = b.team_id and i.state in ('queued', 'running') and a.parent_id = b.account_id)))`,
    [teamId],
  );

export interface Scene {
  readonly team: BenchTeam;
  readonly command: Command;
  /** Runs of this scene that a supervisor holds. */
  readonly runs: readonly RunId[];
}

/** Every command that makes, moves or ends something, each in a team where it has something to do. */
export const SCENES: Readonly<Record<string, (gate: GateBench) => Promise<Scene>>> = {
  'a run’s spawn': async (gate) => {
    const team = await gate.team();
    const taskId = await gate.task(team, await gate.goal(team));
    const runId = await aRun(gate, team, taskId);
    return { team, runs: [runId], command: { desk: 'spawnDesk', verb: 'spawn', request: { teamId: team.teamId, taskId, runId, sandboxLevel: 3 } } };
  },
  'a run that takes a place': async (gate) => {
    const scene = await SCENES['a run’s spawn']!(gate);
    await gate.requestSpawn(scene.team);
    return scene;
  },
  'a person’s spawn': async (gate) => {
    const team = await gate.team();
    return { team, runs: [], command: { desk: 'spawnDesk', verb: 'requestSpawn', request: { teamId: team.teamId, requestId: uuidv7(), by: team.asha, role: 'worker', justification: 'Help with it' } } };
  },
  'a yes to a spawn': async (gate) => {
    const { team, runId, instanceId } = await atWork(gate);
    const { approvalId } = await gate.spawnAgent(team, instanceId);
    return { team, runs: [runId], command: { desk: 'approvals', verb: 'decide', request: { teamId: team.teamId, approvalId, by: team.asha, decision: 'approve', reason: '' } } };
  },
  'a reservation': async (gate) => {
    const { team, runId, instanceId } = await atWork(gate);
    return { team, runs: [runId], command: { desk: 'meter', verb: 'reserve', request: { teamId: team.teamId, instanceId, callId: uuidv7(), amounts: { tokens: 500 } } } };
  },
  'an end': async (gate) => {
    const { team, runId, instanceId } = await atWork(gate);
    return { team, runs: [runId], command: { desk: 'endings', verb: 'end', request: { teamId: team.teamId, instanceId, status: 'completed', reason: 'done', drawn: { steps: 3 } } } };
  },
  'a stop of a mission': async (gate) => {
    const { team, runId, goalId } = await atWork(gate);
    return { team, runs: [runId], command: { desk: 'steering', verb: 'stop', request: { teamId: team.teamId, missionId: goalId, by: team.asha, verb: 'cancel', reason: '' } } };
  },
  'a suspension': async (gate) => {
    const { team, runId } = await atWork(gate);
    return { team, runs: [runId], command: { desk: 'teams', verb: 'move', request: { teamId: team.teamId, by: team.asha, verb: 'suspend', reason: '' } } };
  },
};

async function atWork(gate: GateBench) {
  const team = await gate.team();
  const goalId = await gate.goal(team);
  const taskId = await gate.task(team, goalId);
  const runId = await aRun(gate, team, taskId);
  const { instanceId } = await gate.spawn(team, taskId, { runId });
  return { team, goalId, runId, instanceId: instanceId! };
}
