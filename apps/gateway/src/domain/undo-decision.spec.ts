import { expect } from 'expect';
import { describe, it } from 'node:test';
import { undoDecision, type RecordedDecision, type UndoFacts } from './undo-decision.js';

const said = (personId: string, decision: RecordedDecision['decision'] = 'approve', undone = false): RecordedDecision => ({ id: `${personId} ${decision}`, decision, personId, undone });
const facts = (approval: Partial<UndoFacts['approval']> = {}, decisions: readonly RecordedDecision[] = [said('asha')], personId = 'asha', now = 1_000): UndoFacts => ({
  now: new Date(now), personId, approval: { state: 'held', heldFor: 'approved', effectiveAt: new Date(2_000), decidedBy: 'asha', paused: false, stopped: false, ...approval }, decisions,
});
const outcome = (input: UndoFacts): string => {
  const verdict = undoDecision(input);
  return verdict.outcome === 'undone' ? verdict.takes.id : verdict.code;
};

describe('taking a decision back', () => {
  it('is for who made it, until it takes effect', () => {
    expect(outcome(facts())).toBe('asha approve');
    expect(outcome(facts({}, undefined, 'asha', 1_999))).toBe('asha approve');
    expect(outcome(facts({}, undefined, 'asha', 2_000))).toBe('undo_too_late');
    expect(outcome(facts({}, undefined, 'ravi'))).toBe('undo_not_yours');
  });
  it('waits with its goal', () => expect(outcome(facts({ paused: true }, undefined, 'asha', 9_000))).toBe('asha approve'));
  it('is done once', () => {
    expect(outcome(facts({ state: 'pending' }, [said('asha', 'undo'), said('asha', 'approve', true)]))).toBe('nothing_to_undo');
    expect(outcome(facts({ state: 'pending' }, []))).toBe('nothing_to_undo');
  });
  it('is no help against what has had its effect, or is over', () => {
    for (const state of ['approved', 'denied', 'changes_requested'] as const) expect(outcome(facts({ state }))).toBe('undo_too_late');
    for (const state of ['superseded', 'withdrawn', 'expired'] as const) expect(outcome(facts({ state }))).toBe(state);
  });
  it('does not say of what expired with a yes that nobody answered', () => {
    expect(undoDecision(facts({ state: 'expired' }))).toMatchObject({ code: 'expired', message: 'the time to answer is over: there is nothing to undo' });
  });
  it('is void with its team', () => expect(outcome(facts({ stopped: true }))).toBe('withdrawn'));
  it('takes back a yes of several, one’s own, before and while all of them are held', () => {
    const both = [said('ravi'), said('asha')];
    expect(outcome(facts({ state: 'pending' }, [said('asha')]))).toBe('asha approve');
    expect(outcome(facts({ decidedBy: 'ravi' }, both))).toBe('asha approve');
    expect(outcome(facts({ decidedBy: 'ravi' }, both, 'ravi'))).toBe('ravi approve');
    expect(outcome(facts({ decidedBy: 'ravi' }, both, 'chand'))).toBe('undo_not_yours');
  });
  it('leaves a no that is held to who said it', () => {
    const refused = { heldFor: 'denied', decidedBy: 'ravi' } as const;
    expect(outcome(facts(refused, [said('ravi', 'deny'), said('asha')]))).toBe('undo_not_yours');
    expect(outcome(facts(refused, [said('ravi', 'deny'), said('asha')], 'ravi'))).toBe('ravi deny');
    expect(outcome(facts({ ...refused, decidedBy: 'asha' }, [said('asha', 'deny'), said('asha')]))).toBe('asha deny');
  });
});
