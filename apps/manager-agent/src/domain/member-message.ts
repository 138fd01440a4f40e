import type { MemberId } from '@countersign/contracts';
import type { Teammate } from './team-message.js';

/** More than a person writes in a minute by hand. */
export const MOST_A_MINUTE = 10;

export interface Written {
  readonly to?: MemberId;
  readonly text: string;
  /** Of the same kind and person to this team, within the last minute. */
  readonly lately: number;
  /** It goes with a stop, which nothing holds up. */
  readonly stopped?: boolean;
  /** The task it is about is one of the team's. */
  readonly taskKnown: boolean;
  /** It asks the member to end: whether that waits for an answer already, and whether any agent of it is there to answer. */
  readonly ends?: { readonly asked: boolean; readonly running: boolean } | undefined;
}
export type JudgedMessage =
  | { readonly ok: true; readonly recipients: readonly MemberId[] }
  | { readonly ok: false; readonly code: 'member_unknown' | 'manager_reads_no_mail' | 'nobody_there' | 'text_missing' | 'task_unknown' | 'message_rate_exceeded' | 'shutdown_pending' | 'member_not_running'; readonly message: string };

const no = (code: Extract<JudgedMessage, { ok: false }>['code'], message: string): JudgedMessage => ({ ok: false, code, message });

/** Whom a person's message goes to, or why it does not go: those who do the work. */
export function judgeWritten({ to, text, lately, stopped, taskKnown, ends }: Written, roster: readonly Teammate[]): JudgedMessage {
  if (text.trim() === '') return no('text_missing', 'A message says something.');
  if (!stopped && lately >= MOST_A_MINUTE) return no('message_rate_exceeded', `A person sends at most ${MOST_A_MINUTE} messages a minute; wait a little.`);
  if (!taskKnown) return no('task_unknown', 'The team has no such task.');
  const there = roster.filter(({ active, lead }) => active && !lead);
  // it goes by the rows of its goals, and nobody would ever have read it
  if (to !== undefined && roster.some(({ id, lead }) => lead && id === to)) return no('manager_reads_no_mail', 'The manager reads no mail: give it a goal, or write to who does the work.');
  if (ends?.asked) return no('shutdown_pending', 'It was asked to end, and has time to answer.');
  if (ends && !ends.running) return no('member_not_running', 'No agent of it is at work: there is nothing to end.');
  if (to !== undefined) return there.some(({ id }) => id === to) ? { ok: true, recipients: [to] } : no('member_unknown', 'The team has no active member of that id.');
  return there.length === 0 ? no('nobody_there', 'Nobody of the team is active.') : { ok: true, recipients: there.map(({ id }) => id) };
}
