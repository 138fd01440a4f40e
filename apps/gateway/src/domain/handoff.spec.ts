import { describe, it } from 'node:test';
import { expect } from 'expect';
import { handoffOf, type HandoffFacts } from './handoff.js';

const facts: HandoffFacts = {
  teamId: 't', customerId: 'c', mode: 'production', reason: 'The manager tried to push.', epoch: 2,
  session: { id: 's', plan: 'It is looked at.', openedAt: '2026-03-01T12:00:00.000Z', closedAt: null, talks: true, cadenceHours: 8, snapshot: { running: 2, goals: [{ state: 'running', tasks: [{ state: 'done' }, { state: 'todo' }] }] } },
  incidents: [],
  decides: true,
};
const incident = (kind: string, over = {}) => ({ id: 'i', kind, memberId: 'm', counted: 3, at: '2026-03-01T11:00:00.000Z', recordedAs: null, words: '', ...over });

describe('a hand-off packet', () => {
  it('is as grave as what suspended the team', () => {
    const of = (...kinds: string[]) => handoffOf({ ...facts, incidents: kinds.map((kind) => incident(kind)) });
    const seen = ([[], ['quality_failure'], ['performance_failure'], ['scope_drift', 'data_leak'], ['unauthorised_execution'], ['ethics_violation']] as const).map((kinds) => of(...kinds)).map(({ header }) => header.severity);
    expect(seen).toEqual(['L1', 'L2', 'L2', 'L3', 'L3', 'L3']);
  });

  it('names evidence, who is concerned, who decides, and where it stands in the record', () => {
    const packet = handoffOf({ ...facts, mode: 'trial', incidents: [incident('ethics_violation', { id: 'flag', recordedAs: 'vision_guardian', words: 'It lied.' }), incident('ethics_violation')] });
    expect(packet).toMatchObject({
      schema_version: 'HDP-1.0', header: { affected_agent_id: 'm', status: 'open', trial_period: true, operating_mode: 'trial_support_only' }, problem_statement: 'The manager tried to push.',
      constraints_and_safety: { ethics_flags: ['flag'] }, initial_analysis: '1 unfinished goals with 2 tasks, 1 of them done; 2 agents ran when it was suspended.',
      approvals_and_routing: { reactivate: ['platform_governor', 'genesis'] }, traceability: { session_id: 's', epoch: 2, incident_ids: ['flag', 'i'] },
    });
    expect(packet.evidence).toMatchObject([{ recorded_as: 'vision_guardian', words: 'It lied.' }, { recorded_as: null, words: null }]);
    expect(packet.customer_update_policy).toMatchObject({ cadence_hours: 8 });
    // for others than whoever decides, that it was written is all there is of it
    expect(handoffOf({ ...facts, decides: false, incidents: [incident('ethics_violation', { recordedAs: 'vision_guardian', words: 'It lied.' })] }).evidence).toMatchObject([{ recorded_as: 'vision_guardian', words: null }]);
    expect(handoffOf({ ...facts, session: { ...facts.session, talks: false } }).header.support_mode_state).toBe('waiting');
    expect(handoffOf({ ...facts, reason: '', session: { ...facts.session, closedAt: '2026-03-02T12:00:00.000Z', snapshot: {} } })).toMatchObject({ header: { status: 'closed', affected_agent_id: null }, problem_statement: 'No reason was written down with the suspension.' });
  });
});
