import { firstOf, type MissionCommand, type MissionState, type WorkItem } from '@countersign/contracts';

/** A reply carries up to a hundred of these; who runs the item has the mission's text anyway. */
const PROMPT_CHARS = 500;

/** What the reducer asks for, in the original's words: event types and property names are its own. */
export const startRun = ({ mission_id, spec }: MissionState, { work_item_id, assigned_agent, title, detail }: WorkItem): MissionCommand => ({
  type: 'start_run',
  mission_id,
  work_item_id,
  agent: assigned_agent ?? null,
  prompt: firstOf([title, ...(detail === undefined ? [] : [detail]), `Part of: ${spec.goal}`].join('\n\n'), PROMPT_CHARS),
});

export const requestApproval = ({ mission_id }: MissionState, { work_item_id }: WorkItem, kind: 'review' | 'test', summary: string): MissionCommand => ({ type: 'request_approval', mission_id, work_item_id, kind, summary });

const notice = ({ mission_id }: MissionState, event_type: string, properties: object): MissionCommand => ({ type: 'emit_notice', mission_id, event_type, properties });

export const reworkRequested = (mission: MissionState, { work_item_id }: WorkItem, why: object): MissionCommand => notice(mission, 'mission.work_item.rework_requested', { workItemID: work_item_id, ...why });
export const workItemCompleted = (mission: MissionState, { work_item_id }: WorkItem, approvalID: string): MissionCommand => notice(mission, 'mission.work_item.completed', { workItemID: work_item_id, approvalID });
export const completed = (mission: MissionState): MissionCommand => notice(mission, 'mission.completed', { missionID: mission.mission_id });
/** Ours: the original has no way to fail. */
export const failedNotice = (mission: MissionState, reason: string): MissionCommand => notice(mission, 'mission.failed', { missionID: mission.mission_id, reason });
