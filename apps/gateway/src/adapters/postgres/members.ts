import { NotFoundError, type MemberId, type MemberList, type MemberLive, type MemberLog, type MemberSample, type MemberShutdown, type PresenceTerms, type RunState, type ShutdownState, type TeamId } from '@countersign/contracts';
import { Database, readTeamPolicy, sql, type Tx } from '@countersign/database';
import { Injectable } from '@nestjs/common';
import { launchedOf, livenessOf } from '../../domain/liveness.js';
import { shutdownStateOf } from '../../domain/shutdown.js';
import { iso, isoOrNull, limitOf } from './pages.js';

const MOST_SAMPLES = 60;

interface MemberRow {
  readonly id: string;
  readonly name: string;
  readonly skill: string;
  readonly kind: MemberLive['kind'];
  readonly state: MemberLive['state'];
  readonly nowMs: number;
  readonly shutDownAtMs: number | null;
  readonly ending: { readonly id: string; readonly text: string; readonly askedAtMs: number; readonly dueAtMs: number; readonly told: boolean; readonly answeredAtMs: number | null; readonly approve: boolean | null; readonly answer: string } | null;
  readonly waitingMail: number;
  readonly runId: string | null;
  readonly runState: RunState;
  readonly taskId: string;
  readonly goalId: string;
  readonly title: string;
  readonly progress: string;
  readonly queuedAtMs: number;
  readonly startedAtMs: number | null;
  readonly heartbeatAtMs: number | null;
  readonly endedAtMs: number | null;
  readonly spoke: boolean;
  readonly waitsForPerson: boolean;
}
interface SampleRow {
  readonly runId: string;
  readonly at: Date;
  readonly memoryBytes: number;
  readonly cpuMs: number;
}
interface LineRow {
  readonly runId: string;
  readonly taskId: string;
  readonly seq: number;
  readonly stream: string;
  readonly line: string;
  readonly at: Date;
}

/** Members as they live: one list, from `app.member` and what their supervisors wrote. */
@Injectable()
export class Members {
  constructor(private readonly database: Database) {}

  list(teamId: TeamId): Promise<MemberList> {
    return this.database.withTeam(teamId, async (tx) => {
      const [rows, { terms }] = await Promise.all([readMembers(tx), readTeamPolicy(tx)]);
      const samples = await readSamples(tx, rows.flatMap(({ runId }) => runId ?? []));
      const items = rows.map((row) => liveOf(row, samples.filter(({ runId }) => runId === row.runId), terms.members));
      return { launched: launchedOf(items.filter(({ kind }) => kind === 'specialist').map(({ launch }) => launch)), items };
    });
  }

  /** How the newest request to a member that it ends stands; undefined: there is none. Rejects where the team has no such member. */
  async shutdown(teamId: TeamId, memberId: MemberId): Promise<ShutdownState | undefined> {
    const row = await this.database.withTeam(teamId, async (tx) => (await readMembers(tx)).find(({ id }) => id === memberId));
    if (!row) throw new NotFoundError('member');
    return row.ending === null ? undefined : shutdownStateOf({ ...row.ending, nowMs: row.nowMs });
  }

  /** What a member's agents said, the newest first; of one task where it is named. */
  log(teamId: TeamId, memberId: MemberId, { cursor, limit: asked, task }: { readonly cursor?: string; readonly limit?: number; readonly task?: string }): Promise<MemberLog> {
    const limit = limitOf(asked === undefined ? {} : { limit: asked });
    const [afterRun, afterSeq] = cursor?.split('.') ?? [null, null];
    return this.database.withTeam(teamId, async (tx) => {
      const [known, rows] = await Promise.all([
        tx.one(sql`select id from app.member where team_id = ${teamId} and id = ${memberId}`),
        // a run's id begins with the time at which it was queued
        tx.read<LineRow>(sql`select l.run_id as "runId", r.task_id as "taskId", l.seq, l.stream, l.line, l.at from app.worker_run r join app.worker_log l on l.team_id = r.team_id and l.run_id = r.id
          where r.team_id = ${teamId} and r.member_id = ${memberId} and (${task ?? null}::uuid is null or r.task_id = ${task ?? null}::uuid)
            and (${afterRun}::uuid is null or (l.run_id, l.seq) < (${afterRun}::uuid, ${afterSeq}::int)) order by l.run_id desc, l.seq desc limit ${limit + 1}`),
      ]);
      if (!known) throw new NotFoundError('member');
      const shown = rows.slice(0, limit);
      const last = shown.at(-1);
      return { items: shown.map(({ at, ...line }) => ({ ...line, at: iso(at) })), nextCursor: rows.length > limit && last ? `${last.runId}.${last.seq}` : null };
    });
  }
}

function liveOf(row: MemberRow, samples: readonly SampleRow[], terms: PresenceTerms): MemberLive {
  const { id, name, skill, kind, state, nowMs, shutDownAtMs, waitingMail, runId, runState, taskId, goalId, title, progress, queuedAtMs, startedAtMs, heartbeatAtMs, endedAtMs, spoke, waitsForPerson } = row;
  const run = runId === null ? null : { state: runState, queuedAtMs, startedAtMs, heartbeatAtMs, endedAtMs, spoke, waitsForPerson };
  const { heardAtMs, ...live } = livenessOf({ nowMs, terms, memberState: state, run, shutDownAtMs });
  return {
    id, name, skill, kind, state, waitingMail, ...live,
    heardAt: at(heardAtMs),
    run: runId === null ? null : { id: runId, state: runState, taskId, goalId, title, progress, startedAt: at(startedAtMs), endedAt: at(endedAtMs) },
    shutdown: shutdownView(row),
    samples: samples.map((sample, index) => sampleOf(sample, samples[index - 1])),
  };
}

const shutdownView = ({ ending, nowMs }: MemberRow): MemberShutdown | null =>
  ending && { id: ending.id, state: shutdownStateOf({ ...ending, nowMs }), reason: ending.text, askedAt: iso(new Date(ending.askedAtMs)), dueAt: iso(new Date(ending.dueAtMs)), answeredAt: at(ending.answeredAtMs), answer: ending.answer };

const at = (ms: number | null): string | null => isoOrNull(ms === null ? null : new Date(ms));

/** Processor time counts from the run's beginning: what was used lately is the difference to the sample before. */
function sampleOf({ at: time, memoryBytes, cpuMs }: SampleRow, before: SampleRow | undefined): MemberSample {
  const elapsed = before ? time.getTime() - before.at.getTime() : 0;
  return { at: iso(time), memoryBytes, cpuThousandths: before && elapsed > 0 ? Math.max(0, Math.round(((cpuMs - before.cpuMs) * 1000) / elapsed)) : 0 };
}

const ms = (column: string) => ({ text: `(extract(epoch from ${column}) * 1000)::int8`, values: [] });

const readMembers = (tx: Tx): Promise<MemberRow[]> =>
  tx.read<MemberRow>(sql`
    select m.id, m.name, m.skill, m.kind, m.state, ${ms('clock_timestamp()')} as "nowMs",
      greatest((select ${ms('max(s.at)')} from app.team_message s where s.team_id = m.team_id and s.from_id = m.id and s.type = 'shutdown_response' and s.approve),
        (select ${ms('max(p.answered_at)')} from app.message_receipt p where p.team_id = m.team_id and p.member_id = m.id and p.approve)) as "shutDownAtMs",
      (select jsonb_build_object('id', x.id, 'text', x.text, 'askedAtMs', ${ms('x.at')}, 'dueAtMs', ${ms('x.due_at')}, 'told', p.delivered_at is not null, 'answeredAtMs', ${ms('p.answered_at')}, 'approve', p.approve, 'answer', p.reason)
        from app.member_message x join app.message_receipt p on p.team_id = x.team_id and p.message_id = x.id where x.team_id = m.team_id and x.id = app.end_asked(m.team_id, m.id) and p.member_id = m.id) as ending,
      (select count(*)::int from app.message_receipt p join app.member_message x on x.team_id = p.team_id and x.id = p.message_id where p.team_id = m.team_id and p.member_id = m.id and p.delivered_at is null and x.archived_at is null and x.from_kind = 'person' and (x.kind <> 'shutdown' or x.id = app.end_asked(m.team_id, m.id))) as "waitingMail",
      r.id as "runId", r.state as "runState", r.task_id as "taskId", k.goal_id as "goalId", k.title, r.progress, ${ms('r.queued_at')} as "queuedAtMs", ${ms('r.started_at')} as "startedAtMs", ${ms('r.heartbeat_at')} as "heartbeatAtMs", ${ms('r.ended_at')} as "endedAtMs",
      coalesce(r.progress <> '' or r.state = 'submitted' or exists (select from app.worker_log l where l.team_id = r.team_id and l.run_id = r.id), false) as spoke,
      coalesce(exists (select from app.gate_approval a where a.team_id = m.team_id and a.state = 'pending' and (a.instance_id = r.instance_id or (a.kind = 'spawn' and a.task_id = r.task_id))), false) as "waitsForPerson"
    from app.member m left join lateral (select * from app.worker_run w where w.team_id = m.team_id and w.member_id = m.id
        order by w.ended_at is null and w.state = 'running' desc, w.ended_at is null desc, w.heartbeat_at desc nulls last, w.queued_at desc, w.id desc limit 1) r on true -- of several at once, the one that runs
      left join app.task k on k.team_id = r.team_id and k.id = r.task_id
    where m.team_id = ${tx.scopeId} and m.state <> 'removed' order by m.kind = 'manager' desc, m.name, m.id`);

const readSamples = (tx: Tx, runs: readonly string[]): Promise<SampleRow[]> =>
  tx.read<SampleRow>(sql`
    select s."runId", s.at, s."memoryBytes", s."cpuMs" from unnest(${[...runs]}::uuid[]) as w (id) cross join lateral (
      select x.run_id as "runId", x.at, x.memory_bytes as "memoryBytes", x.cpu_ms as "cpuMs" from app.run_sample x where x.team_id = ${tx.scopeId} and x.run_id = w.id order by x.at desc limit ${MOST_SAMPLES}) s order by s.at`);
