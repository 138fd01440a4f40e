import { shorten, type DeliverableFile } from '@countersign/contracts';
import type { CheckFacts, DraftFacts, GoalFacts, TaskFacts } from './facts.js';
import { approvedDraft } from './read-facts.js';

const MOST_CHARS = 4_000;
const MOST_PATHS = 5;
/** It is asked what is shared, of whichever name. */
const SHARED = /\bshare[sd]?\b/i;
const CHECKS = /\b(?:checks?|tests?|tested|green|fail\w*|pass\w*|verif\w*|prove[nds]?)\b/i;

/**
 * The manager's answer to what a person asks about a proposal: from the goal's records alone, and it says so.
 *
 * A file that the question names is answered by who made it and how, a text that the team shares by who had it; a question about checks by their outcomes; anything else
 * by what was done. It asks for nothing: whether to say yes is the person's.
 */
export function answerQuestion({ goal, tasks }: Pick<GoalFacts, 'goal' | 'tasks'>, question: string, shared: readonly SharedText[] = []): string {
  const made = madeBy(tasks);
  const parts = [...aboutPaths(made, question), ...aboutShared(SHARED.test(question) ? shared : textsNamed(shared, question))];
  if (CHECKS.test(question)) parts.push(aboutChecks(made));
  if (parts.length === 0) parts.push(`The goal was: ${oneLine(goal.text, 300)}`, ...made.map(({ task, draft }) => aboutWork(task, draft)), aboutChecks(made));
  parts.push('This is what the records of the goal say; I know nothing beside them. Request changes if it should be different.');
  return asOne(parts);
}

/** What the records say of files and shared texts that are named, and of nothing else: whatever else is asked is for a person. Undefined: they say nothing of it. */
export function fromRecords({ tasks }: Pick<GoalFacts, 'tasks'>, question: string, shared: readonly SharedText[]): string | undefined {
  const parts = [...aboutPaths(madeBy(tasks), question), ...aboutShared(textsNamed(shared, question))];
  return parts.length === 0 ? undefined : asOne(parts);
}

function asOne(parts: readonly string[]): string {
  return shorten(parts.filter((part) => part !== '').join('\n'), MOST_CHARS);
}

const madeBy = (tasks: GoalFacts['tasks']): Made[] =>
  tasks.flatMap((task) => {
    const draft = approvedDraft(task);
    return draft ? [{ task, draft }] : [];
  });

/** What members had with their work: all of them, or whoever does one task. */
export interface SharedText {
  readonly name: string;
  readonly version: number;
  readonly task: string | null;
}

interface Made {
  readonly task: TaskFacts;
  readonly draft: DraftFacts;
}

/** Of files named by their path or by their name alone. */
function aboutPaths(made: readonly Made[], question: string): string[] {
  const named = made.flatMap(({ task, draft }) => draft.files.filter(({ path }) => names(question, path)).map((file) => ({ task, draft, file })));
  return named.slice(0, MOST_PATHS).map(({ task, draft, file }) => `${file.path} was ${file.deleted ? 'deleted' : 'written'} for "${task.title}" in round ${draft.round}. Whoever did it says: ${oneLine(draft.summary, 400)}`);
}

const names = (question: string, path: DeliverableFile['path']): boolean => says(question, path) || wordsOf(question).includes(path.slice(path.lastIndexOf('/') + 1));
/** A name may end a sentence. */
const wordsOf = (question: string): string[] => question.split(/[^\w./-]+/).map((word) => word.replace(/[./-]+$/, ''));

const LETTER = '[\\p{L}\\p{M}\\p{N}_]';
/** Whether the question says it in whole words: "category" does not name what is called "go". */
const says = (question: string, name: string, more = ''): boolean => new RegExp(`(?<!${LETTER})${name.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&')}(?!${LETTER})`, `u${more}`).test(question);

const textsNamed = (shared: readonly SharedText[], question: string): readonly SharedText[] => shared.filter(({ name }) => says(question, name, 'i'));

const aboutShared = (shared: readonly SharedText[]): string[] =>
  shared.slice(0, MOST_PATHS).map(({ name, version, task }) => `"${oneLine(name, 100)}", version ${version}, is shared with ${task === null ? 'the whole team' : `whoever does "${oneLine(task, 100)}"`}, who get it with their work.`);

const aboutWork = ({ title }: TaskFacts, { summary, round, files }: DraftFacts): string => `"${title}", round ${round}, ${files.length} files. Whoever did it says: ${oneLine(summary, 400)}`;

function aboutChecks(made: readonly Made[]): string {
  const lines = made.flatMap(({ task, draft }) => draft.checks.map((check) => `${task.title}: ${outcome(check)}`));
  return lines.length === 0 ? 'No check was asked for, so none was run.' : `Checks that were run in a sandbox on the drafts:\n${lines.join('\n')}`;
}

const outcome = ({ criterion, passed, exitCode }: CheckFacts): string => `${criterion} ${passed ? 'passed' : `failed (${exitCode === null ? 'it did not finish' : `exit code ${exitCode}`})`}`;

function oneLine(text: string, max: number): string {
  const line = text.trim().replaceAll(/\s+/g, ' ');
  return shorten(line, max);
}
