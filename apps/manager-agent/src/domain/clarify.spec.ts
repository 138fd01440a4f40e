import { expect } from 'expect';
import { describe, it } from 'node:test';
import { answerSummary, judgeClarification, refusesAnswer, type AskingFacts, type OpenClarification, type Wondered } from './clarify.js';

const wondered = (over: Partial<Wondered> = {}): Wondered => ({ question: 'Which licence?', choices: [], waitMs: 600_000, ...over });
const facts = (over: Partial<AskingFacts> = {}): AskingFacts => ({ asked: 0, waiting: false, answerMinutes: 30, before: undefined, recorded: undefined, ...over });
const judge = (over: Partial<Wondered> = {}, around: Partial<AskingFacts> = {}) => judgeClarification(wondered(over), facts(around));
const code = (over: Partial<Wondered>, around: Partial<AskingFacts> = {}) => {
  const judged = judge(over, around);
  return judged.ok ? 'asked' : judged.code;
};

describe('a member’s question', () => {
  it('is answered by the manager where its records say it, and put to a person where they do not', () => {
    expect(judge({}, { recorded: 'README.md was written for …' })).toEqual({ ok: true, of: 'lead', waitMs: 600_000, answer: 'README.md was written for …' });
    expect(judge()).toEqual({ ok: true, of: 'user', waitMs: 600_000, reason: 'not_in_records' });
    // what only a person knows, and what somebody has to choose, no record says
    expect(judge({ to: 'user' }, { recorded: 'x' })).toEqual({ ok: true, of: 'user', waitMs: 600_000, reason: 'for_a_person' });
    expect(judge({ choices: ['MIT', 'BSD'] }, { recorded: 'x' })).toMatchObject({ of: 'user', reason: 'not_in_records' });
  });

  it('waits for nobody where a person answered it before', () => {
    // their words are there, and waiting for nobody costs no time; what the manager answered is no such answer, and is none of these facts
    expect(judge({ to: 'user', choices: ['MIT'], waitMs: 0 }, { before: 'MIT' })).toEqual({ ok: true, of: 'lead', waitMs: 0, answer: 'MIT' });
  });

  it('waits as long as the bundle says, and never longer than the agent can', () => {
    expect(judge({ waitMs: 5_000_000 }, { answerMinutes: 1 })).toMatchObject({ waitMs: 60_000 });
    expect(judge({ waitMs: 2_000 }, { answerMinutes: 1 })).toMatchObject({ waitMs: 2_000 });
    expect(code({ waitMs: 999 })).toBe('no_time_to_wait');
    expect(code({ waitMs: 0 }, { recorded: 'x' })).toBe('asked');
  });

  it('is one at a time, so many of a task, and says something', () => {
    expect([code({ question: ' \n' }), code({}, { waiting: true }), code({}, { asked: 9 }), code({}, { asked: 10 })]).toEqual(['question_missing', 'question_open', 'asked', 'questions_exhausted']);
  });

  it('is answered once, in time, and while somebody waits', () => {
    const refusal = (over: Partial<OpenClarification> = {}, text = 'MIT', lately = 0) => refusesAnswer({ answered: false, over: false, waits: true, ...over }, text, lately, 10)?.code;
    expect([refusal(), refusal({}, ' '), refusal({ answered: true, over: true, waits: false }), refusal({ over: true, waits: false }), refusal({ over: true }), refusal({}, 'MIT', 10)]).toEqual([undefined, 'text_missing', 'question_answered', 'question_withdrawn', 'question_over', 'message_rate_exceeded']);
  });

  it('goes with its answer, shortened between two characters', () => {
    expect(answerSummary(' Which\n licence? ')).toBe('Answer to: Which licence?');
    const long = answerSummary('\u{1f980}'.repeat(200));
    expect([long.length <= 200 * 2, long.isWellFormed(), [...long].length]).toEqual([true, true, 11 + 150 + 1]);
  });
});
