import { personal, principalOf, type Audit } from '@countersign/audit';
import { MOST_TRACED, type InstanceState, type PersonId, type RecallSkill, type SkillTrace, type SkillTraced, type SkillTraceQuery, type TeamId, type TraceSkill } from '@countersign/contracts';
import { Database, json, sql } from '@countersign/database';
import { AUDIT, LOGGER, Sweep, type Logger } from '@countersign/service';
import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { mayGovernPolicies } from '../../domain/steer.js';
import { AccountBook, takeTurn } from './account-book.js';
import { endOpen } from './end-instance.js';
import { accountPath, instanceById, isOpen } from './instances.js';
import { done, refused } from './replies.js';

interface HolderRow {
  readonly team_id: TeamId;
  readonly id: string;
  readonly state: InstanceState;
  readonly end_reason: string | null;
  readonly total: number;
  readonly at_us: number;
}

interface OutputRow {
  readonly team_id: TeamId;
  readonly goal_id: string;
  readonly task_id: string;
  readonly instance_id: string;
  readonly id: string;
  readonly state: string;
  readonly commit_id: string | null;
  readonly created_at: Date;
  readonly total: number;
  readonly at_us: number;
}

interface RecallRow {
  readonly id: string;
  readonly version: number;
  readonly doc: object;
}
const isRecalled = (row: RecallRow | undefined): boolean => row !== undefined && !('retired' in row.doc);

/** How long something lives at most that a request under way still made after the recall. */
const EVERY_MS = 1_000;

/** How a skill that turned out to be bad is taken out of the world: nothing starts with it, what holds it is stopped, and people learn what was made with it. */
@Injectable()
export class RecallDesk implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly sweeps: Sweep;

  constructor(
    private readonly database: Database,
    @Inject(AUDIT) private readonly audit: Audit,
    @Inject(LOGGER) log: Logger,
  ) {
    this.sweeps = new Sweep('recalled skills', EVERY_MS, () => this.sweep(), log);
  }

  onApplicationBootstrap(): void {
    this.sweeps.start();
  }

  onApplicationShutdown(): Promise<void> {
    return this.sweeps.stop();
  }

  /** Holds until it is lifted. Idempotent: a second recall stops what is left and tells the same. */
  async recall({ by, sha256, reason }: RecallSkill): Promise<SkillTraced> {
    if (!mayGovernPolicies(by)) return refused('not_permitted', 'only the platform governor recalls a skill');
    await this.write(by.personId, sha256, reason, true);
    // first the rule, then the instances: what a request that is under way still makes, the next sweep ends
    await this.sweep(by.personId, reason);
    return { ...done('ok', ''), trace: await this.read(sha256) };
  }

  /** What was stopped stays stopped: agents may only be started with it again. */
  async lift({ by, sha256, reason }: RecallSkill): Promise<SkillTraced> {
    if (!mayGovernPolicies(by)) return refused('not_permitted', 'only the platform governor lifts a recall');
    if (!(await this.write(by.personId, sha256, reason, false))) return refused('skill_not_recalled', 'this skill is not recalled');
    return { ...done('ok', ''), trace: await this.read(sha256) };
  }

  async trace({ by, sha256, ...from }: TraceSkill): Promise<SkillTraced> {
    if (!mayGovernPolicies(by)) return refused('not_permitted', 'only the platform governor looks at every team');
    return { ...done('ok', ''), trace: await this.read(sha256, from) };
  }

  /** Ends everything that holds what was recalled, with what it started. */
  async sweep(by?: PersonId, words = ''): Promise<void> {
    for (const { team_id, id } of await this.database.ops<{ team_id: TeamId; id: string }>('recalled_instances')) await this.end(team_id, id, by, words);
  }

  private end(teamId: TeamId, id: string, by: PersonId | undefined, words: string): Promise<void> {
    return this.database.withTeam(
      teamId,
      async (tx) => {
        const [, instance, book] = await Promise.all([tx.read(takeTurn(tx)), instanceById(tx, id), AccountBook.read(tx, accountPath(tx, id))]);
        if (!instance || !isOpen(instance)) return;
        await endOpen(tx, this.audit, book, instance, { state: 'cancelled', reason: 'skill_recalled', ...(by === undefined ? {} : { by: { personId: by, words } }) });
        book.save(tx);
      },
      by === undefined ? {} : { principal: principalOf({ kind: 'person', id: by }) },
    );
  }

  /** One version more of what is said about the skill. False: that was said already, and nothing is written. */
  private write(by: PersonId, sha256: string, reason: string, recalled: boolean): Promise<boolean> {
    return this.database.withPlatform(
      async (tx) => {
        await tx.read(sql`select pg_advisory_xact_lock(hashtextextended('policies', 0))`);
        const before = await tx.one<RecallRow>(sql`select id, version, doc from ops.published_policies('skill-recall') where id = ${sha256}`);
        if (isRecalled(before) === recalled) return false;
        const doc = recalled ? { recalled: true } : { retired: true };
        tx.write(sql`insert into app.policy (kind, id, version, doc, hash, source) values ('skill-recall', ${sha256}, ${(before?.version ?? 0) + 1}, ${json(doc)}, ${Buffer.from(sha256, 'hex')}, 'person')`);
        await this.audit(tx, recalled ? 'SKILL-RECALLED' : 'SKILL-RECALL-LIFTED', { sha256, words: personal(by, reason) });
        return true;
      },
      { principal: principalOf({ kind: 'person', id: by }) },
    );
  }

  private async read(sha256: string, from: SkillTraceQuery = {}): Promise<SkillTrace> {
    const [holders, outputs, recalls] = await Promise.all([
      this.database.ops<HolderRow>('holders_of_skill', sha256, ...placeOf(from.instances), MOST_TRACED + 1),
      this.database.ops<OutputRow>('outputs_of_skill', sha256, ...placeOf(from.outputs), MOST_TRACED + 1),
      this.database.ops<RecallRow>('published_policies', 'skill-recall'),
    ]);
    return {
      sha256,
      recalled: isRecalled(recalls.find(({ id }) => id === sha256)),
      instances: { ...listOf(holders), newest: holders.slice(0, MOST_TRACED).map((row) => ({ teamId: row.team_id, instanceId: row.id, state: row.state, endReason: row.end_reason })) },
      outputs: {
        ...listOf(outputs),
        newest: outputs.slice(0, MOST_TRACED).map((row) => ({ teamId: row.team_id, goalId: row.goal_id, taskId: row.task_id, instanceId: row.instance_id, draftId: row.id, state: row.state, commit: row.commit_id, submittedAt: row.created_at.toISOString() })),
      },
    };
  }
}

const placeOf = (cursor?: string): [string | null, string | null] => {
  const [us, id] = cursor?.split('_') ?? [];
  return [us ?? null, id ?? null];
};
/** How many there are of all, and where the next page goes on, from one row more than a page has. */
const listOf = (rows: readonly { readonly total: number; readonly at_us: number; readonly id: string }[]): { count: number; nextCursor: string | null } => {
  const last = rows[MOST_TRACED - 1];
  return { count: rows[0]?.total ?? 0, nextCursor: rows.length > MOST_TRACED && last ? `${last.at_us}_${last.id}` : null };
};
