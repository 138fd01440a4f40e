import type { ApprovalId } from '@countersign/contracts';
import type { Tries } from '../domain/resolve-effect.js';
import type { Receipt } from './performer.js';
import type { Performing } from './postgres/effect-store.js';

/** Tries, and what the target answered where it says by itself that it has it. */
export type Attempted = Tries & { readonly receipt?: Receipt; /** The last act is this run's own. */ readonly own?: boolean };
/** What a target said to an act of this process. */
export type Answer = Attempted & { readonly effect: Performing };

/** So many, because the database may be away for long. */
const MOST = 1_000;

/** Answers that no row has yet: the database may go away between an answer and its row, and nobody can ask a mail server again what it said. */
export class Heard {
  private readonly answers = new Map<ApprovalId, Answer>();

  constructor(private readonly most = MOST) {}

  of(approvalId: ApprovalId): Answer | undefined {
    return this.answers.get(approvalId);
  }

  keep(answer: Answer): Answer {
    if (this.answers.size >= this.most) this.answers.delete(this.answers.keys().next().value!);
    this.answers.set(answer.effect.approval.id, answer);
    return answer;
  }

  forget(approvalId: ApprovalId): void {
    this.answers.delete(approvalId);
  }
}
