import { GoalId, NO_KNOWLEDGE, NO_TERMS, type MissionEvent, type MissionState, type WorkItem } from '@countersign/contracts';
import type { MissionFacts } from '../domain/mission-facts.js';

/** Builders for missions; everything has a default, so that a test shows only what matters to it. */
export const anItem = (over: Partial<WorkItem> = {}): WorkItem => ({ work_item_id: 'w-1', title: 'Implement patch', status: 'todo', depends_on: [], artifact_refs: [], ...over });

export function aMission(over: Partial<MissionState> = {}): MissionState {
  const mission_id = over.mission_id ?? GoalId.next();
  const spec = { mission_id, title: 'Default flow', goal: 'Ship with gates', knowledge: NO_KNOWLEDGE, ...NO_TERMS };
  return { mission_id, status: 'running', spec, work_items: [anItem()], revision: 1, updated_at_ms: 0, ...over };
}

export const missionFacts = (mission: MissionState, over: Partial<MissionFacts> = {}): MissionFacts => ({ mission, nowMs: 1_000, rounds: new Map(), deadlineMs: null, past: [], ...over });

type Bare<E> = E extends unknown ? Omit<E, 'mission_id'> : never;
/** An event about this mission. */
export const about = ({ mission_id }: MissionState, event: Bare<MissionEvent>): MissionEvent => ({ ...event, mission_id }) as MissionEvent;
