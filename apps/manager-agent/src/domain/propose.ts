import { firstOf, sentPaths, shorten, withoutUnseen, type DeliverableCheck, type DeliverableFile, type Effect, type OutgoingEffect } from '@countersign/contracts';
import type { Action } from './actions.js';
import { ImpossibleFactsError } from './errors.js';
import type { GoalFacts, Proposal } from './facts.js';
import { approvedDraft, committedDrafts, hasCommitted, latestDeliverable, staysNote } from './read-facts.js';

const DEFAULT_AUTHOR = { name: 'Countersign', email: 'countersign@localhost' };
const SUBJECT_CHARS = 72;
const SUMMARY_CHARS = 2000;

/**
 * Offers the goal's result for approval, or ends the goal where nothing had to change.
 *
 * Files are the final state per path of everything on the goal's branch; the commit's author, date and message are fixed
 * here, so that whoever carries the approval out makes the same commit id.
 */
export function proposeGoal(facts: GoalFacts): Action {
  const { outgoing } = facts.goal;
  const made = finalFiles(facts);
  const files = filesOf(facts, made);
  if (outgoing && files.length < sentPaths(outgoing).length) return { do: 'move-goal', to: 'failed', code: 'effect_file_missing', note: missingNote(outgoing, files) };
  if (files.length === 0) return { do: 'move-goal', to: 'done', code: 'nothing_to_change', note: NOTHING };
  const revision = (latestDeliverable(facts)?.revision ?? 0) + 1;
  const proposal: Proposal = { summary: summaryOf(facts), effect: effectOf(facts, revision), files, checks: checksOf(facts) };
  return { do: 'propose', revision, proposal };
}

const NOTHING = 'Done: the team found nothing to change, so there was nothing to approve.';

/** What becomes of the goal's files: a push deletes some, what is published is what there is. */
function filesOf({ goal: { outgoing, effectKind } }: GoalFacts, made: readonly DeliverableFile[]): readonly DeliverableFile[] {
  if (outgoing) return filesFor(outgoing, made);
  return effectKind === 'file.publish' ? made.filter(({ deleted }) => !deleted) : made;
}

/** What leaves for other people is what the person named, and nothing else of the work. */
const filesFor = (effect: OutgoingEffect, made: readonly DeliverableFile[]): DeliverableFile[] => made.filter(({ path, deleted }) => !deleted && sentPaths(effect).includes(path));

function missingNote(effect: OutgoingEffect, files: readonly DeliverableFile[]): string {
  const missing = sentPaths(effect).filter((path) => !files.some((file) => file.path === path));
  return firstOf(`The team has not made what was to be sent: ${missing.join(', ')}. Nothing was sent.`, 4000);
}

/** Per path, what its last commit left, and which was the first: in order of path. Of a file that the goal made and deleted again nothing is left, and nothing stood there. */
function finalFiles(facts: GoalFacts): DeliverableFile[] {
  const paths = new Map<string, { readonly file: DeliverableFile; readonly stood: boolean }>();
  for (const { files } of committedDrafts(facts)) {
    for (const { id, replaces, ...file } of files) {
      const before = paths.get(file.path);
      paths.set(file.path, { file: { artifactId: id, ...file, ...(before && { firstId: before.file.firstId ?? before.file.artifactId }) }, stood: before?.stood ?? replaces });
    }
  }
  const left = [...paths.values()].filter(({ file, stood }) => stood || !file.deleted);
  return left.map(({ file }) => file).sort((a, b) => (a.path < b.path ? -1 : 1));
}

function effectOf(facts: GoalFacts, revision: number): Effect {
  const { id, repository, effectKind, outgoing, author } = facts.goal;
  if (outgoing) return outgoing;
  if (effectKind === 'file.publish') return { kind: 'file.publish', folder: `goal-${id}-${revision}` };
  const tree = committedDrafts(facts).findLast((draft) => draft.files.length > 0)?.tree;
  if (!tree) throw new ImpossibleFactsError('a committed draft without a tree');
  const { mirror, base, remote, branch } = repository;
  const commit = { author: author ?? DEFAULT_AUTHOR, date: facts.now, message: commitMessage(facts, revision) };
  return { kind: 'git.push', mirror, remote, branch, base, tree, commit, expectedHead: null };
}

/** The person's words and the plan's, none of the agents': it is pushed, and a remote may act on what stands in it. Nothing in it is unseen. */
function commitMessage(facts: GoalFacts, revision: number): string {
  const parts = committedDrafts(facts).filter(({ files }) => files.length > 0);
  const body = [...new Set(parts.map(({ task }) => `- ${withoutUnseen(oneLine(task.title, 300))}`))];
  return `${withoutUnseen(oneLine(facts.goal.text, SUBJECT_CHARS))}\n\n${body.join('\n')}\n\nCountersign-Team: ${facts.team.id}\nCountersign-Goal: ${facts.goal.id}\nCountersign-Revision: ${revision}\n`;
}

/** What the agents say about their work: shown as theirs, never used to decide. */
function summaryOf(facts: GoalFacts): string {
  const lines = facts.tasks.flatMap((task) => {
    if (task.state === 'cancelled') return hasCommitted(task) ? [staysNote(task)] : [];
    const draft = approvedDraft(task);
    return draft ? [`${task.title}: ${oneLine(draft.summary, 400)}`] : [];
  });
  return firstOf(lines.join('\n'), SUMMARY_CHARS);
}

function checksOf(facts: GoalFacts): DeliverableCheck[] {
  return facts.tasks.flatMap((task) => {
    const draft = approvedDraft(task);
    if (!draft) return [];
    return task.criteria.map(({ id, kind }) => {
      const passed = draft.checks.find(({ criterion }) => criterion === id)?.passed ?? false;
      return { taskId: task.id, taskKey: task.key, draftId: draft.id, criterion: id, kind, passed };
    });
  });
}

/** First line only, control characters out, cut at a length with an ellipsis. */
function oneLine(text: string, max: number): string {
  const line = (text.trim().split('\n')[0] ?? '').replaceAll(/\p{Cc}+/gu, ' ').trim();
  return shorten(line, max);
}
