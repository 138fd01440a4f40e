import { auditor, serviceKey, type Audit } from '@countersign/audit';
import { publish, Relay, type CommandClient } from '@countersign/bus';
import { ArtifactId, DraftId, draftChecked, draftCommitted, draftSubmitted, endInstance, RefusedError, reserve, RunId, runFailed, settle, spawn, type GoalId, type InstanceId, type MemberId, type TaskId, type TeamId } from '@countersign/contracts';
import { sql, type Database } from '@countersign/database';
import { patientClient, type TestDatabase } from '@countersign/testing';
import { createHash, randomUUID } from 'node:crypto';
import { pino } from 'pino';
import type { WireHouse } from '../wire/house.js';

/** Wherever it is cut by units, a character lies across. */
const LONG_OUTPUT = `${'\u{1f375}'.repeat(1_000)}.`;
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

export interface Work {
  readonly taskId: TaskId;
  readonly goalId: GoalId;
  readonly memberId: MemberId;
  readonly round: number;
  readonly epoch: number;
  readonly criteria: readonly { readonly id: string }[];
}
const WORK = `select id as "taskId", goal_id as "goalId", member_id as "memberId", round, epoch, criteria from app.task where team_id = $1`;

/**
 * The members, played by the test with the rights of the fleet: rows, entries and messages as it writes them. Everybody else is real: manager, gate,
 * gateway, helpdesk and executor.
 */
export class Players {
  private constructor(
    private readonly database: TestDatabase,
    private readonly fleet: { readonly rows: Database; readonly audit: Audit },
    private readonly relay: Relay,
    private readonly gate: CommandClient,
  ) {}

  static async enter(house: WireHouse): Promise<Players> {
    const fleet = { rows: house.database.as('fleet'), audit: auditor({ service: 'fleet', key: serviceKey(Buffer.alloc(32, 0x42)) }) };
    const bus = await house.bus('fleet');
    const relay = new Relay(bus, fleet.rows, pino({ level: 'silent' }));
    relay.start();
    return new Players(house.database, fleet, relay, patientClient(bus));
  }

  leave(): Promise<void> {
    return this.relay.stop();
  }

  async work(team: string, goal: string, key: string): Promise<Work> {
    return (await this.database.admin<Work>(`${WORK} and goal_id = $2 and key = $3`, [team, goal, key]))[0]!;
  }

  async workOn(team: string, task: string): Promise<Work> {
    return (await this.database.admin<Work>(`${WORK} and id = $2`, [team, task]))[0]!;
  }

  /** A message about work that has come before: all that it says is that the manager should look. Returns its id. */
  sayLook(team: string, { taskId, goalId, memberId, round, epoch }: Work): Promise<string> {
    return this.fleet.rows.withTeam(team as TeamId, (tx) => {
      tx.ledgerOnly();
      return Promise.resolve(publish(tx, runFailed, { teamId: team, memberId }, { epoch, goalId, taskId, round, runId: RunId.next(), code: 'crashed' }));
    });
  }

  /** The member has taken it up and works. */
  async begin(team: string, work: Work): Promise<RunId> {
    const run = RunId.next();
    await this.fleet.rows.withTeam(team as TeamId, (tx) => {
      tx.ledgerOnly();
      tx.write(sql`insert into app.worker_run (team_id, id, task_id, member_id, round, attempt, state, epoch)
        select ${team}, ${run}, ${work.taskId}, ${work.memberId}, ${work.round}, 1 + count(*), 'queued', ${work.epoch} from app.worker_run where team_id = ${team} and task_id = ${work.taskId} and round = ${work.round}`);
      tx.write(sql`update app.worker_run set state = 'running', started_at = clock_timestamp() where team_id = ${team} and id = ${run}`);
      return Promise.resolve();
    }, { fence: work.epoch });
    return run;
  }

  /** The same, with an agent that the gate has started for it, as for each real member. */
  async spawn(team: string, work: Work): Promise<RunId> {
    const run = await this.begin(team, work);
    const { allowed, code, instanceId } = await this.gate.request(spawn, { teamId: team as TeamId, taskId: work.taskId, runId: run, epoch: work.epoch, sandboxLevel: 3 });
    if (!allowed) throw new RefusedError(code, `the gate starts no agent: ${code}`);
    await this.fleet.rows.withTeam(team as TeamId, (tx) => {
      tx.ledgerOnly();
      tx.write(sql`update app.worker_run set instance_id = ${instanceId!} where team_id = ${team} and id = ${run}`);
      return Promise.resolve();
    });
    return run;
  }

  /** That agent has done its work; nothing where a stop came before the gate could start one. */
  async ended(team: string, run: RunId): Promise<void> {
    const [row] = await this.database.admin<{ instance: InstanceId | null }>(`select instance_id as instance from app.worker_run where team_id = $1 and id = $2`, [team, run]);
    if (row!.instance !== null) await this.gate.request(endInstance, { teamId: team as TeamId, instanceId: row!.instance, status: 'completed', reason: 'submitted', drawn: { ms: 1 } });
  }

  /** A call of that agent to a model: what it may cost is asked for before, and what it cost is said after. */
  async spend(team: string, run: RunId, usdMicros: number): Promise<void> {
    const [row] = await this.database.admin<{ instance: InstanceId }>(`select instance_id as instance from app.worker_run where team_id = $1 and id = $2`, [team, run]);
    const call = { teamId: team as TeamId, instanceId: row!.instance, callId: randomUUID(), amounts: { usd_micros: usdMicros } };
    for (const said of [await this.gate.request(reserve, call), await this.gate.request(settle, { ...call, usageSource: 'provider' })]) if (!said.granted) throw new RefusedError(said.code, `a call of ${usdMicros} is not paid: ${said.code}`);
  }

  /** Its attempts ended without a draft. */
  fail(team: string, { taskId, goalId, memberId, round, epoch }: Work, run: RunId): Promise<void> {
    return this.fleet.rows.withTeam(team as TeamId, (tx) => {
      tx.ledgerOnly();
      tx.write(sql`update app.worker_run set state = 'failed', code = 'crashed', detail = 'it crashed', ended_at = clock_timestamp() where team_id = ${team} and id = ${run}`);
      publish(tx, runFailed, { teamId: team, memberId }, { epoch, goalId, taskId, round, runId: run, code: 'crashed' });
      return Promise.resolve();
    });
  }

  /** It hands in one file. */
  async handIn(team: string, { taskId, goalId, memberId, round, epoch }: Work, run: RunId, path: string, content: string): Promise<DraftId> {
    const [draft, artifact] = [DraftId.next(), ArtifactId.next()];
    await this.fleet.rows.withTeam(team as TeamId, async (tx) => {
      tx.write(sql`insert into app.draft (team_id, id, task_id, run_id, round, summary, base_commit) values (${team}, ${draft}, ${taskId}, ${run}, ${round}, 'Did it', ${'b'.repeat(40)})`);
      tx.write(sql`insert into app.artifact (team_id, id, draft_id, path, version, media_type, size, sha256, content) values (${team}, ${artifact}, ${draft}, ${path}, ${round}, 'text/plain', ${content.length}, ${Buffer.from(sha256(content), 'hex')}, ${Buffer.from(content)})`);
      await this.fleet.audit(tx, 'TEAM-SHARED-CONTEXT-WRITE', { agent_id: memberId, team_id: team, artifact_id: artifact, hash: sha256(content), path });
      tx.write(sql`update app.worker_run set state = 'submitted', ended_at = clock_timestamp() where team_id = ${team} and id = ${run}`);
      await this.fleet.audit(tx, 'TEAM-MEMBER-OUTPUT', { team_member_id: memberId, output_id: draft, manager_review_status: 'submitted', task_id: taskId, run_id: run, artifacts: 1 });
      publish(tx, draftSubmitted, { teamId: team, memberId }, { epoch, goalId, taskId, round, draftId: draft });
    }, { fence: epoch, principal: `agent:${memberId}` });
    return draft;
  }

  /** Its checks have run; `failing` did not pass, and says more than is told of it. */
  async check(team: string, { taskId, goalId, memberId, round, epoch, criteria }: Work, draft: DraftId, failing?: string): Promise<void> {
    await this.fleet.rows.withTeam(team as TeamId, async (tx) => {
      for (const { id } of criteria) {
        const [passed, output] = id !== failing ? [true, ''] : [false, LONG_OUTPUT];
        tx.write(sql`insert into app.check_run (team_id, id, draft_id, criterion, passed, exit_code, output_tail, duration_ms, sandbox_level) values (${team}, ${randomUUID()}, ${draft}, ${id}, ${passed}, ${passed ? 0 : 1}, ${output}, 1, 3)`);
        await this.fleet.audit(tx, 'DRAFT-CHECKED', { draft_id: draft, check: id, passed, exit_code: passed ? 0 : 1, output_sha256: sha256(output), task_id: taskId });
      }
      publish(tx, draftChecked, { teamId: team, memberId }, { epoch, goalId, taskId, round, draftId: draft, passed: failing === undefined });
    }, { fence: epoch });
  }

  /** The approved draft is on the goal's branch. */
  async commit(team: string, { taskId, goalId, memberId, round, epoch }: Work, draft: DraftId): Promise<void> {
    const commit = sha256(draft).slice(0, 40);
    await this.fleet.rows.withTeam(team as TeamId, async (tx) => {
      tx.write(sql`update app.draft set state = 'committed', commit_id = ${commit}, tree_id = ${commit} where team_id = ${team} and id = ${draft} and state = 'submitted'`);
      await this.fleet.audit(tx, 'TEAM-MEMBER-OUTPUT', { team_member_id: memberId, output_id: draft, manager_review_status: 'committed', task_id: taskId });
      publish(tx, draftCommitted, { teamId: team, memberId }, { epoch, goalId, taskId, round, draftId: draft, conflict: false, commit });
    }, { fence: epoch });
  }
}
