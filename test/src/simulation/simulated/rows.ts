import type { ApprovalId, ApprovalState, DecidedState, Decision, DeliverableId, EffectId, EffectState, GoalId, InstanceState, MemberId, Message, PersonId, RunId, RunState, TaskId, TeamId, TeamState } from '@countersign/contracts';
import type { Assertion } from '@countersign/contracts/assertions';
import { GuardError } from '@countersign/database';
import type { DraftFacts, GoalRow as GoalPart, MemberFacts, Proposal, TaskFacts } from '@countersign/manager-agent/domain/facts';
import type { Account } from '@countersign/spawn-gate/domain/budget';
import type { Letter } from './bus.js';
import type { Clock } from './clock.js';
import type { Service } from './service.js';

/** What can be written in place: rows have one place, and readers take what they need from it. */
type Open<T> = { -readonly [K in keyof T]: T[K] };

export interface TeamRow {
  readonly id: TeamId;
  readonly customerId: string;
  readonly name: string;
  state: TeamState;
  epoch: number;
  reason: string;
  changedAt: number;
}
export interface InstanceRow {
  readonly id: string;
  readonly teamId: TeamId;
  readonly goalId: GoalId | null;
  readonly runId: RunId | null;
  readonly startedAt: number;
  state: InstanceState;
  reason: string | null;
}
export interface RunRow {
  readonly id: RunId;
  readonly goalId: GoalId;
  readonly taskId: TaskId;
  readonly memberId: MemberId;
  readonly round: number;
  readonly attempt: number;
  readonly epoch: number;
  readonly queuedAt: number;
  state: RunState;
  code: string | null;
  detail: string | null;
  heartbeatAt: number;
  endedAt: number | null;
  instanceId: string | null;
  lease: { token: number; until: number };
  /** When its member agreed to end. */
  agreedAt: number | null;
}
export type DraftRow = Open<DraftFacts> & { readonly taskId: TaskId; readonly memberId: MemberId; readonly content: ReadonlyMap<string, Uint8Array> };
export interface DeliverableRow {
  readonly id: DeliverableId;
  readonly revision: number;
  readonly proposal: Proposal;
}
export interface DecisionRow {
  readonly id: string;
  readonly decision: Decision | 'expire' | 'withdraw' | 'undo';
  readonly personId: PersonId | null;
  readonly deviceId: string | null;
  readonly at: number;
  readonly version: number;
  readonly assertion: (Assertion & { readonly nonce: string; readonly expiresAt: number }) | null;
  undone: boolean;
}
export interface ApprovalRow {
  readonly id: ApprovalId;
  readonly teamId: TeamId;
  readonly goalId: GoalId;
  readonly deliverableId: DeliverableId;
  readonly epoch: number;
  readonly tier: number;
  readonly manifest: Uint8Array;
  readonly digest: string;
  readonly requestedBy: MemberId;
  readonly createdAt: number;
  state: ApprovalState;
  version: number;
  dueAt: number;
  leftMs: number | null;
  heldFor: DecidedState | null;
  effectiveAt: number | null;
  decidedAt: number | null;
  decidedBy: PersonId | null;
  reason: string | null;
  validUntil: number | null;
  used: boolean;
  decisions: DecisionRow[];
}
export interface EffectRow {
  readonly id: EffectId;
  readonly approvalId: ApprovalId;
  readonly kind: string;
  readonly startedAt: number;
  state: EffectState;
  code: string | null;
  acts: number;
  begunAt: number | null;
  settlementId: string | null;
}
/** What a member asks its customer about its task, and waits for. */
export interface QuestionRow {
  readonly id: string;
  readonly runId: RunId;
  readonly askedAt: number;
  readonly until: number;
  answered: boolean;
  /** Whoever asked has given it up. */
  over: boolean;
}
export interface GoalRows {
  readonly id: GoalId;
  readonly teamId: TeamId;
  readonly managerId: MemberId;
  readonly members: readonly MemberFacts[];
  goal: Omit<GoalPart, 'stillMs' | 'runningSinceMs'>;
  /** Without their runs and drafts, which are others' rows. */
  tasks: readonly TaskFacts[];
  readonly changedAt: Map<TaskId, number>;
  readonly runs: RunRow[];
  readonly drafts: DraftRow[];
  readonly deliverables: DeliverableRow[];
  readonly approvals: ApprovalRow[];
  readonly effects: EffectRow[];
  readonly questions: QuestionRow[];
  movedAt: number;
}
export interface SessionRow {
  readonly id: string;
  readonly teamId: TeamId;
  readonly epoch: number;
  readonly reason: string;
  readonly plan: string;
  readonly openedAt: number;
  /** The news that it began. */
  readonly news: Letter;
  closedAt: number | null;
}
/** A word of the helpdesk to the customer; the message's id stands once in a team. */
export interface WordRow {
  readonly sessionId: string;
  readonly messageId: string;
  readonly text: string;
  readonly at: number;
}
/** An entry of the record. */
export interface Entry {
  readonly at: number;
  readonly teamId: TeamId;
  readonly action: string;
  readonly about: Readonly<Record<string, unknown>>;
}

/** The database: rows, transactions that happen at one instant or not at all, and the guards of `libs/database/src/migrations`; no guard of its own. */
export class Rows {
  readonly teams = new Map<TeamId, TeamRow>();
  readonly goals = new Map<GoalId, GoalRows>();
  readonly instances: InstanceRow[] = [];
  readonly accounts = new Map<string, { readonly parentId: string | null; account: Account }>();
  readonly sessions: SessionRow[] = [];
  readonly words: WordRow[] = [];
  /** What the customer's people are told on their phones, by team, epoch and kind. */
  readonly notices: { readonly key: string; readonly teamId: TeamId; readonly at: number }[] = [];
  readonly entries: Entry[] = [];
  private readonly inbox = new Set<string>();
  private ids = 0;
  /** After each commit that concerns a team. */
  committed: (teamId: TeamId) => void = () => undefined;

  constructor(
    readonly clock: Clock,
    private readonly post: (by: Service, letters: readonly Letter[]) => void,
  ) {}

  /** The next id: in order, and the same for the same seed. */
  id<T extends string>(): T {
    this.ids += 1;
    return `01900000-0000-7000-8000-${this.ids.toString(16).padStart(12, '0')}` as T;
  }

  /** One transaction of a service in a team's context. Refusals are thrown before anything is written. */
  tx<T>(by: Service, teamId: TeamId, work: (tx: Tx) => T): T {
    const tx = new Tx(this, this.teams.get(teamId)!);
    const result = work(tx);
    this.entries.push(...tx.entries);
    this.post(by, tx.letters);
    this.committed(teamId);
    return result;
  }

  /** True the first time that this consumer sees the message (`libs/bus/src/inbox.ts`). */
  firstTime(by: Service, letter: Letter): boolean {
    const key = `${by.name} ${letter.id}`;
    if (this.inbox.has(key)) return false;
    this.inbox.add(key);
    return true;
  }

  goalsOf = (teamId: TeamId): GoalRows[] => [...this.goals.values()].filter((goal) => goal.teamId === teamId);
  openInstances = (teamId: TeamId): InstanceRow[] => this.instances.filter((one) => one.teamId === teamId && (one.state === 'running' || one.state === 'queued'));
}

export class Tx {
  readonly entries: Entry[] = [];
  readonly letters: Letter[] = [];

  constructor(
    readonly rows: Rows,
    readonly team: TeamRow,
  ) {}

  get now(): number {
    return this.rows.clock.now;
  }

  /** `sec.fence` of `0007-guards.ts`. */
  fence(epoch: number): void {
    if (this.team.state !== 'active') throw new GuardError('team_not_active');
    if (this.team.epoch !== epoch) throw new GuardError('stale_epoch');
  }

  /** A write that must find its row so (`sec.expect`). */
  expect(holds: boolean, code: string): void {
    if (!holds) throw new GuardError(code);
  }

  /** `sec.use_approval`: once, while granted and valid, for these bytes, in this epoch. */
  useApproval(approval: ApprovalRow, digest: string): void {
    this.expect(this.team.state === 'active' && this.team.epoch === approval.epoch, 'stale_epoch');
    this.expect(approval.state === 'approved', 'approval_not_granted');
    this.expect(approval.decisions.some(({ decision, undone, personId }) => decision === 'approve' && !undone && personId === approval.decidedBy), 'approval_not_granted');
    this.expect(approval.validUntil! > this.now, 'approval_expired');
    this.expect(approval.digest === digest, 'digest_mismatch');
    this.expect(this.rows.goals.get(approval.goalId)!.goal.state !== 'cancelled', 'goal_cancelled');
    this.expect(!approval.used, 'approval_used');
    approval.used = true;
  }

  /** What `person_decides` lets time make of an approval: nothing of a team that stands still, or has since. */
  stands(approval: ApprovalRow): boolean {
    return this.team.state === 'active' && this.team.epoch === approval.epoch;
  }

  entry(action: string, about: Entry['about'] = {}): void {
    this.entries.push({ at: this.now, teamId: this.team.id, action, about });
  }

  /** In the team's epoch, unless the body names another. */
  publish(message: Message<object>, body: Readonly<Record<string, unknown>> = {}): Letter {
    const letter: Letter = { id: this.rows.id(), message: message as Message, teamId: this.team.id, body: { epoch: this.team.epoch, ...body }, sent: false, hampered: new Set() };
    this.letters.push(letter);
    return letter;
  }
}

/** Whoever asked works on, and waits for the answer. */
export const isAwaited = ({ runs }: GoalRows, { runId, over, answered }: QuestionRow): boolean => !over && !answered && runs.some(({ id, state }) => id === runId && state === 'running');
