import { firstOf, runFailed, RunId, SHARED_WITH_WORK, type MemberId, type TaskId, type TeamId, type Amounts } from '@countersign/contracts';
import { publish } from '@countersign/bus';
import { Database, GuardError, json, raw, sql, type Statement, type Tx } from '@countersign/database';
import { Injectable } from '@nestjs/common';
import { afterYes, TEAM_STOPPED, type Around } from '../../domain/must-stop.js';
import { afterRun, type Unfinished } from '../../domain/run-ended.js';
import { repositoryOfGoal, type RunOrder } from './rows.js';

/** How long a supervisor may be silent before another may take its run. Renewed with every beat. */
const LEASE_SECONDS = 5;
const leaseOf = (runId: string): string => `run:${runId}`;

const [TEXTS, CHARACTERS, NAMED] = [SHARED_WITH_WORK.texts, SHARED_WITH_WORK.characters, SHARED_WITH_WORK.named].map((most) => raw(String(most)));
/** What its team shares with whoever has the task `k`: what is for the task first, then the newest. Of what is cut, or only named, it says how long it is. */
const sharedWithTask = sql`coalesce((select jsonb_agg(jsonb_build_object('name', s.name, 'version', s.version, 'text', case when s.place <= ${TEXTS} then left(s.text, ${CHARACTERS}) else '' end)
    || case when s.place > ${TEXTS} or length(s.text) > ${CHARACTERS} then jsonb_build_object('characters', length(s.text)) else '{}' end order by s.place) from (
  select row_number() over (order by c.task_id is null, c.changed_at desc, c.id) as place, c.name, c.version, convert_from(v.content, 'utf8') as text
  from app.context c join app.context_version v on v.team_id = c.team_id and v.context_id = c.id and v.version = c.version
  where c.team_id = k.team_id and v.content is not null and (c.visibility = 'team' or c.task_id = k.id) order by place limit ${NAMED}) s), '[]'::jsonb)`;

/** Messages that wait for the member `member` at the task `k`, or for the run's instance alone. */
const mailWaiting = (member: Statement, run: string): Statement =>
  sql`(select count(*)::int from app.mail_of(k.team_id, ${member}, k.id, (select i.id from app.instance i where i.team_id = k.team_id and i.run_id = ${run})) w where w.waits or w.interrupts)`;

/** When the run's member agreed to end since the run was queued, or the try before it, which may be lost while the yes is on its way; null: it has not. */
const agreedAt = ({ teamId, memberId, runId }: Pick<RunOrder, 'teamId' | 'memberId' | 'runId'>): Statement =>
  sql`(select max(p.answered_at) from app.message_receipt p where p.team_id = ${teamId} and p.member_id = ${memberId} and p.approve and p.answered_at > app.run_since(${teamId}, ${runId}))`;

export type EndingRun = Pick<RunOrder, 'teamId' | 'runId' | 'taskId' | 'goalId' | 'memberId' | 'round' | 'attempt' | 'epoch'>;
/** Nobody works under the run's lease. */
const unheld = ({ teamId, runId }: Pick<EndingRun, 'teamId' | 'runId'>): Statement => sql`not exists (select from app.lease l where l.team_id = ${teamId} and l.resource = ${leaseOf(runId)} and l.expires_at > clock_timestamp())`;

/** What a beat finds out about the world around a run. */
export interface Beat extends Around {
  /** The slices of what the run's instance started, and of what those did: none of it is the run's any more. */
  readonly given: readonly Amounts[];
  /** Messages that wait for the run's member. */
  readonly mail: number;
}

/** Rows of runs. Queueing, beats and endings are the fleet's own ledger; what a run produced is audited with its draft. */
@Injectable()
export class RunStore {
  constructor(private readonly database: Database) {}

  /** Queues the first attempt of a round, and says whether it did: a round that has a run already, that the task has left, or whose member is suspended, is left alone. */
  async queueFirst(tx: Tx, run: { taskId: TaskId; memberId: MemberId; round: number; epoch: number }): Promise<boolean> {
    tx.ledgerOnly();
    // a new attempt also follows a run that a suspension stopped: its epoch is over, the round is not
    const queued = await tx.one(sql`insert into app.worker_run (team_id, id, task_id, member_id, round, attempt, state, epoch)
      select sec.team(), ${RunId.next()}, ${run.taskId}, ${run.memberId}, ${run.round}, coalesce(max(r.attempt), 0) + 1, 'queued', ${run.epoch}
      from app.worker_run r where r.team_id = sec.team() and r.task_id = ${run.taskId} and r.round = ${run.round}
      having count(*) filter (where r.epoch = ${run.epoch}) = 0
        and exists (select from app.task k join app.member m on m.team_id = k.team_id and m.id = k.member_id and m.state = 'active' where k.team_id = sec.team() and k.id = ${run.taskId} and k.member_id = ${run.memberId} and k.round = ${run.round} and k.state in ('assigned', 'in_progress'))
      on conflict do nothing returning id`);
    return queued !== undefined;
  }

  /** The same for an assignment that is only found in its rows. Throws `GuardError` where the team was stopped since. */
  queueMissed(teamId: TeamId, run: { taskId: TaskId; memberId: MemberId; round: number; epoch: number }): Promise<boolean> {
    return this.database.withTeam(teamId, (tx) => this.queueFirst(tx, run), { fence: run.epoch });
  }

  /** Takes a queued run: lease, state and everything its work needs, in one transaction; undefined when somebody else has it, or its goal is paused. */
  claim(teamId: TeamId, runId: RunId, holder: string): Promise<RunOrder | undefined> {
    return this.database.withTeam(teamId, async (tx) => {
      tx.ledgerOnly();
      const free = sql`select r.id from app.worker_run r join app.task k on k.team_id = r.team_id and k.id = r.task_id join app.goal g on g.team_id = k.team_id and g.id = k.goal_id
        where r.team_id = ${teamId} and r.id = ${runId} and r.state = 'queued' and g.paused_at is null`;
      const lease = await tx.one<{ token: number }>(sql`
        insert into app.lease as l (team_id, resource, holder, expires_at) select sec.team(), ${leaseOf(runId)}, ${holder}, clock_timestamp() + make_interval(secs => ${LEASE_SECONDS}) where exists (${free})
        on conflict (team_id, resource) do update set holder = excluded.holder, token = l.token + 1, expires_at = excluded.expires_at where l.expires_at < clock_timestamp() returning token`);
      if (!lease) return undefined;
      const claimed = await tx.one(sql`update app.worker_run set state = 'running', started_at = clock_timestamp(), heartbeat_at = clock_timestamp() where team_id = ${teamId} and id in (${free}) returning id`);
      const order = claimed && (await tx.one<Omit<RunOrder, 'leaseToken'>>(sql`
        select r.team_id as "teamId", t.name as "teamName", r.id as "runId", r.task_id as "taskId", k.goal_id as "goalId", r.member_id as "memberId", m.agent, r.round, r.attempt, r.epoch, k.title, g.text as "goalText",
          k.criteria, k.notes, ${sharedWithTask} as shared, k.options, ${repositoryOfGoal} as repository, ${mailWaiting(sql`r.member_id`, runId)} as mail
        from app.worker_run r join app.task k on k.team_id = r.team_id and k.id = r.task_id join app.goal g on g.team_id = k.team_id and g.id = k.goal_id join app.team t on t.team_id = r.team_id join app.member m on m.team_id = r.team_id and m.id = app.agent_of(r.team_id, r.member_id, k.skill)
        where r.team_id = ${teamId} and r.id = ${runId}`));
      return order && { ...order, leaseToken: lease.token };
    });
  }

  /** Renews the lease, notes what was used, and looks around: one round trip. A run that somebody has ended is a lost lease. */
  beat(order: RunOrder, used: object, progress: string): Promise<Beat> {
    return this.database.withTeam(order.teamId, async (tx) => {
      tx.ledgerOnly();
      const [lease, around, running] = await Promise.all([
        tx.one(sql`update app.lease set expires_at = clock_timestamp() + make_interval(secs => ${LEASE_SECONDS}) where team_id = ${order.teamId} and resource = ${leaseOf(order.runId)} and token = ${order.leaseToken} returning token`),
        tx.one<Omit<Beat, 'leaseHeld'>>(sql`
          select t.state as "teamState", t.epoch, k.state as "taskState", k.round as "taskRound", g.paused_at is not null as "goalPaused", i.state as "instanceState", i.end_reason as "instanceReason",
            (with recursive below as (
                select c.id, c.slice from app.instance i join app.instance c on c.team_id = i.team_id and c.parent_id = i.id where i.team_id = ${order.teamId} and i.run_id = ${order.runId}
                union all select c.id, c.slice from below join app.instance c on c.team_id = ${order.teamId} and c.parent_id = below.id) select coalesce(jsonb_agg(slice), '[]') from below) as given,
            ${mailWaiting(sql`${order.memberId}`, order.runId)} as mail,
            (extract(epoch from clock_timestamp() - ${agreedAt(order)}) * 1000)::int8 as "leftMs"
          from app.team t join app.task k on k.team_id = t.team_id and k.id = ${order.taskId} join app.goal g on g.team_id = k.team_id and g.id = k.goal_id left join app.instance i on i.team_id = t.team_id and i.run_id = ${order.runId} where t.team_id = ${order.teamId}`),
        tx.one(sql`update app.worker_run set heartbeat_at = clock_timestamp(), used = ${json(used)}, progress = ${progress} where team_id = ${order.teamId} and id = ${order.runId} and state = 'running' returning id`),
      ]);
      return { leaseHeld: lease !== undefined && running !== undefined, ...around! };
    });
  }

  /** What its processes use now; a ledger of its own, one row a look. */
  sample({ teamId, runId }: RunOrder, { memoryBytes, cpuMs }: { readonly memoryBytes: number; readonly cpuMs: number }): Promise<void> {
    return this.database.withTeam(teamId, (tx) => {
      tx.ledgerOnly();
      tx.write(sql`insert into app.run_sample (team_id, run_id, memory_bytes, cpu_ms) values (${teamId}, ${runId}, ${memoryBytes}, ${cpuMs})`);
      return Promise.resolve();
    });
  }

  /** The gate said yes: the run names its instance. */
  bindInstance(order: RunOrder, instanceId: string, sandboxLevel: number): Promise<void> {
    return this.database.withTeam(order.teamId, async (tx) => {
      tx.ledgerOnly();
      tx.write(sql`update app.worker_run set instance_id = ${instanceId}, sandbox_level = ${sandboxLevel} where team_id = ${order.teamId} and id = ${order.runId}`);
      return Promise.resolve();
    });
  }

  /** Ends a run that produced no draft, unless it has ended already; tells the manager, or queues another attempt where that may help. Says how it ended. */
  async end(run: EndingRun, end: Unfinished, used: object): Promise<Unfinished> {
    return (await this.close(run, end, used, sql`true`)) ?? end;
  }

  /** The same for a run somebody left behind, only while its lease is nobody's; undefined: it did not end it. */
  endLost(run: EndingRun, end: Unfinished): Promise<Unfinished | undefined> {
    return this.close(run, end, {}, unheld(run));
  }

  /** Ends what of a member has no agent yet; says how many that were. */
  async endWaiting(teamId: TeamId, memberId: MemberId, end: Unfinished): Promise<number> {
    const waiting = await this.database.withTeam(teamId, (tx) =>
      tx.read<EndingRun>(sql`select r.team_id as "teamId", r.id as "runId", r.task_id as "taskId", k.goal_id as "goalId", r.member_id as "memberId", r.round, r.attempt, r.epoch from app.worker_run r join app.task k on k.team_id = r.team_id and k.id = r.task_id
        where r.team_id = ${teamId} and r.member_id = ${memberId} and (r.state = 'queued' or (r.state = 'running' and r.instance_id is null))`));
    for (const run of waiting) await this.end(run, end, {});
    return waiting.length;
  }

  /** Ends what waits for a supervisor since before the team was stopped: nobody takes it up any more, and what goes on is queued anew when the team does. */
  endStopped(tx: Tx): void {
    tx.ledgerOnly();
    tx.write(sql`update app.worker_run r set state = 'stopped', code = ${TEAM_STOPPED.code}, detail = ${TEAM_STOPPED.detail}, ended_at = clock_timestamp() from app.team t
      where r.team_id = ${tx.scopeId} and t.team_id = r.team_id and r.state = 'queued' and (t.state <> 'active' or t.epoch <> r.epoch)`);
  }

  private close(run: EndingRun, found: Unfinished, used: object, condition: Statement): Promise<Unfinished | undefined> {
    return this.database.withTeam(run.teamId, async (tx) => {
      tx.ledgerOnly();
      const { agreed } = (await tx.one<{ agreed: boolean }>(sql`select ${agreedAt(run)} is not null as agreed`))!;
      const end = agreed ? afterYes(found) : found;
      const closed = await tx.one<{ failedBefore: number }>(sql`update app.worker_run r set state = ${end.kind}, code = ${end.code}, detail = ${firstOf(end.detail, 1000)}, used = ${json(used)}, ended_at = clock_timestamp()
        where r.team_id = ${run.teamId} and r.id = ${run.runId} and r.state in ('queued', 'running') and ${condition}
        returning (select count(*)::int from app.worker_run f where f.team_id = r.team_id and f.task_id = r.task_id and f.round = r.round and f.state = 'failed') as "failedBefore"`);
      if (!closed) return undefined;
      const after = afterRun(end, closed.failedBefore);
      if (after.retry) {
        // of a team that was stopped since, what goes on is queued anew when it does
        tx.write(sql`insert into app.worker_run (team_id, id, task_id, member_id, round, attempt, state, epoch)
          select t.team_id, ${RunId.next()}::uuid, ${run.taskId}::uuid, ${run.memberId}::uuid, ${run.round}::int, ${run.attempt + 1}::int, 'queued', ${run.epoch}::int from app.team t where t.team_id = ${run.teamId} and t.state = 'active' and t.epoch = ${run.epoch} on conflict do nothing`);
      } else if (end.kind === 'failed') {
        const { goalId, taskId, round, runId, epoch } = run;
        publish(tx, runFailed, { teamId: run.teamId, memberId: run.memberId }, { epoch, goalId, taskId, round, runId, code: end.code });
      }
      return end;
    });
  }

  /** A run somebody left behind: enough of it to end it. */
  lost(teamId: TeamId, runId: RunId): Promise<(EndingRun & { instanceId: string | null }) | undefined> {
    return this.database.withTeam(teamId, (tx) =>
      tx.one(sql`select r.team_id as "teamId", r.id as "runId", r.task_id as "taskId", k.goal_id as "goalId", r.member_id as "memberId", r.round, r.attempt, r.epoch, r.instance_id as "instanceId"
        from app.worker_run r join app.task k on k.team_id = r.team_id and k.id = r.task_id
        where r.team_id = ${teamId} and r.id = ${runId} and r.state = 'running' and ${unheld({ teamId, runId })}`));
  }

  /** The bytes of a file that people handed in; undefined where they were erased. */
  attachment(teamId: TeamId, sha256: string): Promise<Buffer | undefined> {
    return this.database.withTeam(teamId, async (tx) => (await tx.one<{ content: Buffer | null }>(sql`select content from app.attachment where team_id = ${teamId} and sha256 = ${Buffer.from(sha256, 'hex')}`))?.content ?? undefined);
  }

  log(teamId: TeamId, runId: RunId, lines: readonly { seq: number; stream: string; line: string }[]): Promise<void> {
    return this.database.withTeam(teamId, async (tx) => {
      tx.ledgerOnly();
      for (const { seq, stream, line } of lines) tx.write(sql`insert into app.worker_log (team_id, run_id, seq, stream, line) values (${teamId}, ${runId}, ${seq}, ${stream}, ${firstOf(line, 4000)}) on conflict do nothing`);
      return Promise.resolve();
    });
  }
}

/** Holds the run's lease until commit: a holder whose lease ran out cannot write, and no other can begin meanwhile. Throws `GuardError('lease_lost')`. */
export async function holdLease(tx: Tx, order: RunOrder): Promise<void> {
  const held = await tx.one(sql`select from app.lease where team_id = ${order.teamId} and resource = ${leaseOf(order.runId)} and token = ${order.leaseToken} and expires_at > clock_timestamp() for share`);
  if (!held) throw new GuardError('lease_lost');
}
