import { ArrayMaxSize, IsArray, IsBoolean, IsIn, IsObject, IsOptional } from 'class-validator';
import { RepairSpec } from '../commands/gateway.js';
import { EFFECT_KINDS, type Effect } from '../effects.js';
import { MOST_ATTACHMENTS, MOST_RECIPIENTS } from '../outgoing.js';
import { IsCount, IsGitObject, IsId, IsIds, IsListOf, IsNested, IsSha256, IsText, IsTexts } from '../rules.js';
import { EFFECT_STATES, GOAL_MODES, GOAL_STATES, INSTANCE_STATES, RUN_STATES, TASK_ANSWERS, TASK_STATES, type EffectState, type GoalMode, type GoalState, type InstanceState, type RunState, type TaskAnswer, type TaskState } from '../states.js';
import { IsTime, IsTimeOrNull, Money, pageOf } from './common.js';
import { IsBranch, IsMirror, IsRemote } from './git-names.js';

/** A repository mirrored by the launcher and adopted; `mirror` is its name among the customer's own, never a path. */
export class GoalRepositoryBody {
  @IsText(120) @IsMirror() mirror!: string;
  @IsGitObject() base!: string;
  /** Where the approved branch goes: the remote the mirror was adopted with. */
  @IsText(1000) @IsRemote() remote!: string;
  @IsBranch() branch!: string;
}
/** What becomes of the result, said by the person. For `http.post` `url` and `body`, for `email.send` `to`, `subject` and `body`; paths are of files the team will have made. */
export class GoalEffectBody {
  @IsIn(EFFECT_KINDS) kind!: Effect['kind'];
  /** An `https` URL that the operator allows. */
  @IsOptional() @IsText(1000) url?: string;
  /** Absent: what the path's ending says. */
  @IsOptional() @IsText(120) contentType?: string;
  @IsOptional() @IsTexts(MOST_RECIPIENTS, 254) to?: string[];
  @IsOptional() @IsTexts(MOST_RECIPIENTS, 254) cc?: string[];
  @IsOptional() @IsText(200) subject?: string;
  @IsOptional() @IsText(1000) body?: string;
  @IsOptional() @IsTexts(MOST_ATTACHMENTS, 1000) attachments?: string[];
}
export class SubmitGoalBody {
  @IsText(4000) text!: string;
  @IsNested(() => GoalRepositoryBody) @IsObject() repository!: GoalRepositoryBody;
  @IsOptional() @IsNested(() => RepairSpec) @IsObject() repair?: RepairSpec;
  /** `plan`: it is planned, and nothing is handed out before it is delegated. Absent: `orchestrate`. */
  @IsOptional() @IsIn(GOAL_MODES) mode?: GoalMode;
  /** Absent: what the bundle says. */
  @IsOptional() @IsNested(() => GoalEffectBody) @IsObject() effect?: GoalEffectBody;
}
export class CancelGoalBody {
  @IsOptional() @IsText(500, 0) reason?: string;
}
export class PauseGoalBody {
  @IsText(500) reason!: string;
}

/** An answer to a blocked task: `retry` gives its member further rounds with the note, `skip` goes on without it. */
export class AnswerTaskBody {
  @IsIn(TASK_ANSWERS) answer!: TaskAnswer;
  @IsOptional() @IsText(2000, 0) note?: string;
}

export class GoalSummary {
  @IsId() id!: string;
  @IsText(4000) text!: string;
  @IsIn(GOAL_STATES) state!: GoalState;
  @IsTime() createdAt!: string;
  @IsTime() changedAt!: string;
  @IsTimeOrNull() finishedAt!: string | null;
  @IsText(4000, 0) note!: string;
  /** Null while it is not paused; its state says where it goes on. */
  @IsTimeOrNull() pausedAt!: string | null;
  @IsText(500, 0) pauseReason!: string;
  @IsNested(() => Money) cost!: Money;
  @IsOptional() @IsIn(GOAL_MODES) mode?: GoalMode;
  /** The most that work on it at a time; absent: as many as it has tasks for. */
  @IsOptional() @IsCount(100) workers?: number;
}
export const GoalSummaryPage = pageOf(GoalSummary);

/** Of a goal's files and agents so many are listed with it. */
export const LISTED_FILES = 200;
export const LISTED_AGENTS = 500;
const MOST_SUMMARY = 40_000;

export class MemberRef {
  @IsId() id!: string;
  @IsText(200) name!: string;
}
/** `passed` is null until the check has run on the newest draft. */
export class CriterionView {
  @IsText(120) id!: string;
  @IsText(64) kind!: string;
  @IsOptional() @IsBoolean() passed!: boolean | null;
}
export class RunView {
  @IsId() id!: string;
  @IsIn(RUN_STATES) state!: RunState;
  @IsCount(1000) attempt!: number;
  @IsOptional() @IsText(64) code!: string | null;
}
export class TaskView {
  @IsId() id!: string;
  @IsText(120) key!: string;
  @IsText(200) title!: string;
  @IsText(4000, 0) detail!: string;
  /** Tasks of the goal that come before it. */
  @IsIds(100) dependsOn!: string[];
  /** What it needs; for a mission's work item the agent's name as it was written, empty where none was. */
  @IsText(64, 0) skill!: string;
  /** Null for a mission's work item: no member of the team is bound to it. */
  @IsOptional() @IsNested(() => MemberRef) member!: MemberRef | null;
  @IsIn(TASK_STATES) state!: TaskState;
  @IsCount(100) round!: number;
  @IsArray() @ArrayMaxSize(100) notes!: unknown[];
  @IsText(200, 0) progress!: string;
  @IsListOf(() => CriterionView, 50) criteria!: CriterionView[];
  @IsOptional() @IsNested(() => RunView) run!: RunView | null;
}
export class ApprovalRef {
  @IsId() id!: string;
  @IsText(32) state!: string;
}
/** The receipt is what the outside world answered: for a push the branch and commit. */
export class EffectView {
  @IsId() id!: string;
  @IsIn(EFFECT_STATES) state!: EffectState;
  @IsText(64) kind!: string;
  @IsOptional() @IsText(64) code!: string | null;
  @IsOptional() @IsObject() receipt!: object | null;
}
/** Who ended an unknown outcome, and how: `word` is their own, `look` what the target showed when they had it asked again. */
export class SettlementView {
  @IsIn(['word', 'look']) how!: 'word' | 'look';
  @IsTime() at!: string;
  /** By name; absent when it cannot be said. */
  @IsOptional() @IsText(200) by!: string | null;
  @IsText(2000, 0) reason!: string;
}
/** An effect with how a person settled it, where one did. */
export class SettledEffectView extends EffectView {
  @IsOptional() @IsNested(() => SettlementView) settlement!: SettlementView | null;
}
export class GoalRepositoryView {
  @IsText(64) base!: string;
  @IsText(200) branch!: string;
  @IsText(1000) remote!: string;
}
export class NotAskedView {
  @IsText(64) code!: string;
  @IsText(300) message!: string;
  /** Where too few could say yes: how many it needs, and how many could. */
  @IsOptional() @IsCount() need?: number;
  @IsOptional() @IsCount() found?: number;
  @IsTime() at!: string;
}
/** An agent that worked for a goal, and which one started it. */
export class LineageView {
  @IsId() id!: string;
  /** The agent that started it: another of the goal's, or the team's manager. */
  @IsOptional() @IsId() parentId!: string | null;
  @IsOptional() @IsId() taskId!: string | null;
  @IsOptional() @IsId() memberId!: string | null;
  @IsText(64) role!: string;
  @IsIn(INSTANCE_STATES) state!: InstanceState;
  @IsTime() startedAt!: string;
  @IsTimeOrNull() endedAt!: string | null;
}
export class DeliverableFileView {
  @IsId() artifactId!: string;
  @IsText(4096, 0) path!: string;
  @IsSha256() sha256!: string;
  @IsCount() size!: number;
  /** It is taken away. */
  @IsBoolean() deleted!: boolean;
}
/** What was proposed last. */
export class DeliverableView {
  @IsId() id!: string;
  @IsCount() revision!: number;
  /** In the manager's words. */
  @IsText(MOST_SUMMARY, 0) summary!: string;
  /** How many files it has; the first of them are listed, all stand in the request's manifest. */
  @IsCount() fileCount!: number;
  @IsListOf(() => DeliverableFileView, LISTED_FILES) files!: DeliverableFileView[];
  @IsTime() at!: string;
}
export class GoalDetail extends GoalSummary {
  /** Its agents, the oldest first; of very many the newest. */
  @IsListOf(() => LineageView, LISTED_AGENTS) lineage!: LineageView[];
  @IsOptional() @IsNested(() => DeliverableView) deliverable!: DeliverableView | null;
  /** The most that its model calls under way can cost beyond what they hold; 0 where each is bounded by what it holds. */
  @IsNested(() => Money) overshoot!: Money;
  @IsListOf(() => TaskView, 100) tasks!: TaskView[];
  @IsOptional() @IsNested(() => ApprovalRef) approval!: ApprovalRef | null;
  @IsOptional() @IsNested(() => EffectView) effect!: EffectView | null;
  @IsOptional() @IsNested(() => GoalRepositoryView) repository!: GoalRepositoryView | null;
  /** Why its proposal is put to nobody: too few could say yes to it, or it cannot be asked as it is. It is asked as soon as it can be. */
  @IsOptional() @IsNested(() => NotAskedView) notAsked!: NotAskedView | null;
  /** What to submit to have it worked on anew, where it ended without a result; for the customer's people. */
  @IsOptional() @IsNested(() => SubmitGoalBody) again!: SubmitGoalBody | null;
}

/** Asks the fleet to take over a repository the launcher has mirrored under the home, for the person's customer. */
export class AdoptMirrorBody {
  @IsText(120) @IsMirror() mirror!: string;
  /** The only place that work on it may be pushed to; shown to the person who approves, so a URL with a password is refused. */
  @IsText(1000) @IsRemote() remote!: string;
}
export class AdoptedMirror {
  @IsText(120) mirror!: string;
  /** Branch or tag name to commit. */
  @IsObject() heads!: Record<string, string>;
}
