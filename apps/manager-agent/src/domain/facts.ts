import type {
  Actor,
  ApprovalId,
  ApprovalState,
  ArtifactId,
  CoordinationRules,
  DeliverableCheck,
  DeliverableFile,
  DeliverableId,
  DraftId,
  Effect,
  EffectId,
  EffectState,
  GoalId,
  GoalMode,
  GoalState,
  LineCommentView,
  MemberId,
  OutgoingEffect,
  PersonId,
  RunId,
  RunState,
  TaskId,
  TaskReview,
  TaskState,
  TeamConduct,
  TeamId,
} from '@countersign/contracts';

/** One acceptance criterion of a task; what it runs is the fleet's business. */
export interface Criterion {
  readonly id: string;
  readonly kind: string;
  readonly command?: string;
  /** Failing it is something that the member may not do. */
  readonly violation?: boolean;
}

/** Everything the manager knows about one goal, read in one transaction. */
export interface GoalFacts {
  /** The database's clock, ISO 8601 UTC, whole seconds. */
  readonly now: string;
  readonly team: { readonly id: TeamId; readonly epoch: number };
  /** The manager, as a member of the team: who acts in every entry. */
  readonly managerId: MemberId;
  readonly goal: GoalRow;
  readonly tasks: readonly TaskFacts[];
  /** The team's specialists. */
  readonly members: readonly MemberFacts[];
  /** How patient the manager is, and how much it gives to one member: the bundle's word. */
  readonly coordination: Readonly<Required<CoordinationRules>>;
  /** How managers conduct their teams: the operator's word. */
  readonly conduct: Pick<TeamConduct, 'review' | 'work'>;
  /** The precedents, by `seedName`, that permit internal delegation now; none: nothing is handed out. */
  readonly precedents: readonly string[];
  /** A supervisor works on something, of whichever goal and team: what is queued waits for its turn. */
  readonly fleetAtWork: boolean;
  /** What is shared with whoever does one of the goal's tasks, as it is now. */
  readonly shared: readonly SharedFacts[];
  /** By revision, the latest last. */
  readonly deliverables: readonly DeliverableFacts[];
  /** Who reviews what the team has done, in the order in which they were named. */
  readonly reviewers: readonly ReviewerFacts[];
  /** How often each was reminded within an hour, of all reviews of the team, whether they are named or took one. */
  readonly nudged: Readonly<Partial<Record<Actor, number>>>;
}

export interface SharedFacts {
  readonly id: string;
  readonly version: number;
  readonly sha256: string;
}

export interface ReviewerFacts {
  readonly who: Actor;
  readonly active: boolean;
  /** Reviews of the whole team that wait for them. */
  readonly open: number;
}

export interface GoalRow {
  readonly id: GoalId;
  readonly text: string;
  readonly state: GoalState;
  /** A person stopped it for a while: nothing is done about it, whatever its state. */
  readonly paused: boolean;
  /** The gate has stopped it for good, or its team has no manager any more: it is only closed. */
  readonly stopped: boolean;
  /** `plan`: nothing is handed out. */
  readonly mode: GoalMode;
  /** The most that have work in hand at a time; null: no bound but the tasks. */
  readonly workers: number | null;
  /** What stands beside it for people. */
  readonly note: string;
  /** Counts every change, for those who see the goal as a mission. */
  readonly missionRevision: number;
  readonly submittedBy: PersonId;
  readonly repository: RepositoryFacts;
  /** Since when neither it nor its team has stood still: no deadline of a person's runs before. */
  readonly runningSinceMs: number;
  /** Since anything of the goal last moved: the goal, a task, a run, a draft. */
  readonly stillMs: number;
  /** The team's epoch in which the goal was last handed on. */
  readonly epoch: number;
  /** What an approved goal becomes, by the goal or its bundle, and in whose name. */
  readonly effectKind: Effect['kind'];
  /** Where a person said with the goal that it is to leave for other people. */
  readonly outgoing: OutgoingEffect | null;
  readonly author: { readonly name: string; readonly email: string } | null;
}

export interface MemberFacts {
  readonly id: MemberId;
  readonly skill: string;
  /** What else it can do. */
  readonly others: readonly string[];
  readonly active: boolean;
  /** Its agent starts for nobody, so none stands in for it. */
  readonly suspended: boolean;
  /** What it has in hand of other goals. */
  readonly elsewhere: number;
  /** Tasks that it was given lately, of every goal. */
  readonly given: number;
}

export interface RepositoryFacts {
  readonly mirror: string;
  readonly base: string;
  readonly remote: string;
  readonly branch: string;
}

export interface TaskFacts {
  readonly id: TaskId;
  readonly key: string;
  readonly title: string;
  readonly skill: string;
  /** Null: a person added it and nobody has been given it. */
  readonly memberId: MemberId | null;
  /** Neither its member is away, nor is whose agent does it suspended. */
  readonly memberActive: boolean;
  readonly criteria: readonly Criterion[];
  readonly dependsOn: readonly TaskId[];
  readonly state: TaskState;
  readonly round: number;
  /** The round after which rounds are counted anew, because a person answered when the task was blocked. */
  readonly roundsFrom: number;
  readonly epoch: number;
  readonly notes: readonly string[];
  /** From whom it was taken since a person last had a say in it. */
  readonly takenFrom: readonly MemberId[];
  /** Since its row last changed. */
  readonly stillMs: number;
  /** False for work that a person's wish cannot change, such as a repair whose check passes already. */
  readonly redoable: boolean;
  /** Whose task it is, where a person added it: its words are theirs. */
  readonly addedBy: PersonId | null;
  /** Runs of every round, by round and attempt. */
  readonly runs: readonly RunFacts[];
  /** Whoever had a hand in it, by its history. */
  readonly authors: readonly Actor[];
  readonly review: TaskReview;
  /** By time of submission. */
  readonly drafts: readonly DraftFacts[];
}

export interface RunFacts {
  readonly id: RunId;
  readonly round: number;
  readonly attempt: number;
  readonly state: RunState;
  readonly epoch: number;
  readonly code: string | null;
  readonly detail: string | null;
  /** Its supervisor is alive: the lease under which it works has not run out. */
  readonly held: boolean;
  /** Since it was queued, the goal's pauses not counted. */
  readonly queuedMs: number;
}

export interface DraftFacts {
  readonly id: DraftId;
  readonly round: number;
  /** The epoch of the run that handed it in. */
  readonly epoch: number;
  readonly state: 'submitted' | 'committed' | 'conflict' | 'dropped';
  readonly summary: string;
  /** Orders commits; null until committed. ISO text with microseconds, so that text order is time order. */
  readonly committedAt: string | null;
  readonly tree: string | null;
  readonly files: readonly ArtifactFacts[];
  readonly checks: readonly CheckFacts[];
  readonly review: { readonly decision: 'approved' | 'revise' | 'flag' | null } | null;
}

export interface ArtifactFacts {
  readonly id: ArtifactId;
  readonly path: string;
  readonly mode: '100644' | '100755';
  readonly mediaType: string;
  readonly sha256: string;
  readonly size: number;
  readonly deleted: boolean;
  /** A file stood at its path when its draft began. */
  readonly replaces: boolean;
}

export interface CheckFacts {
  readonly criterion: string;
  readonly passed: boolean;
  readonly exitCode: number | null;
  readonly outputTail: string;
}

export interface DeliverableFacts {
  readonly id: DeliverableId | null;
  readonly revision: number;
  readonly approval: { readonly id: ApprovalId; readonly state: ApprovalState; readonly reason: string | null; readonly comments: readonly LineCommentView[] } | null;
  readonly effect: { readonly id: EffectId; readonly state: EffectState; readonly code: string | null } | null;
}

/** What a person asked about a proposal and nobody has answered. */
export interface OpenQuestion {
  readonly id: string;
  readonly approvalId: ApprovalId;
  readonly text: string;
}

/** What goes into a deliverable's row; built from committed drafts only. */
export interface Proposal {
  readonly summary: string;
  readonly effect: Effect;
  readonly files: readonly DeliverableFile[];
  readonly checks: readonly DeliverableCheck[];
}
