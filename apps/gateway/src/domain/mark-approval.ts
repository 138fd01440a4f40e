import { maySpeak, refused, type Refused, type ShownFacts } from './decide-approval.js';

/** How long somebody else is rung first, when a person escalates. */
export type EscalatedTo = 'substitute' | 'governor';

export interface MarkFacts extends ShownFacts {
  /** From the body; undefined: not said. */
  readonly until: Date | undefined;
  /** Somebody escalated it, or the platform's governors were told. */
  readonly escalated: boolean;
  /** Somebody else decides in a person's stead, and can be reached. */
  readonly hasSubstitute: boolean;
  /** What was asked back about this request so far. */
  readonly questions: number;
}
export type Mark = { readonly kind: 'deferred'; readonly until: Date } | { readonly kind: 'escalated'; readonly to: EscalatedTo } | { readonly kind: 'asked' };
export type MarkVerdict = { readonly outcome: 'marked'; readonly mark: Mark } | Refused;

export const MOST_QUESTIONS = 20;
const marked = (mark: Mark): MarkVerdict => ({ outcome: 'marked', mark });

/**
 * May this person put the request off, escalate it or ask back, now? It stays open and its deadline stays where it is.
 *
 * Whoever may decide may mark, on a device of their own; what is over, or waits for its decision to take effect, takes no mark.
 */
export function markApproval(facts: MarkFacts): MarkVerdict {
  return maySpeak(facts) ?? isPending(facts) ?? theMark(facts);
}

const isPending = ({ approval }: MarkFacts): Refused | undefined => (approval.state === 'pending' ? undefined : refused('already_decided', 'this was decided already'));

function theMark(facts: MarkFacts): MarkVerdict {
  switch (facts.request.decision) {
    case 'defer':
      return defer(facts);
    case 'escalate':
      return facts.escalated ? refused('already_escalated', 'it was escalated already') : marked({ kind: 'escalated', to: facts.hasSubstitute ? 'substitute' : 'governor' });
    case 'ask':
      return ask(facts);
    default:
      return refused('decision_not_offered', 'this is no mark');
  }
}

function defer({ until, now, approval }: MarkFacts): MarkVerdict {
  if (until === undefined || Number.isNaN(until.getTime())) return refused('until_missing', 'say until when it is put off');
  if (until.getTime() <= now.getTime()) return refused('until_past', 'it can only be put off until a time that is to come');
  if (until.getTime() >= approval.dueAt.getTime()) return refused('defer_past_due', 'it can only be put off until before it is due: its deadline stays');
  return marked({ kind: 'deferred', until });
}

function ask({ request, questions }: MarkFacts): MarkVerdict {
  if (request.reason.trim() === '') return refused('reason_missing', 'write what the team is to answer');
  return questions >= MOST_QUESTIONS ? refused('questions_exhausted', `${MOST_QUESTIONS} questions were asked about it already: decide, or request changes`) : marked({ kind: 'asked' });
}
