import { count, object } from './parts.js';

/** When an agent wears people out, and what is stopped when a person reports it. */
export interface WatchPolicy {
  /** More questions than these in any so many minutes pause the goal, or the agent with all its goals. */
  asks: { readonly ofGoal: number; readonly ofAgent: number; readonly minutes: number };
  /** So many noes and expiries in any so many minutes pause the agent. */
  refusals: { readonly times: number; readonly minutes: number };
  /** A report denies the request; beside it the whole team stops, or nothing more than the goal. */
  report: { readonly stops: 'goal' | 'team'; readonly muteMinutes: number };
}

const DAY_MINUTES = 1_440;
const minutes = count('In any so many minutes.', DAY_MINUTES, 1);

export const watchSchema = object(
  {
    asks: object({ ofGoal: count('Questions about one goal.', 10_000, 1), ofAgent: count('Questions of one agent.', 10_000, 1), minutes }, ['ofGoal', 'ofAgent', 'minutes'], 'More than these pause who asks.'),
    refusals: object({ times: count('Noes and expiries of one agent.', 10_000, 1), minutes }, ['times', 'minutes'], 'As many pause the agent.'),
    report: object({ stops: { enum: ['goal', 'team'], description: 'What stops beside the request.' }, muteMinutes: count('So long nobody is rung about the goal.', DAY_MINUTES) }, ['stops', 'muteMinutes'], 'When a person reports a request.'),
  },
  ['asks', 'refusals', 'report'],
  'When an agent is paused that wears people out.',
);

/** For an approval policy that says nothing of it. */
export const DEFAULT_WATCH: WatchPolicy = { asks: { ofGoal: 10, ofAgent: 100, minutes: 10 }, refusals: { times: 3, minutes: 60 }, report: { stops: 'team', muteMinutes: 20 } };
