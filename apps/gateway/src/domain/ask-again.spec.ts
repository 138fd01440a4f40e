import { describe, it } from 'node:test';

import { GOAL_STATES } from '@countersign/contracts';
import { expect } from 'expect';

import { askAgain, type AskedGoal } from './ask-again.js';

const repository = { mirror: 'demo', base: 'b'.repeat(40), remote: '/srv/demo.git', branch: 'countersign/docs' };
const goal = (change: Partial<AskedGoal> = {}): AskedGoal => ({ text: 'Document it', state: 'expired', mode: 'orchestrate', repository, repair: null, effect: null, ...change });

describe('asking for a goal again', () => {
  it('is offered where it ended without a result, and nowhere else', () => {
    expect(GOAL_STATES.filter((state) => askAgain(goal({ state })) !== null)).toEqual(['denied', 'expired', 'failed', 'cancelled'].toSorted((a, b) => GOAL_STATES.indexOf(a as 'denied') - GOAL_STATES.indexOf(b as 'denied')));
    expect([askAgain(goal({ repository: null })), askAgain(goal({ repository: {} }))]).toEqual([null, null]); // a mission's work has no repository
  });

  it('is the same goal, with everything that was said of it', () => {
    expect(askAgain(goal())).toEqual({ text: 'Document it', repository, mode: 'orchestrate' });
    const effect = { kind: 'email.send', from: 'code@chai.example', to: ['asha@chai.example'], cc: [], subject: 'News', body: 'news.txt', attachments: [] };
    const { from: _, ...named } = effect;
    const repair = { check: 'npm test', candidates: [] };
    expect(askAgain(goal({ mode: 'plan', repair, effect }))).toEqual({ text: 'Document it', repository, mode: 'plan', repair, effect: named });
  });

  it('goes to another branch where the last one may be there', () => {
    const after = (branch: string): string => askAgain(goal({ state: 'failed', repository: { ...repository, branch } }))!.repository.branch;
    expect([after('docs'), after('docs-2'), after('docs-9'), after('v-2026')]).toEqual(['docs-2', 'docs-3', 'docs-10', 'v-2026-2']);
  });
});
