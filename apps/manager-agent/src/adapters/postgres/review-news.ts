import { person, type Personal } from '@countersign/audit';
import { publish } from '@countersign/bus';
import { reviewAsked, type Actor, type ReviewAsked } from '@countersign/contracts';
import type { Tx } from '@countersign/database';
import type { GoalFacts } from '../../domain/facts.js';

export type ReviewAction = 'TASK-REVIEW-REQUESTED' | 'TASK-REVIEW-STARTED' | 'TASK-REVIEW-NUDGED' | 'TASK-REVIEW-APPROVED' | 'TASK-CHANGES-REQUESTED' | 'TASK-APPROVAL-REMOVED';
export interface ReviewBody {
  readonly request?: string;
  readonly reviewer?: Actor | null;
  readonly note?: string;
}

/** A member by its id; a person by a commitment to theirs. */
export function namedInRecord(actor: Actor): string | Personal {
  const [kind, id = ''] = actor.split(':');
  return kind === 'person' ? person(id) : id;
}

/** A person who is asked to review, or reminded, hears of it from the gateway; and all who govern, where nobody is left to be asked. */
export function tellReviewer(tx: Tx, { id: teamId, epoch }: GoalFacts['team'], reviewer: Actor | null, news: Pick<ReviewAsked, 'taskId' | 'request' | 'what'>): void {
  if (news.what === 'escalated' || reviewer?.startsWith('person:')) publish(tx, reviewAsked, { teamId }, { epoch, ...news });
}
