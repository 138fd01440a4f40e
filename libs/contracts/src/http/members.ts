import { IsIn, IsOptional, Matches } from 'class-validator';
import { IsCount, IsId, IsListOf, IsNested, IsText } from '../rules.js';
import { RUN_STATES, type RunState } from '../states.js';
import { IsTime, IsTimeOrNull, PageQuery } from './common.js';

/** What people see of a member: at work within the last five minutes, not so, or ended by its own yes to a shutdown. */
export const ACTIVITIES = ['active', 'idle', 'terminated'] as const;
export type Activity = (typeof ACTIVITIES)[number];
/** What is known of a member's agent, the strongest first; only the first two mean that it is alive. */
export const EVIDENCE = ['confirmed_bootstrap', 'runtime_process', 'permission_blocked', 'registered_only', 'stale_metadata', 'not_found'] as const;
export type Evidence = (typeof EVIDENCE)[number];
export const LAUNCH_STATES = ['starting', 'runtime_pending_bootstrap', 'runtime_pending_permission', 'confirmed_alive', 'failed_to_start', 'skipped_for_launch', 'not_started'] as const;
export type LaunchState = (typeof LAUNCH_STATES)[number];

/** How the members of a team have come up, all together. */
export const LAUNCHED = ['clean_success', 'partial_pending', 'partial_failure', 'partial_skipped'] as const;
export type Launched = (typeof LAUNCHED)[number];

/** How a request to a member stands, that it ends: it has not heard of it, has, has said yes or no, or has let the time pass. */
export const SHUTDOWN_STATES = ['asked', 'told', 'agreed', 'refused', 'overdue'] as const;
export type ShutdownState = (typeof SHUTDOWN_STATES)[number];
export class MemberShutdown {
  /** The message by which it was asked. */
  @IsId() id!: string;
  @IsIn(SHUTDOWN_STATES) state!: ShutdownState;
  @IsText(10_000, 0) reason!: string;
  @IsTime() askedAt!: string;
  /** From then on it may be ended without its yes. */
  @IsTime() dueAt!: string;
  @IsTimeOrNull() answeredAt!: string | null;
  /** Its own words. */
  @IsText(500, 0) answer!: string;
}
export class MemberRun {
  @IsId() id!: string;
  @IsIn(RUN_STATES) state!: RunState;
  @IsId() taskId!: string;
  @IsId() goalId!: string;
  @IsText(200) title!: string;
  @IsText(200, 0) progress!: string;
  @IsTimeOrNull() startedAt!: string | null;
  @IsTimeOrNull() endedAt!: string | null;
}
/** What a member's processes used around a time. */
export class MemberSample {
  @IsTime() at!: string;
  @IsCount() memoryBytes!: number;
  /** Of one processor, in thousandths, since the sample before. */
  @IsCount() cpuThousandths!: number;
}
export class MemberLive {
  @IsId() id!: string;
  @IsText(200) name!: string;
  @IsText(64) skill!: string;
  @IsIn(['manager', 'specialist']) kind!: 'manager' | 'specialist';
  @IsIn(['active', 'suspended', 'removed']) state!: 'active' | 'suspended' | 'removed';
  @IsIn(ACTIVITIES) activity!: Activity;
  @IsIn(LAUNCH_STATES) launch!: LaunchState;
  @IsIn(EVIDENCE) evidence!: Evidence;
  /** When anything was last heard of its agents. */
  @IsTimeOrNull() heardAt!: string | null;
  /** The newest. */
  @IsOptional() @IsNested(() => MemberRun) run!: MemberRun | null;
  /** The newest request that it ends, since its newest run was queued. */
  @IsOptional() @IsNested(() => MemberShutdown) shutdown!: MemberShutdown | null;
  /** Messages that no agent of it has got yet. */
  @IsCount() waitingMail!: number;
  /** Of the newest run, the oldest first. */
  @IsListOf(() => MemberSample, 60) samples!: MemberSample[];
}
export class MemberList {
  @IsIn(LAUNCHED) launched!: Launched;
  @IsListOf(() => MemberLive, 20) items!: MemberLive[];
}

export class LogQuery extends PageQuery {
  /** Lines of this task alone. */
  @IsOptional() @IsId() task?: string;
  @IsOptional() @Matches(/^[0-9a-f-]{36}\.\d{1,6}$/) declare cursor?: string;
}
export class MemberLogLine {
  @IsId() runId!: string;
  @IsId() taskId!: string;
  @IsCount() seq!: number;
  @IsText(16) stream!: string;
  @IsText(4000, 0) line!: string;
  @IsTime() at!: string;
}
/** The newest first, across a member's runs. */
export class MemberLog {
  @IsListOf(() => MemberLogLine, 100) items!: MemberLogLine[];
  @IsOptional() @IsText(64) nextCursor!: string | null;
}
