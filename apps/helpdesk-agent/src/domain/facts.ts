import type { EffectState, GoalState, TaskState, TeamState } from '@countersign/contracts';

/**
 * Everything the helpdesk knows: the redacted picture of a suspended team (counts, titles, states, times), its session, and
 * what time it is. No goal's words, no draft, no file, no approval's content, no money.
 */
export interface HelpdeskFacts {
  readonly team: { readonly name: string; readonly state: TeamState; readonly since: string; readonly reason: string };
  readonly goals: readonly OpenGoal[];
  readonly members: readonly { readonly name: string; readonly skill: string; readonly state: string }[];
  /** Instances that run at this moment. */
  readonly running: number;
  /** Goals that are over, by how they ended. */
  readonly finished: Partial<Record<GoalState, number>>;
  readonly approvals: { readonly waiting: number; readonly granted: number; readonly withdrawn: number };
  readonly effects: Partial<Record<EffectState, number>>;
  readonly session: { readonly plan: string; readonly openedAt: Date };
  readonly now: Date;
}

export interface OpenGoal {
  readonly state: GoalState;
  readonly since: string;
  readonly tasks: readonly { readonly title: string; readonly state: TaskState }[];
}

/** Why a team was suspended, and what was to happen next. */
export interface Why {
  readonly team: Pick<HelpdeskFacts['team'], 'name' | 'state' | 'reason'>;
  readonly session: HelpdeskFacts['session'];
}
