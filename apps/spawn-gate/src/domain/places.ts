import { BUDGET_UNITS, type AgentRole, type Capabilities } from '@countersign/contracts';
import type { Full } from './amounts.js';

/** A granted instance that no supervisor holds yet. */
export interface Place {
  readonly id: string;
  /** Null: the team's default mission. */
  readonly goalId: string | null;
  readonly taskId: string | null;
  readonly parentId: string | null;
  /** Its slice is held by a mission itself, not by another place: only such a one can change its mission. */
  readonly free: boolean;
  readonly role: AgentRole;
  readonly templateId: string;
  readonly skillHash: string;
  /** What was granted to it. */
  readonly granted: Full;
  /** What of it no child of its own holds. */
  readonly slice: Full;
  readonly capabilities: Capabilities;
  /** Larger is younger. */
  readonly order: number;
}

export interface Seat {
  readonly taskId: string;
  readonly goalId: string;
  readonly role: AgentRole;
  readonly templateId: string;
  /** Of the skills as they are now: a place that was granted with others stays empty. */
  readonly skillHash: string;
  /** What the mission's account has left: a place of the default mission comes under it with its slice. */
  readonly room: Full;
}

/** The place a run takes: the one kept for its task, else the oldest of its mission, else the oldest of the default mission that the mission can pay for. */
export function pickPlace(places: readonly Place[], seat: Seat): Place | undefined {
  const fits = places.filter((place) => place.role === seat.role && place.templateId === seat.templateId && place.skillHash === seat.skillHash && hasTime(place) && placeRank(place, seat) < NEVER);
  return fits.sort((a, b) => placeRank(a, seat) - placeRank(b, seat) || a.order - b.order)[0];
}

const NEVER = 3;
/** One that gave all its time away has none to run in. */
const hasTime = ({ granted, slice }: Place): boolean => granted.ms === 0 || slice.ms > 0;

function placeRank({ taskId, goalId, granted, free }: Place, seat: Seat): number {
  if (taskId !== null) return taskId === seat.taskId ? 0 : NEVER;
  if (goalId === seat.goalId) return 1;
  return goalId === null && free && BUDGET_UNITS.every((unit) => granted[unit] <= seat.room[unit]) ? 2 : NEVER;
}
