import { NEXT_ACTIONS, TASK_STATES, type CardReview } from '@countersign/contracts';
import { expect } from 'expect';
import { describe, it } from 'node:test';
import { cardStatus, historyWords, movedTo, MOVE_WORDS, turnWords } from './card-words.js';

const review = (over: Partial<CardReview> = {}): CardReview => ({ state: 'none', request: null, reviewer: null, requestedAt: null, startedAt: null, nudgedAt: null, note: '', ...over });

describe('a card, in words', () => {
  it('labels the two buttons as they are called everywhere', () => expect([MOVE_WORDS.approve, MOVE_WORDS.request_changes]).toEqual(['Approve', 'Request Changes']));

  it('tells a history in words, with names and never with ids', () => {
    const id = '0190a000-0000-7000-8000-00000000aaaa';
    const told = (kind: string, about = '', body: object = {}) => historyWords({ kind, about, body });
    expect(told('review_requested', 'Asha', { reviewer: `person:${id}` })).toBe('review asked of Asha');
    expect(told('review_requested', '', { reviewer: null })).toBe('review asked of whoever may decide');
    expect(told('reassigned', 'Tess', { from: id, to: id })).toBe('handed on to Tess');
    expect(told('review_changes_requested', '', { note: 'Shorter' })).toBe('changes requested: Shorter');
    expect(told('something_new')).toBe('something new');
  });

  it('says blocked of what is blocked, whatever was to be mended', () => {
    expect([cardStatus({ state: 'blocked', review: review({ state: 'needs_fix' }) }).word, cardStatus({ state: 'assigned', review: review({ state: 'needs_fix' }) }).word]).toEqual(['Blocked', 'Needs a fix']);
  });

  it('says approved only of what a person approved', () => {
    for (const state of TASK_STATES) expect(cardStatus({ state, review: review() }).word).not.toBe('Approved');
    expect(cardStatus({ state: 'done', review: review({ state: 'approved' }) }).word).toBe('Approved');
    expect(cardStatus({ state: 'done', review: review({ state: 'review' }) }).word).toBe('Waits for review');
    expect(cardStatus({ state: 'done', review: review({ state: 'review', startedAt: '2026-01-01T00:00:00.000Z' }) }).word).toBe('Being reviewed');
    expect(cardStatus({ state: 'assigned', review: review({ state: 'needs_fix' }) }).word).toBe('Needs a fix');
  });

  it('names whose turn it is, by name where it is somebody’s in particular', () => {
    expect(turnWords({ owner: 'user', name: 'Asha Rao', action: 'review', queue: 'actionable' })).toBe('Asha Rao reviews it');
    expect(turnWords({ owner: 'user', name: '', action: 'assign_owner', queue: 'actionable' })).toBe('One of you gives it to somebody');
    expect(turnWords({ owner: 'none', name: '', action: 'wait_dependency', queue: 'waiting' })).toBe('Waits for other tasks');
    for (const action of NEXT_ACTIONS) expect(turnWords({ owner: 'lead', name: '', action, queue: 'actionable' }) === '').toBe(action === 'none');
  });

  it('sets a card down at a place, and not beyond the ends', () => {
    expect(movedTo(['a', 'b', 'c'], 'b', 0)).toEqual(['b', 'a', 'c']);
    expect(movedTo(['a', 'b', 'c'], 'b', 2)).toEqual(['a', 'c', 'b']);
    expect(movedTo(['a', 'b', 'c', 'd'], 'a', 2)).toEqual(['b', 'c', 'a', 'd']);
    expect(movedTo(['a', 'b', 'c', 'd'], 'd', 1)).toEqual(['a', 'd', 'b', 'c']);
    for (const [id, place] of [['a', -1], ['c', 3], ['x', 1], ['b', 1]] as const) expect(movedTo(['a', 'b', 'c'], id, place)).toEqual(['a', 'b', 'c']);
  });
});
