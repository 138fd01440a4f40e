import { bundleSchema, DraftId, GoalId, MemberId, readYaml, RunId, uuidv7, type CreateMission, type NewWorkItem, type SubmitGoal, type TaskId } from '@countersign/contracts';
import { seedMirror, seedTeam, type SeededTeam, type TestDatabase } from '@countersign/testing';
import { readFileSync } from 'node:fs';

export interface TaskRow {
  readonly id: TaskId;
  readonly key: string;
  readonly state: string;
  readonly round: number;
  readonly epoch: number;
  readonly notes: readonly string[];
  readonly plan_notes: readonly string[];
}

const BUNDLE = new URL('../../../../bundles/code-care.yaml', import.meta.url);

/** A hired code-care team, and the other services' rows written by hand: what the manager reacts to. */
export class CareTeam {
  private constructor(
    private readonly database: TestDatabase,
    readonly seeded: SeededTeam,
  ) {}

  static async hire(database: TestDatabase): Promise<CareTeam> {
    const seeded = await seedTeam(database);
    const bundle = readYaml(bundleSchema, 'code-care.yaml', readFileSync(BUNDLE, 'utf8'));
    await database.admin(`update app.team set bundle = $2 where team_id = $1`, [seeded.teamId, JSON.stringify(bundle)]);
    for (const { skill, agent, secondarySkills = [] } of bundle.members) {
      if (skill !== 'docs') await database.admin(`insert into app.member (team_id, id, kind, skill, agent, name) values ($1, $2, 'specialist', $3, $4, $3)`, [seeded.teamId, MemberId.next(), skill, agent]);
      await database.admin(`update app.member set secondary_skills = $3 where team_id = $1 and skill = $2`, [seeded.teamId, skill, secondarySkills]);
    }
    await seedMirror(database, seeded);
    return new CareTeam(database, seeded);
  }

  goal(over: Partial<SubmitGoal> = {}): SubmitGoal {
    const { teamId, customerId, personId } = this.seeded;
    const repository = { mirror: 'demo', base: 'b'.repeat(40), remote: '/srv/demo.git', branch: 'countersign/demo' };
    return { teamId, goalId: GoalId.next(), by: { personId, customerId, roles: ['customer_governor'] }, text: 'Document the public API', repository, ...over };
  }

  mission(work_items: NewWorkItem[], over: Partial<CreateMission['mission']> = {}): CreateMission {
    const { teamId, customerId, personId } = this.seeded;
    return { teamId, missionId: GoalId.next(), by: { personId, customerId, roles: ['customer_governor'] }, mission: { title: 'Ship control center', goal: 'Build mission scaffolding', work_items, ...over } };
  }

  async tasks(goalId: GoalId): Promise<Record<string, TaskRow>> {
    const rows = await this.database.admin<TaskRow>(`select id, key, state, round, epoch, notes, plan_notes from app.task where team_id = $1 and goal_id = $2 order by ordinal`, [this.seeded.teamId, goalId]);
    return Object.fromEntries(rows.map((row) => [row.key, row]));
  }

  async goalRow(goalId: GoalId): Promise<{ state: string; note: string; revision: number; epoch: number; finished_at: Date | null }> {
    return (await this.database.admin<{ state: string; note: string; revision: number; epoch: number; finished_at: Date | null }>(`select state, note, revision, epoch, finished_at from app.goal where team_id = $1 and id = $2`, [this.seeded.teamId, goalId]))[0]!;
  }

  /** The fleet ran the member and handed in a draft with these files (none: nothing to change). */
  async handIn(goalId: GoalId, key: string, files: readonly string[] = [`src/${key}.ts`]): Promise<DraftId> {
    const task = (await this.tasks(goalId))[key]!;
    const runId = await this.run(goalId, key, 'submitted');
    const draftId = DraftId.next();
    const t = this.seeded.teamId;
    await this.database.admin(`insert into app.draft (team_id, id, task_id, run_id, round, summary, base_commit) values ($1, $2, $3, $4, $5, $6, 'b')`, [t, draftId, task.id, runId, task.round, `${key} is done`]);
    for (const path of files) {
      await this.database.admin(`insert into app.artifact (team_id, id, draft_id, path, version, media_type, size, sha256, content) values ($1, $2, $3, $4, 1, 'text/plain', 1, sha256('x'), 'x')`, [t, uuidv7(), draftId, path]);
    }
    return draftId;
  }

  async run(goalId: GoalId, key: string, state: string, code: string | null = null): Promise<RunId> {
    const task = (await this.tasks(goalId))[key]!;
    const id = RunId.next();
    await this.database.admin(
      `insert into app.worker_run (team_id, id, task_id, member_id, round, attempt, state, epoch, code)
       select k.team_id, $2, k.id, k.member_id, k.round, (select count(*) + 1 from app.worker_run r where r.team_id = k.team_id and r.task_id = k.id and r.round = k.round), $3, (select epoch from app.team t where t.team_id = k.team_id), $4
       from app.task k where k.team_id = $1 and k.id = $5`,
      [this.seeded.teamId, id, state, code, task.id],
    );
    return id;
  }

  /** The fleet ran the criteria; `failing` names those that did not pass. */
  async check(draftId: DraftId, failing: readonly string[] = []): Promise<void> {
    await this.database.admin(
      `insert into app.check_run (team_id, id, draft_id, criterion, passed, exit_code, output_tail, duration_ms, sandbox_level)
       select d.team_id, gen_random_uuid(), d.id, c ->> 'id', not (c ->> 'id') = any ($3), case when (c ->> 'id') = any ($3) then 1 else 0 end, 'not ok 1', 1, 3
       from app.draft d join app.task k on k.team_id = d.team_id and k.id = d.task_id cross join lateral jsonb_array_elements(k.criteria) c where d.team_id = $1 and d.id = $2`,
      [this.seeded.teamId, draftId, [...failing]],
    );
  }

  async commit(draftId: DraftId, tree = 'c'.repeat(40)): Promise<void> {
    await this.database.admin(`update app.draft set state = 'committed', commit_id = $3, tree_id = $3 where team_id = $1 and id = $2`, [this.seeded.teamId, draftId, tree]);
  }

  /** The gateway asked, and a person (or time, or a suspension) answered the latest proposal. */
  async answer(goalId: GoalId, state: string, reason: string | null = null): Promise<string> {
    const { teamId, customerId, managerId, personId } = this.seeded;
    const [row] = await this.database.admin<{ id: string }>(
      `insert into app.approval (team_id, id, goal_id, deliverable_id, revision, manifest, digest, title, tier, state, epoch, customer_id, requested_by, due_at, reason, decided_by, device_id, valid_until)
       select team_id, $3, goal_id, id, revision, 'm', sha256('m'), 't', 1, $4, 1, $5, $6, now(), $7, $8, $8, now() + interval '1 hour' from app.deliverable where team_id = $1 and goal_id = $2 order by revision desc limit 1 returning id`,
      [teamId, goalId, uuidv7(), state, customerId, managerId, reason, personId],
    );
    return row!.id;
  }

  /** A person asks about a proposal that waits; returns the question's id. */
  async ask(approvalId: string, text: string): Promise<string> {
    const { teamId, personId } = this.seeded;
    const id = uuidv7();
    await this.database.admin(`insert into app.approval_mark (team_id, id, approval_id, kind, person_id, device_id, text) values ($1, $2, $3, 'asked', $4, $4, $5)`, [teamId, id, approvalId, personId, text]);
    return id;
  }

  /** The review that came with a wish for changes. */
  comment(approvalId: string, comments: readonly object[]): Promise<unknown> {
    return this.database.admin(`insert into app.approval_decision (team_id, id, approval_id, decision, digest, comments) values ($1, $2, $3, 'request_changes', '\\x00', $4)`, [this.seeded.teamId, uuidv7(), approvalId, JSON.stringify(comments)]);
  }

  /** The gateway found that the agent wears people out. */
  async alarm(goalId: GoalId | null, kind = 'asks_too_often', stops = 'agent'): Promise<string> {
    const { teamId, customerId, managerId } = this.seeded;
    const id = uuidv7();
    await this.database.admin(`insert into app.alert (team_id, id, customer_id, kind, stops, goal_id, agent_id) values ($1, $2, $3, $4, $5, $6, $7)`, [teamId, id, customerId, kind, stops, goalId, managerId]);
    return id;
  }

  async effect(goalId: GoalId, approvalId: string, state: string, code: string | null = null): Promise<void> {
    if (state !== 'refused') await this.database.admin(`insert into app.approval_use (team_id, approval_id) values ($1, $2) on conflict do nothing`, [this.seeded.teamId, approvalId]);
    await this.database.admin(`insert into app.effect (team_id, id, approval_id, goal_id, kind, state, code, idempotency_key) values ($1, $2, $3, $4, 'git.push', $5, $6, 'k')`, [this.seeded.teamId, uuidv7(), approvalId, goalId, state, code]);
  }

  /** A person said what became of the goal's unknown effect. */
  settle(goalId: GoalId, outcome: 'executed' | 'failed'): Promise<unknown> {
    const { teamId, personId } = this.seeded;
    return this.database.admin(`update app.effect set state = $3, code = 'settled_by_person', settlement_id = $4, settled_by = $5, settled_how = 'word', settled_reason = 'I looked' where team_id = $1 and goal_id = $2`, [teamId, goalId, outcome, uuidv7(), personId]);
  }

  /** What a suspension does to rows: the epoch moves, runs stop, approvals are withdrawn. */
  async suspend(): Promise<void> {
    await this.database.admin(`update app.team set state = 'suspended', epoch = epoch + 1 where team_id = $1`, [this.seeded.teamId]);
    await this.database.admin(`update app.worker_run set state = 'stopped' where team_id = $1 and state in ('queued', 'running')`, [this.seeded.teamId]);
    await this.database.admin(`update app.approval set state = 'withdrawn' where team_id = $1 and state in ('pending', 'approved')`, [this.seeded.teamId]);
  }

  async reactivate(): Promise<number> {
    return (await this.database.admin<{ epoch: number }>(`update app.team set state = 'active', epoch = epoch + 1 where team_id = $1 returning epoch`, [this.seeded.teamId]))[0]!.epoch;
  }

  /** Actions of the chain, in order. */
  async chain(): Promise<string[]> {
    const rows = await this.database.admin<{ payload: Buffer }>(`select payload from audit.entry where team_id = $1 order by seq`, [this.seeded.teamId]);
    return rows.map(({ payload }) => (JSON.parse(payload.toString('utf8')) as { action: string }).action);
  }

  /** The original's events of the team so far, in order. */
  async events(): Promise<{ type: string; properties: Record<string, unknown> }[]> {
    return this.database.admin(`select type, properties from app.agent_event where team_id = $1 order by seq`, [this.seeded.teamId]);
  }

  /** Names of the messages told so far, in order. */
  async told(): Promise<string[]> {
    const rows = await this.database.admin<{ headers: { 'ce-type': string } }>(`select headers from app.outbox where team_id = $1 and service = 'svc_manager_agent' order by seq`, [this.seeded.teamId]);
    return rows.map(({ headers }) => headers['ce-type']);
  }
}
