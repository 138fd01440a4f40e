import { ArtifactId, draftChecked, draftCommitted, DraftId, draftSubmitted, firstOf, type TeamId } from '@countersign/contracts';
import type { Audit } from '@countersign/audit';
import { publish } from '@countersign/bus';
import { Database, json, sql } from '@countersign/database';
import { AUDIT } from '@countersign/service';
import { Inject, Injectable } from '@nestjs/common';
import { createHash } from 'node:crypto';
import type { PutFile } from '../../domain/artifacts.js';
import { MAX_CHECK_TEXT } from '../../domain/explain-output.js';
import type { CommitOutcome } from '../git/commit-queue.js';
import { repositoryOfGoal, type DraftFiles, type RunOrder } from './rows.js';
import { holdLease } from './run-store.js';

/** What a worker finished with. */
export interface FinishedRun {
  readonly summary: string;
  readonly baseCommit: string;
  readonly detail: object;
  readonly used: object;
  readonly files: readonly { readonly file: PutFile; readonly mode: '100644' | '100755'; readonly baseContent: Buffer | null }[];
}

/** One criterion's answer. */
export interface CheckResult {
  readonly criterion: string;
  readonly passed: boolean;
  readonly exitCode: number | null;
  readonly outputTail: string;
  readonly durationMs: number;
}

/** An entry per artifact keeps the chain readable; beyond this the draft's own entry carries the count. */
const ENTRIES_PER_DRAFT = 20;
const digest = (text: string): string => createHash('sha256').update(text).digest('hex');

/** Rows of drafts: what a member handed in, what the checks said, what was committed. */
@Injectable()
export class DraftStore {
  constructor(
    private readonly database: Database,
    @Inject(AUDIT) private readonly audit: Audit,
  ) {}

  /** Draft, artifacts, run and message in one transaction, behind the team's epoch and the run's lease (P1, P9). */
  submit(order: RunOrder, finished: FinishedRun): Promise<DraftId> {
    const { teamId, taskId, goalId, memberId, round, epoch, runId } = order;
    const draftId = DraftId.next();
    return this.database.withTeam(teamId, async (tx) => {
      await holdLease(tx, order);
      tx.write(sql`insert into app.draft (team_id, id, task_id, run_id, round, summary, base_commit, detail) values (${teamId}, ${draftId}, ${taskId}, ${runId}, ${round}, ${finished.summary}, ${finished.baseCommit}, ${json(finished.detail)})`);
      for (const [index, { file, mode, baseContent }] of finished.files.entries()) {
        const id = ArtifactId.next();
        tx.write(sql`insert into app.artifact (team_id, id, draft_id, path, version, mode, deleted, media_type, size, sha256, content, base_content)
          select ${teamId}, ${id}, ${draftId}, ${file.path}, 1 + count(*), ${mode}, ${file.content === null}, ${file.mediaType}, ${file.content?.length ?? 0}, ${Buffer.from(file.sha256, 'hex')}, ${file.content}, ${baseContent}
          from app.artifact a join app.draft d on d.team_id = a.team_id and d.id = a.draft_id join app.task k on k.team_id = d.team_id and k.id = d.task_id where a.team_id = ${teamId} and a.path = ${file.path} and k.goal_id = ${goalId}`);
        if (index < ENTRIES_PER_DRAFT) await this.audit(tx, 'TEAM-SHARED-CONTEXT-WRITE', { agent_id: memberId, team_id: teamId, artifact_id: id, hash: file.sha256, path: file.path });
      }
      tx.writeExpecting(1, 'run_not_running', sql`update app.worker_run set state = 'submitted', used = ${json(finished.used)}, ended_at = clock_timestamp() where team_id = ${teamId} and id = ${runId} and state = 'running'`);
      await this.audit(tx, 'TEAM-MEMBER-OUTPUT', { team_member_id: memberId, output_id: draftId, manager_review_status: 'submitted', task_id: taskId, run_id: runId, artifacts: finished.files.length });
      publish(tx, draftSubmitted, { teamId, memberId }, { epoch, goalId, taskId, round, draftId });
      return draftId;
    }, { fence: epoch, principal: `agent:${memberId}` });
  }

  /** Everything a check or a commit needs; undefined when there is no such draft, it is no longer open, or its goal is paused. `toCommit`: nor where its task is another's, or left out, since it was approved. */
  open(teamId: TeamId, draftId: DraftId, toCommit = false): Promise<DraftFiles | undefined> {
    return this.database.withTeam(teamId, async (tx) => {
      const [draft, files] = await Promise.all([
        tx.one<Omit<DraftFiles, 'files'>>(sql`
          select d.team_id as "teamId", d.id as "draftId", d.task_id as "taskId", k.goal_id as "goalId", k.member_id as "memberId", d.round, k.title, d.base_commit as "baseCommit", d.created_at as "createdAt",
            k.criteria, g.repair ->> 'check' as "repairCheck", ${repositoryOfGoal} as repository
          from app.draft d join app.task k on k.team_id = d.team_id and k.id = d.task_id join app.goal g on g.team_id = k.team_id and g.id = k.goal_id join app.team t on t.team_id = d.team_id
          where d.team_id = ${teamId} and d.id = ${draftId} and d.state = 'submitted' and g.paused_at is null and (not ${toCommit} or (k.state = 'approved' and k.round = d.round))`),
        tx.read<DraftFiles['files'][number]>(sql`select path, mode, case when deleted then null else content end as content, base_content as "baseContent" from app.artifact where team_id = ${teamId} and draft_id = ${draftId} order by path`),
      ]);
      return draft && { ...draft, files };
    });
  }

  /** All answers at once, each audited; a draft that was answered before is left as it is. */
  checked(draft: DraftFiles, epoch: number, level: number, results: readonly CheckResult[]): Promise<void> {
    const { teamId, draftId, taskId, goalId, memberId, round } = draft;
    return this.database.withTeam(teamId, async (tx) => {
      const before = await tx.one<{ n: number }>(sql`select count(*) as n from app.check_run where team_id = ${teamId} and draft_id = ${draftId}`);
      if ((before?.n ?? 0) > 0) return;
      for (const { criterion, passed, exitCode, outputTail, durationMs } of results) {
        const tail = firstOf(outputTail.replaceAll('\0', ''), MAX_CHECK_TEXT);
        tx.write(sql`insert into app.check_run (team_id, id, draft_id, criterion, passed, exit_code, output_tail, duration_ms, sandbox_level) values (${teamId}, ${crypto.randomUUID()}, ${draftId}, ${criterion}, ${passed}, ${exitCode}, ${tail}, ${Math.round(durationMs)}, ${level})`);
        await this.audit(tx, 'DRAFT-CHECKED', { draft_id: draftId, check: criterion, passed, exit_code: exitCode, output_sha256: digest(tail), task_id: taskId });
      }
      publish(tx, draftChecked, { teamId, memberId }, { epoch, goalId, taskId, round, draftId, passed: results.every(({ passed }) => passed) });
    }, { fence: epoch });
  }

  committed(draft: DraftFiles, epoch: number, outcome: CommitOutcome): Promise<void> {
    const { teamId, draftId, taskId, goalId, memberId, round } = draft;
    return this.database.withTeam(teamId, async (tx) => {
      const set = outcome.conflict ? sql`state = 'conflict'` : sql`state = 'committed', commit_id = ${outcome.commit}, tree_id = ${outcome.tree}`;
      const moved = await tx.one(sql`update app.draft set ${set} where team_id = ${teamId} and id = ${draftId} and state = 'submitted' returning id`);
      if (!moved) return;
      await this.audit(tx, 'TEAM-MEMBER-OUTPUT', { team_member_id: memberId, output_id: draftId, manager_review_status: outcome.conflict ? 'conflict' : 'committed', task_id: taskId });
      publish(tx, draftCommitted, { teamId, memberId }, { epoch, goalId, taskId, round, draftId, conflict: outcome.conflict, ...(outcome.conflict ? {} : { commit: outcome.commit }) });
    }, { fence: epoch });
  }
}
