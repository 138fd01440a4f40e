import type { TaskState } from '@countersign/contracts';
import type { HelpdeskFacts, OpenGoal } from './facts.js';

/** `one goal`, `3 goals`. */
export const counted = (n: number, one: string, many = `${one}s`): string => (n === 0 ? `no ${many}` : n === 1 ? `one ${one}` : `${n} ${many}`);

export const sentence = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** `a, b and c`. */
export const listed = (items: readonly string[]): string => (items.length < 2 ? (items[0] ?? '') : `${items.slice(0, -1).join(', ')} and ${items.at(-1)}`);

const MINUTE_MS = 60_000;

/** `5 minutes ago`; never more exact than a person needs, never in the future. */
export function ago(since: Date, now: Date): string {
  const minutes = Math.max(0, Math.floor((now.getTime() - since.getTime()) / MINUTE_MS));
  if (minutes < 1) return 'less than a minute ago';
  if (minutes < 120) return `${counted(minutes, 'minute')} ago`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${counted(hours, 'hour')} ago` : `${counted(Math.floor(hours / 24), 'day')} ago`;
}

/** `20 November 2026, 14:20 UTC`. */
export function moment(at: Date): string {
  const day = at.toLocaleDateString('en-GB', { day: 'numeric', month: 'long', year: 'numeric', timeZone: 'UTC' });
  return `${day}, ${at.toISOString().slice(11, 16)} UTC`;
}

const WORDS: Readonly<Record<TaskState, string>> = {
  todo: 'not begun',
  assigned: 'handed out',
  in_progress: 'in work',
  review: 'in review',
  approved: 'approved inside the team',
  done: 'done',
  blocked: 'blocked',
  cancelled: 'cancelled',
};

/** `"Document the exports" (in work)`. */
const taskText = ({ title, state }: OpenGoal['tasks'][number]): string => `“${title}” (${WORDS[state]})`;

const MOST_TASKS = 8;

/** One line per unfinished goal: how many tasks, and each with its state. */
export function goalLines(goals: readonly OpenGoal[]): string[] {
  return goals.map(({ tasks }, index) => {
    const name = goals.length === 1 ? 'The unfinished goal' : `Unfinished goal ${index + 1}`;
    if (tasks.length === 0) return `${name} has no tasks yet.`;
    const more = tasks.length > MOST_TASKS ? ` and ${tasks.length - MOST_TASKS} more` : '';
    const done = tasks.filter(({ state }) => state === 'done').length;
    return `${name} has ${counted(tasks.length, 'task')}, ${done} of them done: ${tasks.slice(0, MOST_TASKS).map(taskText).join('; ')}${more}.`;
  });
}

/** The first sentence of most answers: which team, what state, since when. */
export const standing = ({ team, now }: HelpdeskFacts): string => `${team.name} has been suspended since ${moment(new Date(team.since))} (${ago(new Date(team.since), now)}).`;

export const reasonText = ({ team }: { readonly team: Pick<HelpdeskFacts['team'], 'reason'> }): string =>
  team.reason.trim() === '' ? 'No reason was written down with the suspension.' : `The reason written down with the suspension is: “${team.reason.trim()}”.`;

/** Whether anything is at work, by count and not by promise. */
export const restText = ({ running }: HelpdeskFacts): string =>
  running === 0 ? 'Nothing of the team is running.' : `${sentence(counted(running, 'process', 'processes'))} of the team ${running === 1 ? 'has' : 'have'} not been recorded as ended yet.`;
