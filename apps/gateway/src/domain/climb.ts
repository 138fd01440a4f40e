import type { RingState } from '@countersign/contracts';
import { isUnreachable, nextRung, type Moment, type NextRung, type PersonFacts } from './next-rung.js';

export interface LadderFacts extends Moment {
  readonly people: readonly PersonFacts[];
  /** The platform's governors were told before. */
  readonly escalated: boolean;
  /** A person had it go on to these at once. */
  readonly hurried: 'substitute' | 'governor' | undefined;
}
export interface Climb {
  readonly moves: readonly { readonly personId: string; readonly move: Exclude<NextRung, { do: 'nothing' }> }[];
  /** To be told to the platform's governors now, and why. */
  readonly escalate: 'nobody_answered' | 'nobody_reachable' | undefined;
  /** When to look again, whatever else happens; undefined: nothing more comes by time alone. */
  readonly wakeAt: Date | undefined;
}

/** One look at the ladder of an open question: what is to be done for everybody now, and when to look again. */
export function climb(facts: LadderFacts): Climb {
  const { now, startedAt, plan, people, escalated, hurried } = facts;
  const of = (part: PersonFacts['part']) => people.filter((person) => person.part === part);
  const moves: { personId: string; move: Exclude<NextRung, { do: 'nothing' }> }[] = [];
  const waits: Date[] = [];
  const rungNow = new Set<string>();
  const look = (person: PersonFacts, atOnce: boolean): PersonFacts => {
    const after = settleNotes(rungNow.has(person.personId) ? { ...person, rungAt: [...person.rungAt, now] } : person, facts, atOnce, moves);
    const move = nextRung(after, facts, atOnce);
    if (move.do === 'ring' || (move.do === 'wait' && move.held)) moves.push({ personId: person.personId, move });
    if (move.do === 'wait' && move.until) waits.push(move.until);
    if (move.do === 'ring') rungNow.add(person.personId);
    return move.do === 'ring' ? withTry(after, move.rung, move.channel, 'ringing', now) : after;
  };
  const nobody = of('approver').map((person) => look(person, false)).every(isUnreachable);
  const noSubstitute = of('substitute').map((person) => look(person, nobody || hurried === 'substitute')).every(isUnreachable);
  const unreachable = nobody && noSubstitute;
  const escalationAt = startedAt.getTime() + plan.afterMs.escalation;
  const due = unreachable || hurried === 'governor' || escalationAt <= now.getTime();
  if (due) for (const person of of('governor')) look(person, unreachable || hurried === 'governor');
  else waits.push(new Date(escalationAt));
  return { moves, escalate: escalated || !due ? undefined : unreachable ? 'nobody_reachable' : 'nobody_answered', wakeAt: waits.sort((a, b) => a.getTime() - b.getTime())[0] };
}

/** Steps for which nobody is rung are noted at once, however many. */
function settleNotes(person: PersonFacts, facts: Moment, atOnce: boolean, moves: { personId: string; move: Exclude<NextRung, { do: 'nothing' }> }[]): PersonFacts {
  let known = person;
  for (let move = nextRung(known, facts, atOnce); move.do === 'note'; move = nextRung(known, facts, atOnce)) {
    moves.push({ personId: person.personId, move });
    known = withTry(known, move.rung, move.channel, move.state, facts.now);
  }
  return known;
}

const withTry = (person: PersonFacts, rung: PersonFacts['tried'][number]['rung'], channel: PersonFacts['tried'][number]['channel'], state: RingState, at: Date): PersonFacts => ({
  ...person,
  tried: [...person.tried.filter((one) => one.rung !== rung || one.channel !== channel), { rung, channel, state, at }],
});
