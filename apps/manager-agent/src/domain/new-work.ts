import type { Coordination, MissionEvent, MissionStatus } from '@countersign/contracts';

/** On which terms a team takes new work. */
export interface WorkTerms {
  readonly coordination: Coordination;
  /** Its trial's last day is over: what is under way is finished, nothing new begins. */
  readonly trialOver: boolean;
  /** Tasks that a trial may still plan; null: as many as there are. */
  readonly tasksLeft: number | null;
}
export type WorkRefusal = { readonly code: 'no_manager' | 'trial_over' | 'trial_tasks_used'; readonly message: string };

/** Why so many new tasks are not taken; undefined: they are. A goal needs a manager, a mission that is driven by events does not. */
export function refusesWork({ coordination, trialOver, tasksLeft }: WorkTerms, tasks: number, origin: 'goal' | 'mission'): WorkRefusal | undefined {
  if (origin === 'goal' && coordination === 'individuals') return { code: 'no_manager', message: 'The team’s members are single agents now: give each of them its work.' };
  if (trialOver) return { code: 'trial_over', message: 'The trial is over: what is under way is finished, nothing new begins. A governor may make the trial longer, or the team production when it has passed its test.' };
  if (tasksLeft !== null && tasks > tasksLeft) return { code: 'trial_tasks_used', message: `This is ${tasks} tasks, and the trial has ${tasksLeft} left: ${tasksLeft > 0 ? 'take less at a time, or ' : ''}make the team production when its trial has passed its test. A longer trial has no more tasks.` };
  return undefined;
}

/** Why a goal that was taken long ago is not worked on: its manager is no more, or it was only planned and would begin after the trial. Its tasks count already. */
export function refusesBegun(terms: WorkTerms, begins: boolean): WorkRefusal | undefined {
  const refused = refusesWork(terms, 0, 'goal');
  return begins || refused?.code === 'no_manager' ? refused : undefined;
}

/** What makes work of a draft: its start, and a run of one of its items that is reported without one. What was done of it is reported, decided and cancelled at any time. */
export const beginsMission = (status: MissionStatus, { type }: MissionEvent): boolean => status === 'draft' && (type === 'mission_started' || type === 'run_started');
