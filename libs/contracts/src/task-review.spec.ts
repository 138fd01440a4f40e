import { expect } from 'expect';
import fc from 'fast-check';
import { describe, it } from 'node:test';
import { BOARD_COLUMNS, CARD_MOVES, cardMoves, columnOf, goalHinders, MOVES_REVIEW, REVIEW_EVENTS, reviewOf, type TaskEvent } from './task-review.js';
import { GOAL_STATES, goalMachine, isTerminal, TASK_STATES } from './states.js';

const event = (kind: string, body: TaskEvent['body'] = {}, id = kind, atMs = 0): TaskEvent => ({ id, kind, actor: 'x', body, atMs });
const asked = (id: string, atMs = 0): TaskEvent => event('review_requested', { reviewer: 'person:1' }, id, atMs);

describe('a task’s review', () => {
  it('follows from its history alone: asked, begun, decided, taken back', () => {
    expect(reviewOf([])).toEqual({ state: 'none', cycle: null, note: '' });
    expect(reviewOf([event('done'), asked('a', 5)])).toEqual({ state: 'review', note: '', cycle: { request: 'a', reviewer: 'person:1', earlier: [], requestedAtMs: 5, startedAtMs: null, nudgedAtMs: null } });
    expect(reviewOf([asked('a'), event('review_started', { request: 'a' }, 's', 7)]).cycle).toMatchObject({ startedAtMs: 7 });
    expect(reviewOf([asked('a'), event('review_approved')])).toEqual({ state: 'approved', cycle: null, note: '' });
    expect(reviewOf([asked('a'), event('review_approved'), event('review_removed')])).toMatchObject({ state: 'none', cycle: null });
    expect(reviewOf([asked('a'), event('review_changes_requested', { note: 'shorter' })])).toEqual({ state: 'needs_fix', cycle: null, note: 'shorter' });
  });

  it('never counts a start or a reminder of an earlier request for a later one', () => {
    const late = [asked('a'), asked('b', 9), event('review_started', { request: 'a' }, 's', 10), event('review_nudged', { request: 'a' }, 'n', 11)];
    expect(reviewOf(late).cycle).toEqual({ request: 'b', reviewer: 'person:1', earlier: ['person:1'], requestedAtMs: 9, startedAtMs: null, nudgedAtMs: null });
    const twice = [asked('a'), event('review_started', { request: 'a' }, 's', 1), event('review_started', { request: 'a' }, 't', 2)];
    expect(reviewOf(twice).cycle).toMatchObject({ startedAtMs: 1 });
  });

  it('remembers who was asked before, each once, until somebody decides', () => {
    const ask = (reviewer: 'person:1' | 'person:2' | null, id: string) => event('review_requested', { reviewer }, id);
    const rounds = [event('done'), ask('person:1', 'a'), ask('person:2', 'b'), ask('person:1', 'c'), ask(null, 'd')];
    expect(reviewOf(rounds).cycle).toMatchObject({ request: 'd', reviewer: null, earlier: ['person:1', 'person:2'] });
    for (const kind of ['review_removed', 'todo']) expect(reviewOf([...rounds, event(kind), ask('person:2', 'e')]).cycle).toMatchObject({ earlier: [] });
  });

  it('is over when the work goes on; what was to be mended stays so until it is done again', () => {
    const mended = [asked('a'), event('review_changes_requested', { note: 'shorter' }), event('todo'), event('assigned'), event('in_progress'), event('review'), event('approved')];
    expect(reviewOf(mended)).toMatchObject({ state: 'needs_fix', note: 'shorter' });
    expect(reviewOf([...mended, event('done')])).toMatchObject({ state: 'none', note: '' });
    for (const kind of ['todo', 'assigned', 'in_progress', 'rework', 'cancelled']) expect(reviewOf([asked('a'), event('review_approved'), event(kind)]).state).toBe('none');
    for (const kind of ['created', 'owner_set']) expect(reviewOf([asked('a'), event(kind)]).state).toBe('review');
  });

  it('follows from a few kinds of events alone, however long the work takes', () => {
    const work = fc.array(fc.constantFrom('in_progress', 'review', 'revise', 'approved', 'assigned', 'reassigned', 'blocked', 'owner_set'), { maxLength: 6 });
    const reviews = fc.array(fc.tuple(fc.constantFrom(...REVIEW_EVENTS), fc.constantFrom('a', 'b')), { maxLength: 6 });
    fc.assert(fc.property(fc.array(fc.tuple(fc.constantFrom('todo', 'assigned'), work, fc.boolean(), reviews), { maxLength: 4 }), (rounds) => {
      const kinds = rounds.flatMap(([begun, worked, finished, reviewed]) => [[begun], ...worked.map((kind) => [kind]), ...(finished ? [['done'], ...reviewed] : [])]) as [string, string?][];
      const all = kinds.map(([kind, id], index) => event(kind, { request: id! }, kind === 'review_requested' ? id : `e${index}`, index));
      expect(reviewOf(all.filter(({ kind }) => MOVES_REVIEW.includes(kind)))).toEqual(reviewOf(all));
    }));
  });

  it('has a cycle exactly while it is in review, whatever the history', () => {
    const kinds = fc.constantFrom(...REVIEW_EVENTS, 'todo', 'assigned', 'done', 'created', 'owner_set', 'rework');
    fc.assert(fc.property(fc.array(fc.tuple(kinds, fc.constantFrom('a', 'b'))), (drawn) => {
      const review = reviewOf(drawn.map(([kind, id], index) => event(kind, { request: id }, kind === 'review_requested' ? id : `e${index}`, index)));
      expect(review.cycle !== null).toBe(review.state === 'review');
      for (const state of TASK_STATES) if (state !== 'done') expect(columnOf(state, review)).toBe(columnOf(state, { state: 'none' }));
    }));
  });
});

describe('the table of moves', () => {
  it('leads from columns to columns of the board, and names every move', () => {
    expect(Object.keys(cardMoves)).toEqual([...CARD_MOVES]);
    for (const { from, to } of Object.values(cardMoves)) for (const column of [...from, ...(to ? [to] : [])]) expect(BOARD_COLUMNS).toContain(column);
    expect(CARD_MOVES.filter((move) => cardMoves[move].to === null)).toEqual(['remove']);
    expect(CARD_MOVES.filter((move) => cardMoves[move].agentsOnly)).toEqual(['start', 'complete']);
  });

  it('moves no card of a goal that is over, and only judges those of one that is not at work', () => {
    for (const state of GOAL_STATES) for (const paused of [false, true]) {
      const moved = CARD_MOVES.filter((move) => goalHinders(cardMoves[move], { state, paused }) === undefined);
      const over = isTerminal(goalMachine, state);
      expect([state, paused, moved]).toEqual([state, paused, over ? [] : !paused && ['planned', 'running'].includes(state) ? [...CARD_MOVES] : ['start_review', 'approve']]);
    }
  });
});
