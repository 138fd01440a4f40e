import { MOST_CLARIFICATIONS, type AskedOf } from '@countersign/contracts';

/** Longer than this nobody is asked for: an agent that can wait for no time at all is not put to a person. */
const SHORTEST_MS = 1_000;

export interface Wondered {
  readonly question: string;
  readonly choices: readonly string[];
  readonly to?: AskedOf;
  /** So long the agent can wait. */
  readonly waitMs: number;
}
export interface AskingFacts {
  /** Questions about the task so far. */
  readonly asked: number;
  /** The agent waits for an answer already. */
  readonly waiting: boolean;
  /** By the bundle. */
  readonly answerMinutes: number;
  /** What a person answered to the same question about the task before. What the manager answered is not kept: its records may say more by now, and an agent that asks for a person was not content with it. */
  readonly before: string | undefined;
  /** What the manager's records say of it; undefined: nothing, or there is no manager. */
  readonly recorded: string | undefined;
}
export type JudgedClarification =
  /** `lead`: with the manager's `answer`, at once. `user`: put to a person instead, and why. */
  | { readonly ok: true; readonly of: AskedOf; readonly waitMs: number; readonly answer?: string; readonly reason?: 'not_in_records' | 'for_a_person' }
  | { readonly ok: false; readonly code: 'question_missing' | 'question_open' | 'questions_exhausted' | 'no_time_to_wait'; readonly message: string };

const no = (code: Extract<JudgedClarification, { ok: false }>['code'], message: string): JudgedClarification => ({ ok: false, code, message });

/** Whether the manager's records may answer it: they pick none of the choices that are offered, and know nothing of what only a person knows. */
export const isForRecords = ({ choices, to }: Pick<Wondered, 'choices' | 'to'>): boolean => to !== 'user' && choices.length === 0;

/**
 * Who answers what a member asks about its task. It comes to the manager, always: members do not write to people. What the manager's records say, it answers. The same question is not asked twice.
 * A question holds the customer's words: it waits for the customer's governors, also while a governor of the platform coordinates the team, who would not be shown it.
 */
export function judgeClarification(wondered: Wondered, facts: AskingFacts): JudgedClarification {
  const { question, to, waitMs } = wondered;
  const { asked, waiting, answerMinutes, before, recorded } = facts;
  if (question.trim() === '') return no('question_missing', 'A question asks something.');
  if (waiting) return no('question_open', 'This agent waits for an answer already; it asks one question at a time.');
  if (asked >= MOST_CLARIFICATIONS) return no('questions_exhausted', `${MOST_CLARIFICATIONS} questions were asked about this task; go on without.`);
  const most = Math.min(waitMs, answerMinutes * 60_000);
  if (before !== undefined) return { ok: true, of: 'lead', waitMs: most, answer: before };
  if (isForRecords(wondered) && recorded !== undefined) return { ok: true, of: 'lead', waitMs: most, answer: recorded };
  if (most < SHORTEST_MS) return no('no_time_to_wait', 'The agent has no time left to wait for an answer.');
  return { ok: true, of: 'user', waitMs: most, reason: to === 'user' ? 'for_a_person' : 'not_in_records' };
}

/** A question as it stands when a person answers it. */
export interface OpenClarification {
  readonly answered: boolean;
  readonly over: boolean;
  /** Whoever asked works on, and has not withdrawn it. */
  readonly waits: boolean;
}
export type AnswerRefused = { readonly ok: false; readonly code: 'question_answered' | 'question_over' | 'question_withdrawn' | 'text_missing' | 'message_rate_exceeded'; readonly message: string };

/** Why a person's answer does not go to who asked; undefined: it does. Each question is answered once, in time, and while somebody waits for it. */
export function refusesAnswer({ answered, over, waits }: OpenClarification, text: string, lately: number, mostAMinute: number): AnswerRefused | undefined {
  const refused = (code: AnswerRefused['code'], message: string): AnswerRefused => ({ ok: false, code, message });
  if (text.trim() === '') return refused('text_missing', 'An answer says something.');
  if (answered) return refused('question_answered', 'Somebody has answered it.');
  if (!waits) return refused('question_withdrawn', 'Whoever asked does not wait for it any more; write a message about the task.');
  if (over) return refused('question_over', 'It was not answered in time; the member goes on without. Write a message instead.');
  return lately >= mostAMinute ? refused('message_rate_exceeded', `A person sends at most ${mostAMinute} messages a minute; wait a little.`) : undefined;
}

const MOST_SUMMARY = 150;
/** What an answer is to, for an agent that did not ask it itself: it may come to the next one. */
export function answerSummary(question: string): string {
  const letters = [...question.trim().replaceAll(/\s+/g, ' ')];
  return `Answer to: ${letters.length <= MOST_SUMMARY ? letters.join('') : `${letters.slice(0, MOST_SUMMARY).join('')}…`}`;
}
