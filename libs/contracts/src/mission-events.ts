import { IsArray, IsIn, IsOptional, IsString, Length } from 'class-validator';
import { IsCount, IsText } from './rules.js';

export const MISSION_EVENT_TYPES = [
  'mission_started',
  'mission_paused',
  'mission_resumed',
  'mission_canceled',
  'run_started',
  'run_finished',
  'tool_observed',
  'approval_granted',
  'approval_denied',
  'timer_fired',
  'resource_changed',
] as const;
export type MissionEventType = (typeof MISSION_EVENT_TYPES)[number];

/** How a run ends well, in whatever case it is written. */
export const RUN_SUCCESSES: readonly string[] = ['ok', 'success', 'passed'];
/** The words for a run's end that say no more than that; anything else may be posted, and counts as a failure. */
export const RUN_STATUSES: readonly string[] = [...RUN_SUCCESSES, 'failed', 'error', 'canceled', 'cancelled', 'timeout'];

/** An event as it is posted; which of the optional fields it must have, its type says (`readMissionEvent`). */
export class MissionEventBody {
  @IsIn(MISSION_EVENT_TYPES) type!: MissionEventType;
  @IsText(120) mission_id!: string;
  @IsOptional() @IsText(120) work_item_id?: string;
  @IsOptional() @IsText(200) run_id?: string;
  @IsOptional() @IsText(120, 0) status?: string;
  @IsOptional() @IsText(200) tool?: string;
  @IsOptional() @IsText(120) phase?: string;
  @IsOptional() @IsText(200) approval_id?: string;
  @IsOptional() @IsText(1000, 0) reason?: string;
  @IsOptional() @IsText(200) timer_id?: string;
  @IsOptional() @IsText(500) key?: string;
  @IsOptional() @IsCount() rev?: number;
  /** Ours: what a finished run leaves behind, by reference. */
  @IsOptional() @IsArray() @IsString({ each: true }) @Length(1, 500, { each: true }) artifact_refs?: string[];
}

type About = { readonly mission_id: string };
type AboutItem = About & { readonly work_item_id: string };
export type MissionEvent =
  | (About & { readonly type: 'mission_started' | 'mission_resumed' })
  | (About & { readonly type: 'mission_paused' | 'mission_canceled'; readonly reason: string })
  | (AboutItem & { readonly type: 'run_started'; readonly run_id: string })
  | (AboutItem & { readonly type: 'run_finished'; readonly run_id: string; readonly status: string; readonly artifact_refs?: readonly string[] })
  | (About & { readonly type: 'tool_observed'; readonly run_id: string; readonly tool: string; readonly phase: string })
  | (AboutItem & { readonly type: 'approval_granted'; readonly approval_id: string })
  | (AboutItem & { readonly type: 'approval_denied'; readonly approval_id: string; readonly reason: string })
  | (About & { readonly type: 'timer_fired'; readonly timer_id: string })
  | (About & { readonly type: 'resource_changed'; readonly key: string; readonly rev: number });

type Name = Exclude<keyof MissionEventBody, 'type' | 'mission_id'>;
/** What each type must name, and what it may. */
const FIELDS: Readonly<Record<MissionEventType, { readonly must: readonly Name[]; readonly may?: readonly Name[] }>> = {
  mission_started: { must: [] },
  mission_paused: { must: ['reason'] },
  mission_resumed: { must: [] },
  mission_canceled: { must: ['reason'] },
  run_started: { must: ['work_item_id', 'run_id'] },
  run_finished: { must: ['work_item_id', 'run_id', 'status'], may: ['artifact_refs'] },
  tool_observed: { must: ['run_id', 'tool', 'phase'] },
  approval_granted: { must: ['work_item_id', 'approval_id'] },
  approval_denied: { must: ['work_item_id', 'approval_id', 'reason'] },
  timer_fired: { must: ['timer_id'] },
  resource_changed: { must: ['key', 'rev'] },
};

/** The event with the fields of its type and no others; the name of the first field that is missing where it has not all. */
export function readMissionEvent(body: MissionEventBody): { readonly event: MissionEvent } | { readonly missing: string } {
  const { must, may = [] } = FIELDS[body.type];
  const missing = must.find((name) => body[name] === undefined);
  if (missing !== undefined) return { missing };
  const named = [...must, ...may].flatMap((name) => (body[name] === undefined ? [] : [[name, body[name]] as const]));
  return { event: { type: body.type, mission_id: body.mission_id, ...Object.fromEntries(named) } as MissionEvent };
}
