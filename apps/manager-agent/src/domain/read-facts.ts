import { IN_HAND, isSettledTask, type MemberId } from '@countersign/contracts';
import { ImpossibleFactsError } from './errors.js';
import type { DeliverableFacts, DraftFacts, GoalFacts, RunFacts, TaskFacts } from './facts.js';

/** Whose work it is; what is in somebody's hands has an owner. */
export function ownerOf({ memberId }: TaskFacts): MemberId {
  if (memberId === null) throw new ImpossibleFactsError('work in hand that nobody owns');
  return memberId;
}

/** Runs that belong to the task's present assignment: its round, and not of an epoch before it was handed on. */
export const currentRuns = (task: TaskFacts): readonly RunFacts[] => task.runs.filter((run) => run.round === task.round && run.epoch >= task.epoch);

/** The draft of this round that nobody has judged. One handed in just before a suspension counts: it was in time. */
export const openDraft = (task: TaskFacts): DraftFacts | undefined =>
  task.drafts.filter((draft) => draft.round === task.round && draft.state === 'submitted' && (draft.review?.decision ?? null) === null).at(-1);

/** The draft that this round's review approved; the epoch does not matter, it was judged. */
export const approvedDraft = (task: TaskFacts): DraftFacts | undefined => task.drafts.filter((draft) => draft.round === task.round && draft.review?.decision === 'approved').at(-1);

export const latestDeliverable = (facts: GoalFacts): DeliverableFacts | undefined => facts.deliverables.at(-1);

export const isSettled = ({ state }: TaskFacts): boolean => isSettledTask(state);

/** What it builds on is there, or was left out. */
export const isReady = ({ dependsOn }: TaskFacts, { tasks }: GoalFacts): boolean => tasks.filter(({ id }) => dependsOn.includes(id)).every(isSettled);

/** Nothing more is to be said about it either: nobody is asked to review it. */
export const isReviewed = (task: TaskFacts): boolean => isSettled(task) && task.review.state !== 'review';

/** Internal delegation hangs on a precedent that is in force, and on what that hangs on: without one, work is planned and stays where it is. */
export const mayDelegate = ({ precedents }: GoalFacts): boolean => precedents.length > 0;

/** Nothing is handed out either of what is only planned, or that a person coordinates and has not delegated. What is under way is judged all the same. */
export const mayHandOut = (facts: GoalFacts): boolean => mayDelegate(facts) && facts.goal.mode !== 'plan';

/** A supervisor works on something of the goal, and renews its lease. */
export const isAttended = ({ tasks }: GoalFacts): boolean => tasks.some(({ runs }) => runs.some(({ state, held }) => state === 'running' && held));

/** Work of the goal has been queued for so long at least, and the fleet is busy with what others want: its turn comes by itself. */
export const waitsItsTurn = (facts: GoalFacts, ms = 0): boolean => facts.fleetAtWork && !isAttended(facts) && facts.tasks.some((task) => !isSettled(task) && isQueued(currentRuns(task).at(-1), ms));
const isQueued = (run: RunFacts | undefined, ms: number): boolean => run?.state === 'queued' && run.queuedMs >= ms && run.queuedMs < LONGEST_TURN_MS;

/** No queue is so long: what still waits then is not taken for another reason, which a person has to find. */
export const LONGEST_TURN_MS = 24 * 3_600_000;

/** As many have work of the goal in hand as may at a time. */
export const allHandsFull = ({ goal: { workers }, tasks }: GoalFacts): boolean => workers !== null && tasks.filter(({ state }) => IN_HAND.includes(state)).length >= workers;

/** Rounds taken since the task's work last reached the goal's branch: a person's wish for changes, or answer to a blocked task, starts the count again. */
export function roundsUsed(task: TaskFacts): number {
  const settled = task.drafts.filter((draft) => draft.round < task.round && (draft.state === 'committed' || isEmptyApproved(draft))).map(({ round }) => round);
  return task.round - Math.max(task.roundsFrom, ...settled);
}

/** A draft without files needs no commit: its approval is all there is to it. */
export const isEmptyApproved = (draft: DraftFacts): boolean => draft.files.length === 0 && draft.review?.decision === 'approved';

/** Drafts whose files are on the goal's branch, in the order in which they got there. */
export function committedDrafts(facts: GoalFacts): (DraftFacts & { readonly task: TaskFacts })[] {
  const drafts = facts.tasks.flatMap((task) => task.drafts.filter(({ state }) => state === 'committed').map((draft) => ({ ...draft, task })));
  return drafts.sort((a, b) => compare(a.committedAt ?? '', b.committedAt ?? '') || compare(a.id, b.id));
}

/** An earlier round of it is on the goal's branch: later work stands on that, so it is not taken out again. */
export const hasCommitted = ({ drafts }: TaskFacts): boolean => drafts.some(({ state, files }) => state === 'committed' && files.length > 0);

/** What is said of a task that a person left out all the same. */
export const staysNote = ({ title }: TaskFacts): string => `"${title}" was left out; what it had changed before is on the goal's branch and stays.`;

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
