import { describe, it } from 'node:test';
import { HELPDESK_ACTIONS, HELPDESK_CARDS } from '@countersign/contracts';
import { expect } from 'expect';
import { answer } from './answer.js';
import { cardsBeside, farewell, opening, openingAfterwards } from './cards.js';
import type { HelpdeskFacts } from './facts.js';

const now = new Date('2026-11-20T12:00:00Z');
const facts: HelpdeskFacts = {
  team: { name: 'Code care', state: 'suspended', since: '2026-11-20T10:00:00Z', reason: 'The manager tried to push.' },
  goals: [{ state: 'running', since: '2026-11-20T09:00:00Z', tasks: [{ title: 'Document', state: 'done' }, { title: 'Test', state: 'assigned' }] }],
  members: [], running: 0, finished: {}, approvals: { waiting: 0, granted: 0, withdrawn: 1 }, effects: {}, session: { plan: 'It is looked at.', openedAt: now }, now,
};
const beside = (question: string) => cardsBeside(answer(question, facts).intents, facts).map(({ kind, action }) => action ?? kind);

describe('the cards of the helpdesk', () => {
  it('stand beside what they belong to, each once, and beside nothing else', () => {
    const cases: readonly (readonly [string, readonly string[]])[] = [
      ['What is the status?', ['status']],
      ['Why was my team stopped?', ['explanation']],
      ['Is my work lost?', ['export']],
      ['I would like to talk to a person.', ['note']],
      ['Why was it stopped, and what happens next?', ['explanation']],
      ['Hello', []],
      ['Can you approve it?', []],
    ];
    for (const [question, expected] of cases) expect([question, beside(question)]).toEqual([question, expected]);
  });

  it('open the talk with where the team stands, why, and what happens next', () => {
    const { text, cards } = opening(facts);
    expect(text).toContain('The manager tried to push.');
    expect(text).toContain('It is looked at.');
    expect(cards.map(({ kind }) => kind)).toEqual(['status', 'explanation', 'action', 'action']);
    expect(cards[0]!.lines).toEqual(['Since 20 November 2026, 10:00 UTC', 'one unfinished goal, 1 of 2 tasks done', 'Nothing of the team is running.', 'Approvals: 0 waiting, 0 granted and not used, 1 withdrawn']);
    for (const { kind, action } of cards) expect([HELPDESK_CARDS.includes(kind), action === undefined || HELPDESK_ACTIONS.includes(action)]).toEqual([true, true]);
    expect(opening({ ...facts, session: { ...facts.session, plan: '' } }).cards[1]!.lines).toHaveLength(1);
    // where it is over by then, that is said
    expect(openingAfterwards({ ...facts, team: { ...facts.team, state: 'active' } }, new Date('2026-11-20T12:05:00Z'))).toEqual({
      text: 'Code care was suspended on 20 November 2026, 12:00 UTC. That has been over since 20 November 2026, 12:05 UTC: the team is active. The reason written down with the suspension is: “The manager tried to push.”. It is looked at.',
      cards: [{ kind: 'explanation', title: 'Why, and what happens next', lines: ['The reason written down with the suspension is: “The manager tried to push.”.', 'It is looked at.'] }],
    });
    // and where it does not go on, that is the last word
    expect(farewell({ ...facts.team, state: 'dissolved', reason: ' Nobody needs it ' })).toMatchObject({ text: 'Code care has ended: it does not go on. The reason written down is: “Nobody needs it”. Everything that it has made is kept, and yours to save.', cards: [{ action: 'export' }] });
    expect(farewell({ ...facts.team, reason: '' }).text).toBe('Code care has ended: it does not go on. Everything that it has made is kept, and yours to save.');
  });
});
