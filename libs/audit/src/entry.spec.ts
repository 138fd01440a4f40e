import { describe, it } from 'node:test';

import { ACTIONS_OF } from '@countersign/database';
import { expect } from 'expect';

import { ACTIONS, type ActionName, type BodyOf } from './actions.js';
import { commitment, newSubjectKeys, openValue, serviceKey, subjectRef, type SubjectKeys } from './commitment.js';
import { draftEntry, type BuiltEntry, type EntryFacts } from './entry.js';
import { UnfitPayloadError } from './errors.js';
import { person, Personal, personal } from './fields.js';
import { parsePayload } from './json.js';
import { TEAM } from './spec-support/log.js';

const key = serviceKey(Buffer.alloc(32, 1));
const PERSON = '0190a000-0000-7000-8000-0000000000aa';
const ENTRY = '0190a000-0000-7000-8000-0000000000ee';
const AT = new Date('2026-03-01T12:00:00.123Z');
const DIGEST = 'ab'.repeat(32);

const statusUpdate: EntryFacts<'TEAM-STATUS-UPDATE'> = {
  teamId: TEAM,
  entryId: ENTRY,
  at: AT,
  service: 'manager-agent',
  actor: { kind: 'service', id: 'manager-agent' },
  action: 'TEAM-STATUS-UPDATE',
  body: { team_id: TEAM, status: 'active', triggered_by: 'deployment' },
};
const granted: BodyOf<'MOBILE-APPROVAL-GRANTED'> = {
  customer_governor_id: person(PERSON),
  deliverable_id: 'd-1',
  device_id: personal(PERSON, 'phone-7'),
  timestamp: AT,
  approval_id: 'a-1',
  digest: DIGEST,
};

/** Of each kind of field something that fits; a choice brings its own. */
const SAMPLES: Readonly<Record<string, unknown>> = { text: 'x', flag: true, count: 1, time: AT, sha256: DIGEST, json: {}, personal: personal(PERSON, 'x'), codeOrPersonal: 'x' };

function build<A extends ActionName>(facts: EntryFacts<A>): { entry: BuiltEntry; keys: SubjectKeys; payload: Record<string, unknown> } {
  const keys = newSubjectKeys();
  const entry = draftEntry(facts, key).build(() => keys);
  return { entry, keys, payload: parsePayload(entry.payload) as Record<string, unknown> };
}

const facts = <A extends ActionName>(action: A, body: BodyOf<A>): EntryFacts<A> => ({ ...statusUpdate, action, body });

describe('an audit entry', () => {
  it('says who did what to which thing, when, and with which result', () => {
    const { payload } = build({ ...statusUpdate, rev: 3, requestId: 'req-1', correlationId: 'goal-9' });
    expect(payload).toEqual({
      v: '1',
      entry_id: ENTRY,
      at: '2026-03-01T12:00:00.123Z',
      service: 'manager-agent',
      actor: { kind: 'service', id: 'manager-agent' },
      action: 'TEAM-STATUS-UPDATE',
      object: { type: 'team', id: TEAM, rev: '3' },
      result: 'ok',
      request_id: 'req-1',
      correlation_id: 'goal-9',
      body: { team_id: TEAM, status: 'active', triggered_by: 'deployment' },
      pii: [],
    });
  });

  it('holds neither the id nor a word of a person, only commitments; the values are sealed beside it', () => {
    const { entry, keys, payload } = build({ ...facts('MOBILE-APPROVAL-GRANTED', granted), actor: { kind: 'person', id: PERSON } });
    const ref = subjectRef(key, TEAM, PERSON);
    expect(entry.payload.includes(PERSON)).toBe(false);
    expect(entry.payload.includes('phone-7')).toBe(false);
    expect(payload['actor']).toEqual({ kind: 'person' });
    expect(payload['body']).toEqual({ deliverable_id: 'd-1', timestamp: AT.toISOString(), approval_id: 'a-1', digest: DIGEST });
    expect(payload['pii']).toEqual([
      { field: 'actor.id', subject_ref: ref, alg: 'hmac-sha256', c: commitment(keys, PERSON) },
      { field: 'customer_governor_id', subject_ref: ref, alg: 'hmac-sha256', c: commitment(keys, PERSON) },
      { field: 'device_id', subject_ref: ref, alg: 'hmac-sha256', c: commitment(keys, 'phone-7') },
    ]);
    const opened = entry.sealed.map(({ field, subjectRef: of, ciphertext }) => openValue(keys, { teamId: TEAM, entryId: ENTRY, field, subjectRef: of }, ciphertext));
    expect(opened).toEqual([PERSON, PERSON, 'phone-7']);
  });

  it('asks for the keys of each subject once, in a fixed order', () => {
    const { subjectRefs } = draftEntry(facts('HELPDESK-INTERACTION', { customer_id: person(PERSON), helpdesk_agent_id: 'h', message: personal(PERSON, 'when?'), response: personal(TEAM, 'soon'), session_id: 's' }), key);
    expect(subjectRefs).toEqual([subjectRef(key, TEAM, PERSON), subjectRef(key, TEAM, TEAM)].sort());
  });

  it('takes a reason as a code from a machine and as personal words from a person, never as free text', () => {
    const suspended = (reason: string | Personal) => build(facts('TEAM-SUSPENDED', { team_id: TEAM, reason, root_cause_agent_id: null }));
    expect(suspended('budget_exhausted').payload['body']).toMatchObject({ reason: 'budget_exhausted', root_cause_agent_id: null });
    expect(suspended(personal(PERSON, 'Asha asked us to stop')).payload['body']).toEqual({ team_id: TEAM, root_cause_agent_id: null });
    for (const words of ['Asha asked us to stop', 'asha@example.com', '']) expect(() => suspended(words)).toThrow(UnfitPayloadError);
  });

  it('refuses missing, unknown and unfit fields even where types were cast away', () => {
    const anything = (action: ActionName, body: object) => () => draftEntry(facts(action, body as never), key);
    expect(anything('TEAM-CERTIFIED', { team_id: TEAM })).toThrow(/genesis_decision_id/);
    expect(anything('TEAM-CERTIFIED', { team_id: TEAM, genesis_decision_id: 'g', extra: 'x' })).toThrow(/extra/);
    expect(anything('TEAM-CERTIFIED', { team_id: 7, genesis_decision_id: 'g' })).toThrow(UnfitPayloadError);
    expect(anything('TEAM-CERTIFIED', { team_id: TEAM, genesis_decision_id: person(PERSON) })).toThrow(UnfitPayloadError);
    expect(anything('TEAM-CREATED', { team_id: TEAM, composition: personal(PERSON, 'x'), customer_id: 'c', pricing: {} })).toThrow(UnfitPayloadError);
    expect(anything('MANAGER-DRAFT-REVIEWED', { manager_id: 'm', team_member_id: 't', draft_id: 'd', decision: 'maybe' })).toThrow(UnfitPayloadError);
    expect(anything('MOBILE-APPROVAL-GRANTED', { ...granted, device_id: 'phone-7' })).toThrow(UnfitPayloadError);
    expect(anything('MOBILE-APPROVAL-GRANTED', { ...granted, digest: DIGEST.toUpperCase() })).toThrow(UnfitPayloadError);
    expect(anything('MOBILE-APPROVAL-GRANTED', { ...granted, timestamp: 'today' })).toThrow(UnfitPayloadError);
    expect(anything('TEAM-CERTIFIED', { team_id: TEAM, genesis_decision_id: 'x'.repeat(501) })).toThrow(UnfitPayloadError);
  });

  it('names no other team than the one whose chain it stands in, whatever its action', () => {
    const naming = Object.entries(ACTIONS).filter(([, { fields }]) => 'team_id' in fields);
    expect(naming.length).toBeGreaterThan(25);
    for (const [action, { fields }] of naming) {
      const body = Object.fromEntries(Object.entries(fields).filter(([, { needed }]) => needed).map(([name, field]) => [name, SAMPLES[field.kind] ?? field.choices![0]]));
      const drafted = (team_id: string) => () => draftEntry(facts(action as ActionName, { ...body, team_id } as never), key);
      expect(drafted(TEAM)).not.toThrow();
      expect(drafted(PERSON)).toThrow(new UnfitPayloadError('/body/team_id', 'names another team than the chain'));
    }
  });

  it('does not compile with a wrong field, a missing one, or a bare string where a person is meant', () => {
    const bodies: readonly unknown[] = [
      // @ts-expect-error -- no such field
      { team_id: TEAM, genesis_decision_id: 'g', extra: 1 } satisfies BodyOf<'TEAM-CERTIFIED'>,
      // @ts-expect-error -- a field is missing
      { team_id: TEAM } satisfies BodyOf<'TEAM-CERTIFIED'>,
      // @ts-expect-error -- a device is personal data
      { ...granted, device_id: 'phone-7' } satisfies BodyOf<'MOBILE-APPROVAL-GRANTED'>,
      // @ts-expect-error -- not one of the two decisions
      { manager_id: 'm', team_member_id: 't', draft_id: 'd', decision: 'maybe' } satisfies BodyOf<'MANAGER-DRAFT-REVIEWED'>,
      // @ts-expect-error -- no such action
      {} satisfies BodyOf<'TEAM-PAINTED'>,
    ];
    expect(bodies).toHaveLength(5);
  });

  it('is refused when it would not fit into 16 KiB', () => {
    expect(() => draftEntry(facts('TEAM-CREATED', { team_id: TEAM, composition: { members: 'x'.repeat(17_000) }, customer_id: 'c', pricing: {} }), key)).toThrow(/16384/);
  });

  it('has a writer in the table of rights for every action, but the one that no service writes', () => {
    const owned: readonly string[] = Object.values(ACTIONS_OF).flat();
    expect([...owned, 'RETENTION-PRUNED'].sort()).toEqual(Object.keys(ACTIONS).sort());
  });

  it('names every action of the checklist with the fields it lists', () => {
    const listed: Readonly<Record<string, string>> = {
      'TEAM-CREATED': 'team_id composition customer_id pricing',
      'TEAM-CERTIFIED': 'team_id genesis_decision_id',
      'TEAM-DEPLOYED': 'team_id deployment_timestamp',
      'TEAM-SUSPENDED': 'team_id reason root_cause_agent_id',
      'TEAM-REACTIVATED': 'team_id resolution',
      'MANAGER-TASK-ASSIGNED': 'manager_id team_member_id task_description correlation_id',
      'MANAGER-DRAFT-REVIEWED': 'manager_id team_member_id draft_id decision',
      'MANAGER-APPROVAL-REQUESTED': 'manager_id customer_governor_id deliverable_id',
      'TEAM-MEMBER-OUTPUT': 'team_member_id output_id manager_review_status',
      'TEAM-SHARED-CONTEXT-WRITE': 'agent_id team_id artifact_id hash',
      'TEAM-STATUS-UPDATE': 'team_id status triggered_by',
      'MOBILE-APPROVAL-REQUESTED': 'customer_governor_id deliverable_id push_notification_id',
      'MOBILE-APPROVAL-GRANTED': 'customer_governor_id deliverable_id device_id timestamp',
      'MOBILE-APPROVAL-DENIED': 'customer_governor_id deliverable_id reason',
      'HELPDESK-ACTIVATED': 'team_id reason',
      'HELPDESK-INTERACTION': 'customer_id helpdesk_agent_id message response',
      'HELPDESK-DEACTIVATED': 'team_id resolution',
    };
    for (const [action, fields] of Object.entries(listed)) {
      const shape = ACTIONS[action as ActionName].fields as Readonly<Record<string, { needed: boolean }>>;
      expect(fields.split(' ').filter((name) => shape[name]?.needed !== true)).toEqual([]);
    }
  });

  it('keeps as commitments what decision C-21 lists, in every action', () => {
    const personalNames = /^(customer_governor_id|person_id|device_id|task_description|message|response|question|goal_text)$/;
    for (const [action, { fields }] of Object.entries(ACTIONS))
      for (const [name, field] of Object.entries(fields)) if (personalNames.test(name)) expect(`${action}.${name}: ${field.kind}`).toBe(`${action}.${name}: personal`);
  });
});
