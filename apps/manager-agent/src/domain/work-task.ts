import { CUSTOMER_NOTE, CANCELLED_BY_PERSON, firstOf, NOT_THEIR_FAILURE, type ReassignReason } from '@countersign/contracts';
import type { Action } from './actions.js';
import { doerOf } from './choose-member.js';
import type { DraftFacts, GoalFacts, RunFacts, TaskFacts } from './facts.js';
import { ABSENT_NOTE, askAgain, handOver, takeFromAbsent, WAITS_NOTE } from './hand-over.js';
import { allHandsFull, approvedDraft, currentRuns, isEmptyApproved, isReady, openDraft, roundsUsed } from './read-facts.js';
import { NOTHING_ASKED_NOTE, reviewDraft } from './review-draft.js';
import { followReview } from './review-task.js';

const CANCELLED_NOTE = 'A person cancelled the agent that worked on this, so nobody else is given it: it goes on when a person says so.';
const FLAGGED_NOTE = 'The draft does what this member may not do, so it is not sent back: a person has to look at it.';

/** The next thing one task needs; undefined while it waits for somebody else. */
export function workTask(task: TaskFacts, facts: GoalFacts): Action | undefined {
  switch (task.state) {
    case 'todo':
      return start(task, facts);
    case 'assigned':
    case 'in_progress':
      return followRuns(task, facts);
    case 'review':
      return judge(task, facts);
    case 'approved':
      return settle(task, facts);
    case 'done':
      return followReview(task, facts);
    default:
      return undefined;
  }
}

function start(task: TaskFacts, facts: GoalFacts): Action | undefined {
  if (!isReady(task, facts) || task.memberId === null || allHandsFull(facts)) return undefined;
  if (task.criteria.length === 0) return { do: 'block-task', task: task.id, notes: [NOTHING_ASKED_NOTE, ...task.notes] };
  const chosen = doerOf(facts, task);
  if (chosen === 'busy') return undefined; // as soon as something of theirs is done
  if (chosen === 'nobody') return { do: 'block-task', task: task.id, notes: [ABSENT_NOTE] };
  const [notes, round] = [task.notes.filter((note) => note !== WAITS_NOTE), task.round + 1];
  if (chosen.id === task.memberId) return { do: 'assign', task: task.id, round, notes, why: 'first' };
  // begun by one who is gone since, it is taken from them; before, it was only planned for them
  return task.round > 0 ? { do: 'reassign', task: task.id, to: chosen.id, round, notes, why: 'absent' } : { do: 'assign', task: task.id, round, notes, why: 'first', member: chosen.id };
}

function followRuns(task: TaskFacts, facts: GoalFacts): Action | undefined {
  const draft = openDraft(task);
  if (draft) return { do: 'request-checks', task: task.id, draft: draft.id };
  if (!task.memberActive) return takeFromAbsent(task, facts);
  const runs = currentRuns(task);
  if (task.state === 'assigned' && runs.some(({ state }) => state === 'running')) return { do: 'begin', task: task.id };
  const last = runs.at(-1);
  const over = last !== undefined && runs.every(({ state }) => state === 'failed' || state === 'stopped');
  if (!over) return askAgain(task, facts);
  return last.code === CANCELLED_BY_PERSON ? { do: 'block-task', task: task.id, notes: [...task.notes, CANCELLED_NOTE] } : again(task, facts, 'failure', [runNote(last, runs.length)]);
}

function judge(task: TaskFacts, facts: GoalFacts): Action | undefined {
  const draft = openDraft(task);
  const verdict = draft && reviewDraft(task.criteria, draft.checks, roundsUsed(task), facts.conduct.work.rounds);
  if (!draft || !verdict) return undefined;
  const notes = verdict.decision === 'approved' ? [] : verdict.notes;
  return { do: 'decide', task: task.id, draft: draft.id, decision: verdict.decision === 'blocked' ? 'revise' : verdict.decision, notes };
}

/** A judged draft that was sent back: the next round, or the end of patience; one that was flagged has no next round. */
export const afterReview = (task: TaskFacts, facts: GoalFacts, decision: 'revise' | 'flag', notes: readonly string[]): Action =>
  decision === 'flag' ? { do: 'block-task', task: task.id, notes: [FLAGGED_NOTE, ...notes] } : again(task, facts, 'review', notes);

function settle(task: TaskFacts, facts: GoalFacts): Action | undefined {
  const draft = approvedDraft(task);
  if (!draft) return undefined;
  if (draft.state === 'committed' || isEmptyApproved(draft)) return { do: 'finish-task', task: task.id };
  return draft.state === 'conflict' ? again(task, facts, 'conflict', [conflictNote(draft)]) : undefined;
}

/**
 * Another round with notes, or the task goes to the customer as blocked with them. A person's wish stays among the notes. Who
 * failed gives way to another who can do it, where there is one that has time; who is gone, as soon as one has.
 */
function again(task: TaskFacts, facts: GoalFacts, why: 'review' | 'failure' | 'conflict', fresh: readonly string[]): Action {
  const notes = [...task.notes.filter((note) => note.startsWith(CUSTOMER_NOTE)), ...fresh];
  if (roundsUsed(task) >= facts.conduct.work.rounds) return { do: 'block-task', task: task.id, notes };
  const other = why === 'failure' || !task.memberActive ? handOver(task, facts, whyTaken(task), notes) : undefined;
  if (typeof other === 'object') return other;
  if (!task.memberActive) return other === 'busy' ? { do: 'hold', task: task.id, notes: [...notes, WAITS_NOTE] } : { do: 'block-task', task: task.id, notes };
  return { do: 'assign', task: task.id, round: task.round + 1, notes, why };
}

/** By the run's code: what was no failure of the member is not put down to them. */
function whyTaken(task: TaskFacts): ReassignReason {
  if (!task.memberActive) return 'absent';
  return NOT_THEIR_FAILURE.includes(currentRuns(task).at(-1)?.code ?? '') ? 'lost' : 'failed';
}

function runNote(run: RunFacts, attempts: number): string {
  const tries = attempts === 1 ? 'The attempt' : `All ${attempts} attempts`;
  return `${tries} ended without a draft: ${run.code ?? 'stopped'}${run.detail ? `. ${firstOf(run.detail, 500)}` : ''}`;
}

const conflictNote = (draft: DraftFacts): string => `Other work changed the same file first (${draft.files.map(({ path }) => path).slice(0, 3).join(', ')}); the draft has to start from the newer version.`;
