import { describe, it } from 'node:test';
import { expect } from 'expect';
import { mayApprove, mayRefuse, onlyConnected, type DecisionFacts, type Gate } from './decision-gate.js';

const facts: DecisionFacts = {
  me: { roles: ['customer_governor'], customer: { id: 'x', name: 'Chai & Co' }, displayName: 'Asha', hasty: false },
  approval: { state: 'pending', dueAt: '2026-11-20T16:00:00.000Z', tier: 1, quorum: null, mayUndo: false, heldFor: null },
  now: new Date('2026-11-20T15:18:00.000Z'),
  online: true,
  proof: { state: 'matches', of: 4 },
  record: 'not_broken',
  passkey: undefined,
  effectSeen: true,
  changesRead: false,
  unseenFiles: 0,
};
const reason = (gate: Gate) => (gate.open ? 'open' : gate.reason);

describe('The decision buttons', () => {
  it('are open when the effect was seen and every file was hashed here', () => {
    expect(mayApprove(facts)).toEqual({ open: true });
    expect(mayRefuse(facts)).toEqual({ open: true });
  });
  it('let a person refuse what they could not check, and never approve it', () => {
    for (const proof of [{ state: 'checking', checked: 1, of: 4 }, { state: 'differs', what: 'a.ts' }, { state: 'unreadable', why: 'no connection' }] as const) {
      expect(mayApprove({ ...facts, proof }).open).toBe(false);
      expect(mayRefuse({ ...facts, proof }).open).toBe(true);
    }
  });
  it('let a person refuse, and never approve, where the record is not the one that the device remembers', () => {
    for (const [record, words] of [['broken', 'not the one that this device remembers'], ['unproven', 'does not prove its record'], ['unread', 'has looked up what it remembers'], ['unreadable', 'does not let us read']] as const) {
      expect([record, reason(mayApprove({ ...facts, record }))]).toEqual([record, expect.stringContaining(words)]);
      expect(mayRefuse({ ...facts, record }).open).toBe(true);
    }
  });
  it('wait until what will happen has been on the screen', () => {
    expect(reason(mayApprove({ ...facts, effectSeen: false }))).toBe('Read what will happen first.');
    const hasty = { ...facts, me: { ...facts.me, hasty: true } };
    expect(reason(mayApprove(hasty))).toMatch(/^You have approved faster than this can be read/);
    expect([mayApprove({ ...hasty, changesRead: true }).open, mayRefuse(hasty).open]).toEqual([true, true]);
    expect(reason(mayApprove({ ...hasty, changesRead: true, unseenFiles: 2 }))).toMatch(/^You have approved faster than this can be read.*2 files were not/);
    expect([reason(mayApprove({ ...facts, unseenFiles: 1 })), reason(mayApprove({ ...facts, unseenFiles: 3 }))]).toEqual([expect.stringContaining('1 file was not'), expect.stringContaining('3 files were not')]);
    expect(mayRefuse({ ...facts, unseenFiles: 3 }).open).toBe(true);
  });
  it('let a person stop the yes of somebody else that is held, and approve nothing then', () => {
    const held = (over: object) => ({ ...facts, approval: { ...facts.approval, state: 'held' as const, heldFor: 'approved' as const, ...over } });
    expect(mayRefuse(held({})).open).toBe(true);
    expect(reason(mayApprove(held({})))).toBe('A no of yours stops it at once.');
    expect(reason(mayApprove({ ...held({}), online: false }))).toBe('You are offline. A no of yours stops nothing until it is sent, and this may take effect before.');
    for (const over of [{ mayUndo: true }, { heldFor: 'denied' as const }]) expect(mayRefuse(held(over)).open).toBe(false);
  });
  it('take one yes of a person where several people must say it', () => {
    const said = (of: 'people' | 'devices') => ({ ...facts, approval: { ...facts.approval, mayUndo: true, quorum: { need: 2, of, yes: [{ by: 'Asha', at: '' }] } } });
    expect(reason(mayApprove(said('people')))).toBe('You have said yes. Somebody else must as well.');
    expect(mayApprove(said('devices')).open).toBe(true);
    expect(mayRefuse(said('people')).open).toBe(true);
  });
  it('say at once where a passkey is needed and there is none, or none that counts yet', () => {
    const needs = (over: Partial<DecisionFacts>): Gate => mayApprove({ ...facts, effectSeen: false, approval: { ...facts.approval, tier: 2 }, ...over });
    expect(needs({ passkey: 'none' })).toMatchObject({ open: false, lacks: 'passkey', reason: expect.stringMatching(/has no passkey.*make it before you need it/) });
    expect(reason(needs({ passkey: 'unconfirmed' }))).toContain('does not count on this device yet');
    expect(reason(needs({ passkey: { from: '2026-11-21T15:18:00.000Z' } }))).toMatch(/counts on this device from tomorrow .* This request expires before that/);
    expect(reason(needs({ passkey: { from: '2026-11-20T15:58:00.000Z' } }))).toMatch(/counts on this device from .* This request is open until/);
    for (const passkey of [{ from: '2026-11-20T15:18:30.000Z' }, undefined]) expect(reason(needs({ passkey }))).toBe('Read what will happen first.');
    expect(mayApprove({ ...facts, passkey: 'none' }).open).toBe(true);
    expect(mayRefuse({ ...facts, passkey: 'none', approval: { ...facts.approval, tier: 2 } }).open).toBe(true);
  });
  it('let a person refuse without a connection, and approve nothing then', () => {
    expect(mayRefuse({ ...facts, online: false })).toEqual({ open: true });
    expect(reason(mayApprove({ ...facts, online: false }))).toContain('signed over a number that the server gives');
    expect(reason(mayApprove({ ...facts, online: false, approval: { ...facts.approval, tier: 2 } }))).toContain('with a connection only');
  });
  it('say what is not saved without a connection', () => {
    expect([onlyConnected('deny'), onlyConnected('request_changes', {}), onlyConnected('deny', { report: false })]).toEqual([undefined, undefined, undefined]);
    expect(onlyConnected('deny', { report: true })).toContain('A plain no is saved');
    for (const mark of ['ask', 'defer', 'escalate'] as const) expect([mark, onlyConnected(mark)]).toEqual([mark, expect.stringContaining('with a connection only')]);
  });
  it('are shut with a reason for who cannot decide, and for what is over', () => {
    expect(reason(mayRefuse({ ...facts, me: { ...facts.me, roles: ['operator'], displayName: 'Olu' } }))).toContain('customer governor');
    expect(reason(mayRefuse({ ...facts, approval: { ...facts.approval, state: 'expired' } }))).toContain('not waiting');
    expect(reason(mayRefuse({ ...facts, now: new Date(facts.approval.dueAt) }))).toBe('The time to answer is over.');
  });
});
