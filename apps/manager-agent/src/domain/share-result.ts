import { firstOf, type TaskId } from '@countersign/contracts';
import type { GoalFacts, TaskFacts } from './facts.js';
import { approvedDraft, isSettled } from './read-facts.js';

const MOST_FILES = 50;
const MOST_SUMMARY = 2_000;

/** What the manager shares with whoever does one task: the result of another that it builds on. */
export interface SharedResult {
  readonly from: TaskId;
  readonly to: TaskId;
  readonly name: string;
  readonly content: string;
}

/** Whoever does what depends on a task is told what came of it: the words of its approved draft, and which files are there now. */
export function resultsOf(task: TaskFacts, { tasks }: Pick<GoalFacts, 'tasks'>): SharedResult[] {
  const draft = approvedDraft(task);
  const files = draft?.files ?? [];
  if (!draft) return [];
  const lines = files.slice(0, MOST_FILES).map(({ path, deleted }) => `- ${path}${deleted ? ' (deleted)' : ''}`);
  const more = files.length > MOST_FILES ? [`- and ${files.length - MOST_FILES} more`] : [];
  const content = [`"${task.title}" is done. Whoever did it says: ${firstOf(draft.summary, MOST_SUMMARY)}`, ...(lines.length > 0 ? ['Files:', ...lines, ...more] : [])].join('\n');
  return tasks.filter((other) => other.dependsOn.includes(task.id) && !isSettled(other)).map(({ id }) => ({ from: task.id, to: id, name: firstOf(`Result: ${task.title}`, 200), content }));
}
