import type { GoalMode, GoalState, SubmitGoalBody } from '@countersign/contracts';

/** What a goal was made of, as it is stored. */
export interface AskedGoal {
  readonly text: string;
  readonly state: GoalState;
  readonly mode: GoalMode;
  readonly repository: Readonly<Record<string, string>> | null;
  readonly repair: object | null;
  readonly effect: Readonly<Record<string, unknown>> | null;
}

const WITHOUT_RESULT: ReadonlySet<GoalState> = new Set(['denied', 'expired', 'failed', 'cancelled']);

/**
 * What to submit so that a goal that ended without a result is worked on anew; null for every other goal. Where it failed on its way
 * out the branch may be there, by whomever: the next try has another.
 */
export function askAgain({ text, state, mode, repository, repair, effect }: AskedGoal): SubmitGoalBody | null {
  const { mirror, base, remote, branch } = repository ?? {};
  if (!WITHOUT_RESULT.has(state) || mirror === undefined || base === undefined || remote === undefined || branch === undefined) return null;
  const { from: _, ...named } = effect ?? {}; // the sender is the operator's word, not the goal's
  return {
    text,
    repository: { mirror, base, remote, branch: state === 'failed' ? next(branch) : branch },
    mode,
    ...(repair === null ? {} : { repair: repair as NonNullable<SubmitGoalBody['repair']> }),
    ...(effect === null ? {} : { effect: named as unknown as NonNullable<SubmitGoalBody['effect']> }),
  };
}

const next = (branch: string): string => {
  const [, name = branch, n] = /^(.*?)-(\d{1,3})$/.exec(branch) ?? [];
  return `${name}-${Number(n ?? 1) + 1}`;
};
