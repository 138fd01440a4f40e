import { comesToNothing, CUSTOMER_NOTE, type ApprovalId, type LineCommentView } from '@countersign/contracts';
import type { Action } from './actions.js';
import type { DeliverableFacts, GoalFacts, TaskFacts } from './facts.js';
import { proposeGoal } from './propose.js';
import { latestDeliverable } from './read-facts.js';

/**
 * What the world outside decided about a proposed goal: the person (approve, deny, ask for changes), time (expired), a
 * suspension (withdrawn) or the executor (executed, failed, refused). Undefined while there is nothing to follow.
 */
export function moveGoal(facts: GoalFacts): Action | undefined {
  const { state } = facts.goal;
  if (state === 'changes_requested') return startOver(facts);
  if (state !== 'proposed' && state !== 'executing') return undefined;
  const latest = latestDeliverable(facts);
  if (!latest?.approval) return undefined;
  return followEffect(facts, latest) ?? followApproval(facts, latest.approval.id, latest.approval.state, latest.approval.reason);
}

function followEffect(facts: GoalFacts, { approval, effect }: DeliverableFacts): Action | undefined {
  if (!effect) return undefined;
  const { state } = facts.goal;
  if (state === 'proposed') return executing(approval!.id);
  const code = effect.code ?? effect.state;
  switch (effect.state) {
    case 'executed':
      return move('done', 'effect_executed', 'Done: what was approved is out.', approval!.id);
    case 'failed':
    case 'refused':
      return comesToNothing(code) ? proposeGoal(facts) : move('failed', code, failureSentence(effect.state, code), approval!.id);
    case 'started':
    case 'unknown':
      return undefined;
  }
}

function followApproval(facts: GoalFacts, id: ApprovalId, approval: string, reason: string | null): Action | undefined {
  const proposed = facts.goal.state === 'proposed';
  if (approval === 'withdrawn') return proposeGoal(facts);
  if (!proposed) return undefined;
  switch (approval) {
    case 'approved':
      return executing(id);
    case 'denied':
      return move('denied', 'denied', 'A person said no. Nothing was published.', id);
    case 'expired':
      return move('expired', 'expired', 'Nobody decided in time, and silence is not consent. Nothing was published.', id);
    case 'changes_requested':
      return move('changes_requested', 'changes_requested', reason ?? '', id);
    default:
      return undefined;
  }
}

/** Reopens the work a person wants changed, one task per call, then lets the goal run again. */
function startOver(facts: GoalFacts): Action {
  const redoable = facts.tasks.filter((task) => task.redoable);
  const affected = redoable.length > 0 ? redoable : facts.tasks;
  const next = affected.find(({ state }) => state === 'done');
  if (next) return { do: 'reopen', task: next.id, notes: wishesFor(next, affected, latestDeliverable(facts)) };
  return move('running', 'changes_requested', 'The customer asked for changes; the team is working on them.');
}

/** The person's words, and each remark on a line at whoever made the file; a remark that is on nobody's file goes to all. */
function wishesFor(task: TaskFacts, affected: readonly TaskFacts[], deliverable: DeliverableFacts | undefined): string[] {
  const { reason, comments } = deliverable?.approval ?? { reason: '', comments: [] };
  const mine = comments.filter(({ path }) => touches(task, path) || !affected.some((other) => touches(other, path)));
  return [`${CUSTOMER_NOTE}${reason ?? ''}`, ...mine.map(lineNote)];
}

const touches = (task: TaskFacts, path: string): boolean => task.drafts.some(({ files }) => files.some((file) => file.path === path));

const lineNote = ({ path, line, side, text, quote }: LineCommentView): string => `${CUSTOMER_NOTE}${path}:${line}${side === 'before' ? ' as it was' : ''}, at "${quote.trim()}": ${text}`;

const executing = (approval: ApprovalId): Action => move('executing', 'approved', 'Approved. The effect is being carried out.', approval);

const move = (to: (Action & { do: 'move-goal' })['to'], code: string, note: string, approval?: ApprovalId): Action => ({
  do: 'move-goal',
  to,
  code,
  note,
  ...(approval === undefined ? {} : { approval }),
});

/** Plain words for the codes a person is likely to meet; the code itself stands in the chain. */
const SENTENCES: Readonly<Record<string, string>> = {
  remote_moved: 'Somebody else changed the branch on the remote in the meantime, so nothing was pushed.',
  branch_checked_out: 'The branch is checked out in the remote repository, so nothing was pushed there.',
  digest_mismatch: 'The stored files are no longer the ones that were approved, so nothing was published.',
  push_rejected: 'The remote refused the push.',
  remote_silent: 'Where it should go gave no answer, so nothing was sent there.',
  post_refused: 'The receiver answered that it does not take it.',
  mail_refused: 'The mail server refused the message, or one of its recipients; nobody got it.',
  mail_deferred: 'The mail server asked to come again, until there was no time left; nobody got it.',
  mail_unreachable: 'The mail server could not be reached; nobody got it.',
  host_unreachable: 'The receiver could not be reached, so it did not take effect.',
  address_not_public: 'The receiver’s name leads to an address that is not public, so it did not take effect.',
  effect_not_allowed: 'The operator lets nothing of the kind leave for this customer, so it did not take effect.',
  host_not_allowed: 'The operator does not let webhooks go to this host, so it did not take effect.',
  remote_not_allowed: 'The operator does not let this customer’s work be pushed there, so nothing was pushed.',
  recipient_not_allowed: 'The operator does not let e-mails go to one of the recipients, so it did not take effect.',
  settled_by_person: 'A person has found out that it did not happen.',
  not_there: 'The outcome was unknown; another look showed that it did not happen.',
  target_exists: 'The folder to publish to exists already with other content, so nothing was published.',
};

function failureSentence(state: 'failed' | 'refused', code: string): string {
  return SENTENCES[code] ?? (state === 'refused' ? `The effect was refused (${code}). Nothing was published.` : `The effect failed (${code}).`);
}
