import type { Action, AssignReason } from './actions.js';
import type { DraftFacts, GoalFacts, RunFacts, TaskFacts } from './facts.js';
import { CUSTOMER_NOTE } from './move-goal.js';
import { allHandsFull, approvedDraft, currentRuns, isEmptyApproved, isSettled, openDraft, roundsUsed } from './read-facts.js';
import { MAX_ROUNDS, reviewDraft } from './review-draft.js';
import { followReview } from './review-task.js';

/** The next thing one task needs; undefined while it waits for somebody else. */
export function workTask(task: TaskFacts, facts: GoalFacts): Action | undefined {
  switch (task.state) {
    case 'todo':
      return start(task, facts);
    case 'assigned':
    case 'in_progress':
      return followRuns(task);
    case 'review':
      return judge(task);
    case 'approved':
      return settle(task);
    case 'done':
      return followReview(task, facts);
    default:
      return undefined;
  }
}

function start(task: TaskFacts, facts: GoalFacts): Action | undefined {
  const ready = facts.tasks.filter(({ id }) => task.dependsOn.includes(id)).every(isSettled);
  if (!ready || task.memberId === null || allHandsFull(facts)) return undefined;
  if (!task.memberActive) return { do: 'block-task', task: task.id, notes: ['The member who would do this is suspended or gone.'] };
  return { do: 'assign', task: task.id, round: task.round + 1, notes: task.notes, why: 'first' };
}

function followRuns(task: TaskFacts): Action | undefined {
  const draft = openDraft(task);
  if (draft) return { do: 'request-checks', task: task.id, draft: draft.id };
  const runs = currentRuns(task);
  if (task.state === 'assigned' && runs.some(({ state }) => state === 'running')) return { do: 'begin', task: task.id };
  const last = runs.at(-1);
  const over = last !== undefined && runs.every(({ state }) => state === 'failed' || state === 'stopped');
  return over ? again(task, 'failure', [runNote(last, runs.length)]) : undefined;
}

function judge(task: TaskFacts): Action | undefined {
  const draft = openDraft(task);
  const verdict = draft && reviewDraft(task.criteria, draft.checks, roundsUsed(task));
  if (!draft || !verdict) return undefined;
  const notes = verdict.decision === 'approved' ? [] : verdict.notes;
  return { do: 'decide', task: task.id, draft: draft.id, decision: verdict.decision === 'approved' ? 'approved' : 'revise', notes };
}

/** A judged draft that was sent back: the next round, or the end of patience. */
export const afterRevise = (task: TaskFacts, notes: readonly string[]): Action => again(task, 'review', notes);

function settle(task: TaskFacts): Action | undefined {
  const draft = approvedDraft(task);
  if (!draft) return undefined;
  if (draft.state === 'committed' || isEmptyApproved(draft)) return { do: 'finish-task', task: task.id };
  return draft.state === 'conflict' ? again(task, 'conflict', [conflictNote(draft)]) : undefined;
}

/** Another round with notes, or the task goes to the customer as blocked with them. A person's wish stays among the notes. */
function again(task: TaskFacts, why: AssignReason, fresh: readonly string[]): Action {
  const notes = [...task.notes.filter((note) => note.startsWith(CUSTOMER_NOTE)), ...fresh];
  if (roundsUsed(task) >= MAX_ROUNDS || !task.memberActive) return { do: 'block-task', task: task.id, notes };
  return { do: 'assign', task: task.id, round: task.round + 1, notes, why };
}

function runNote(run: RunFacts, attempts: number): string {
  const tries = attempts === 1 ? 'The attempt' : `All ${attempts} attempts`;
  return `${tries} ended without a draft: ${run.code ?? 'stopped'}${run.detail ? `. ${run.detail.slice(0, 500)}` : ''}`;
}

const conflictNote = (draft: DraftFacts): string => `Other work changed the same file first (${draft.files.map(({ path }) => path).slice(0, 3).join(', ')}); the draft has to start from the newer version.`;
