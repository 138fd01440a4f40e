import { IN_HAND, type MemberId } from '@countersign/contracts';
import type { GoalFacts, MemberFacts, TaskFacts } from './facts.js';

/** `busy`: who could do it has as much in hand as one may have. `nobody`: there is no such member. */
export type Choice = MemberFacts | 'busy' | 'nobody';

/**
 * Who is given a task: of those who can do it the one with the least in hand; where that decides nothing, who was given the
 * fewest lately; then whose first skill it is, else the first of the list. Nobody is given what was taken from them, or more than one may have in hand.
 */
export function chooseMember(facts: GoalFacts, task: TaskFacts, except: readonly MemberId[] = task.takenFrom): Choice {
  const able = ableTo(facts.members, task.skill).filter(({ id }) => !except.includes(id));
  if (able.length === 0) return 'nobody';
  const free = able.map((member) => ({ member, load: loadOf(facts, member, task) })).filter(({ load }) => load < facts.coordination.mostTasksPerMember);
  const inTurn = (a: (typeof free)[number], b: (typeof free)[number]): number => a.load - b.load || a.member.given - b.member.given || standsIn(a.member, task) - standsIn(b.member, task);
  return free.toSorted(inTurn)[0]?.member ?? 'busy';
}

/** Who begins it: whom a person gave a task of their own to, or whose work was sent back, while they are there; else whoever is chosen. */
export function doerOf(facts: GoalFacts, task: TaskFacts): Choice {
  const theirs = task.key === task.id || task.round > 0 || task.review.state === 'needs_fix';
  const own = theirs ? ableTo(facts.members, task.skill).find(({ id }) => id === task.memberId) : undefined;
  if (!own) return chooseMember(facts, task);
  return loadOf(facts, own, task) < facts.coordination.mostTasksPerMember ? own : 'busy';
}

const standsIn = ({ skill }: MemberFacts, task: TaskFacts): number => (skill === task.skill ? 0 : 1);

type Able = Pick<MemberFacts, 'skill' | 'others' | 'active' | 'suspended'>;
/** Who can do such work now. Whoever stands in has the agent of whose skill it is: while that one is suspended, nobody does (S4-91). */
export const ableTo = <Member extends Able>(members: readonly Member[], wanted: string): Member[] =>
  members.some(({ skill, suspended }) => suspended && skill === wanted) ? [] : members.filter((member) => member.active && can(member, wanted));

export const can = ({ skill, others }: Pick<MemberFacts, 'skill' | 'others'>, wanted: string): boolean => skill === wanted || others.includes(wanted);

/** What a member has in hand, in this goal and elsewhere, beside the task. */
const loadOf = ({ tasks }: GoalFacts, { id, elsewhere }: MemberFacts, task: TaskFacts): number =>
  elsewhere + tasks.filter((other) => other.id !== task.id && other.memberId === id && IN_HAND.includes(other.state)).length;
