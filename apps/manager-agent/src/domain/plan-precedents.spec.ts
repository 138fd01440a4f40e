import type { PrecedentSeed } from '@countersign/contracts';
import { expect } from 'expect';
import { describe, it } from 'node:test';
import { precedentsOfPlan } from './plan-precedents.js';

const seed = (seed_id: string, applies_to: PrecedentSeed['applies_to'], change: Partial<PrecedentSeed> = {}): PrecedentSeed => ({ seed_id, version: 1, type: 'agent_lifecycle', decision: '', principle: '', rationale: '', approved_by: 'Platform Governor', date: '2026-01-06', supersedes: null, status: 'active', applies_to, ...change });
const delegation = seed('GEN-002', ['manager_agents', 'team_coordination', 'delegation_authority']);

describe('what a goal is planned under', () => {
  it('is every precedent in force about managers, coordination or delegation, each once and whether or not it permits anything', () => {
    expect(precedentsOfPlan([seed('GEN-007', ['team_coordination', 'shared_context'], { version: 3 }), delegation])).toEqual(['GEN-002@1', 'GEN-007@3']);
    expect(precedentsOfPlan([seed('GEN-008', ['mobile_approvals', 'helpdesk_mode', 'shared_context', 'team_bundles'])])).toEqual([]);
  });

  it('is none that was withdrawn, or whose place another took in all of that', () => {
    expect(precedentsOfPlan([{ ...delegation, status: 'withdrawn' }, seed('GEN-003', ['team_coordination'], { status: 'superseded' })])).toEqual([]);
    expect(precedentsOfPlan([delegation, seed('GEN-009', ['manager_agents', 'team_coordination', 'delegation_authority'], { supersedes: 'GEN-002' })])).toEqual(['GEN-009@1']);
    expect(precedentsOfPlan([delegation, seed('GEN-009', ['delegation_authority'], { supersedes: 'GEN-002' })])).toEqual(['GEN-002@1', 'GEN-009@1']);
  });
});
