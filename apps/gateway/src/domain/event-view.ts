import type { EffectState, EventType } from '@countersign/contracts';
import { viewOf } from './approval-view.js';

/** One event as listeners get it: what changed, by ids; they read it again. */
export interface FeedEvent {
  readonly type: EventType;
  readonly data: Readonly<Record<string, string | number | boolean>> & { readonly teamId: string };
}

const TYPES: Readonly<Record<string, EventType>> = {
  'task.assigned.v1': 'task.changed',
  'draft.submitted.v1': 'task.changed',
  'draft.failed.v1': 'task.changed',
  'draft.checked.v1': 'task.changed',
  'draft.decided.v1': 'task.changed',
  'workspace.committed.v1': 'task.changed',
  'status.member_progress.v1': 'member.progress',
  'status.member_logged.v1': 'member.logged',
  'status.goal_changed.v1': 'goal.changed',
  'approvals.requested.v1': 'goal.changed',
  'approvals.answered.v1': 'approval.changed',
  'approvals.effect_started.v1': 'approval.changed',
  'approvals.effect_finished.v1': 'approval.changed',
  'lifecycle.team_changed.v1': 'team.changed',
  'agent_team.event.v1': 'instance.event',
  'helpdesk.replied.v1': 'helpdesk.message',
};

/** The event behind a message, or undefined for messages that no screen waits for. */
export function eventOf(message: string, teamId: string, params: Readonly<Record<string, string>>, body: object): FeedEvent | undefined {
  const type = TYPES[message];
  if (type === undefined) return undefined;
  // who did it is for those who tell people of it, not for every screen
  const scalars = Object.entries<unknown>({ ...body, ...params }).filter((pair): pair is [string, string | number | boolean] => pair[0] !== 'by' && ['string', 'number', 'boolean'].includes(typeof pair[1]));
  return { type, data: { ...Object.fromEntries(scalars), ...stateBehind(message, body), teamId } };
}

/** An approval's state is the one that people see, whatever the executor calls it. */
function stateBehind(message: string, body: object): { readonly state?: string } {
  if (message === 'approvals.effect_started.v1') return { state: viewOf('approved', 'started') };
  return message === 'approvals.effect_finished.v1' ? { state: viewOf('approved', (body as { readonly state: EffectState }).state) } : {};
}

/** The budget moves with these instance events, so meters are told to look as well. */
export const movesBudget = (event: FeedEvent): boolean => event.type === 'instance.event';
