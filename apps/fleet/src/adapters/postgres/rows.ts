import type { Amounts, CustomerId, DraftId, GoalId, InstanceId, MemberId, RunId, SharedText, TaskId, TeamId } from '@countersign/contracts';
import { sql } from '@countersign/database';

/** A run with what its work needs to know of task, goal and member; column names in our own words. */
export interface RunOrder {
  readonly teamId: TeamId;
  readonly teamName: string;
  readonly runId: RunId;
  readonly taskId: TaskId;
  readonly goalId: GoalId;
  readonly memberId: MemberId;
  readonly agent: string;
  readonly round: number;
  readonly attempt: number;
  readonly epoch: number;
  readonly title: string;
  readonly goalText: string;
  readonly criteria: readonly Criterion[];
  readonly notes: readonly string[];
  readonly shared: readonly SharedText[];
  readonly options: Readonly<Record<string, unknown>>;
  readonly repository: Repository;
  /** Messages that waited for the member when the run was taken. */
  readonly mail: number;
  /** Fencing token of the lease under which this supervisor works. */
  readonly leaseToken: number;
}

/** What a goal is worked on, and whose it is: the team's customer decides where a mirror of that name is looked for. */
export interface Repository {
  readonly customerId: CustomerId;
  readonly mirror: string;
  readonly base: string;
  /** The customer has adopted a mirror of that name: without it there is none to work on. */
  readonly adopted: boolean;
}

/** A {@link Repository} of a goal `g` and its team `t`. */
export const repositoryOfGoal = sql`coalesce(g.repository, '{}') || jsonb_build_object('customerId', t.customer_id, 'adopted', ops.adopted_remote(g.repository ->> 'mirror') is not null)`;

export interface Criterion {
  readonly id: string;
  readonly kind: string;
  readonly command?: string;
}

/** What the gate granted. */
export interface Grant {
  readonly instanceId: InstanceId;
  readonly slice: Amounts;
}

/** A draft with its files, as the checks and the commit queue need it. */
export interface DraftFiles {
  readonly teamId: TeamId;
  readonly draftId: DraftId;
  readonly taskId: TaskId;
  readonly goalId: GoalId;
  readonly memberId: MemberId;
  readonly round: number;
  readonly title: string;
  readonly baseCommit: string;
  readonly createdAt: Date;
  readonly criteria: readonly Criterion[];
  readonly repairCheck: string | undefined;
  readonly repository: Repository;
  readonly files: readonly { readonly path: string; readonly mode: '100644' | '100755'; readonly content: Buffer | null; readonly baseContent: Buffer | null }[];
}
