import type { LocalStack } from '@countersign/testing';
import type { SubmittedGoal } from '../stack/goals.js';

/** Every process and broker that works for an active team, and the broker together with all it had stored. */
export const VICTIMS = ['executor', 'fleet', 'manager-agent', 'gateway', 'spawn-gate', 'notary', 'nats', 'postgres', 'nats and its store'] as const;
export type Victim = (typeof VICTIMS)[number];

/** Moments of a goal's way, in their order. */
export const STEPS = ['starting', 'working', 'reviewing', 'proposed', 'approved', 'pushing'] as const;
export type Step = (typeof STEPS)[number];

/** What somebody can have in hand for a goal; each is counted in the rows. */
const FACTS = {
  asked: 'a worker that waits to be admitted',
  working: 'a worker at work',
  admitted: 'the budget of a worker that runs',
  unchecked: 'a draft to check',
  unjudged: 'a draft to judge',
  unasked: 'a proposal that no person has seen',
  unfollowed: 'a decision to follow',
  granted: 'an effect to begin',
  pushing: 'a push under way',
  unsent: 'messages to deliver',
  unsigned: 'entries to sign',
  open: 'a goal that is not done',
} as const;
type Fact = keyof typeof FACTS;
export type Facts = Readonly<Record<Fact | 'behind', number>>;

/** When to hold a victim still, and what it must then have in hand before it is killed. */
interface Hands {
  readonly seize: (facts: Facts) => boolean;
  readonly has: Fact;
}
const at = (seize: Hands['seize'], has: Fact): Hands => ({ seize, has });
const soon = (): boolean => true;
const broker = (has: Fact): Partial<Record<Step, Hands>> => ({
  working: at(({ working }) => working > 0, has),
  reviewing: at(({ unchecked }) => unchecked > 0, has),
  approved: at(soon, has),
});

/**
 * Where each victim has work in hand. One that is held still does nothing more, while the others go on: what the rows then
 * say is waiting for it, is.
 */
export const HANDS: Readonly<Record<Victim, Partial<Record<Step, Hands>>>> = {
  'spawn-gate': { starting: at(soon, 'asked'), working: at(({ admitted }) => admitted > 0, 'admitted') },
  fleet: { working: at(({ working }) => working > 0, 'working'), reviewing: at(({ unchecked }) => unchecked > 0, 'unchecked') },
  'manager-agent': { reviewing: at(({ unchecked }) => unchecked > 0, 'unjudged'), approved: at(soon, 'unfollowed') },
  gateway: { proposed: at(({ unchecked, behind }) => unchecked > 0 && behind === 0, 'unasked') },
  executor: { approved: at(soon, 'granted'), pushing: at(({ pushing }) => pushing > 0, 'pushing') },
  notary: broker('unsigned'),
  nats: broker('unsent'),
  'nats and its store': broker('unsent'),
  postgres: { starting: at(soon, 'open'), proposed: at(soon, 'open'), pushing: at(({ pushing }) => pushing > 0, 'open'), ...broker('open') },
};

export const stepsOf = (victim: Victim): readonly Step[] => STEPS.filter((step) => HANDS[victim][step]);
export const inHand = (victim: Victim, step: Step): string => FACTS[HANDS[victim][step]!.has];

const OF_GOAL = (table: string): string => `from app.${table} x join app.task k on k.team_id = x.team_id and k.id = x.task_id where k.team_id = $1 and k.goal_id = $2`;
const COUNTS: Readonly<Record<keyof Facts, string>> = {
  asked: `${OF_GOAL('worker_run')} and x.state = 'running' and x.instance_id is null`,
  working: `${OF_GOAL('worker_run')} and x.state = 'running' and x.instance_id is not null`,
  admitted: `from app.instance x join app.budget b on b.team_id = x.team_id and b.account_id = x.id and b.unit = 'steps' and b.granted > b.spent where x.team_id = $1 and x.goal_id = $2 and x.state = 'running'`,
  unchecked: `${OF_GOAL('review')} and x.decided_at is null and not exists (select from app.check_run c where c.team_id = x.team_id and c.draft_id = x.draft_id)`,
  unjudged: `${OF_GOAL('review')} and x.decided_at is null and exists (select from app.check_run c where c.team_id = x.team_id and c.draft_id = x.draft_id)`,
  unasked: `from app.deliverable x where x.team_id = $1 and x.goal_id = $2 and not exists (select from app.approval a where a.team_id = x.team_id and a.deliverable_id = x.id)`,
  unfollowed: `from app.approval x join app.goal g on g.team_id = x.team_id and g.id = x.goal_id where x.team_id = $1 and x.goal_id = $2 and x.state = 'approved' and g.state = 'proposed'`,
  granted: `from app.approval x where x.team_id = $1 and x.goal_id = $2 and x.state = 'approved' and not exists (select from app.effect e where e.team_id = x.team_id and e.approval_id = x.id)`,
  pushing: `from app.effect x where x.team_id = $1 and x.goal_id = $2 and x.state = 'started' and x.attempts > 0`,
  unsent: `from app.outbox x where x.team_id = $1 and x.published_at is null and $2::uuid is not null`,
  unsigned: `from audit.entry x where x.team_id = $1 and $2::uuid is not null and x.seq >= coalesce((select max(c.size) from audit.checkpoint c where c.team_id = x.team_id), 0)`,
  open: `from app.goal x where x.team_id = $1 and x.id = $2 and x.finished_at is null`,
  behind: `from app.task x where x.team_id = $1 and x.goal_id = $2 and x.state in ('todo', 'assigned', 'in_progress')`,
};
const QUERY = `select ${Object.entries(COUNTS).map(([name, from]) => `(select count(*)::int ${from}) as ${name}`).join(', ')}`;

/** What everybody has in hand for this goal now. */
export async function lookAtHands(stack: LocalStack, { team, id }: Pick<SubmittedGoal, 'team' | 'id'>): Promise<Facts> {
  const [facts] = await stack.sql<Facts>(QUERY, [team, id]);
  return facts!;
}
