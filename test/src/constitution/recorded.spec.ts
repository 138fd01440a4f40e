import { PLATFORM_CHAIN, uuidv7, type Service } from '@countersign/contracts';
import { parseRights, sql, TABLES, type Statement } from '@countersign/database';
import { testDatabase, type TestDatabase } from '@countersign/testing';
import { expect } from 'expect';
import { after, before, describe, it } from 'node:test';
import { aScene, type Scene } from './scene.js';
import { entryOf, TakenOverHouse, type SignedAs } from './taken-over.js';

/** One change of a row that needs an entry, as the service that has the right to it. */
interface Change {
  readonly by: Service;
  readonly as?: (scene: Scene) => SignedAs;
  readonly statement: (scene: Scene) => Statement;
}
const change = (by: Service, statement: Change['statement'], as?: Change['as']): Change => ({ by, statement, ...(as ? { as } : {}) });
const ofCustomer = ({ customerId }: Scene): SignedAs => ({ scope: 'customer', id: customerId });
const ofPlatform = (): SignedAs => ({ scope: 'platform', id: PLATFORM_CHAIN });
const byPerson = ({ teamId, personId }: Scene): SignedAs => ({ id: teamId, principal: `person:${personId}` });
const hash = Buffer.alloc(32, 1);

/** What its owner is told of a device or key, without which neither comes in. */
const told = (customerId: string, personId: string): Statement =>
  sql`insert into app.account_notice (customer_id, id, person_id, kind, about, channel, state) values (${customerId}::uuid, gen_random_uuid(), ${personId}::uuid, 'device_added', '', 'email', 'due')`;

/** Of every table that is no ledger: each verb that some service has on it. */
const CHANGES: Readonly<Record<string, readonly Change[]>> = {
  'app.customer': [
    change('gateway', ({ customerId }) => sql`update app.customer set name = 'x' where customer_id = ${customerId}`, ofCustomer),
    change('gateway', () => sql`insert into app.customer (customer_id, name) values (sec.customer(), 'x')`, () => ({ scope: 'customer', id: uuidv7() })),
  ],
  'app.person': [
    change('gateway', ({ personId }) => sql`update app.person set roles = '{platform_governor}' where id = ${personId}`, ofCustomer),
    change('gateway', ({ customerId }) => sql`insert into app.person (customer_id, id, login, display_name, roles) values (${customerId}, ${uuidv7()}, 'x', 'x', '{operator}')`, ofCustomer),
  ],
  'app.device': [
    change('gateway', ({ deviceId }) => sql`update app.device set removed_at = now() where id = ${deviceId}`, ofCustomer),
    change('gateway', ({ deviceId }) => sql`update app.device set name = 'y' where id = ${deviceId}`, ofCustomer),
    change('gateway', ({ customerId, personId }) => sql`with told as (${told(customerId, personId)}) insert into app.device (customer_id, id, person_id, name, platform, address) values (${customerId}, ${uuidv7()}, ${personId}, 'x', 'fcm', 'x')`, ofCustomer),
  ],
  'app.approver_key': [
    change('gateway', ({ customerId, personId, deviceId }) => sql`with told as (${told(customerId, personId)}) insert into app.approver_key (customer_id, id, person_id, device_id, kind, credential_id, public_key, rp_id, backup_eligible, seal) values (${customerId}, ${uuidv7()}, ${personId}, ${deviceId}, 'device', 'x', ${Buffer.alloc(91)}, 'localhost', false, ${hash})`, ofCustomer),
    change('gateway', ({ customerId }) => sql`update app.approver_key set vouch = coalesce(vouch, '0') || '1' where customer_id = ${customerId}`, ofCustomer),
  ],
  'app.preference': [
    change('gateway', ({ customerId, personId }) => sql`insert into app.preference (customer_id, person_id, doc, version) values (${customerId}, ${personId}, '{}', 1)`, ofCustomer),
    change('gateway', ({ customerId, personId }) => sql`insert into app.preference (customer_id, person_id, doc, version) values (${customerId}, ${personId}, '{}', 1) on conflict (customer_id, person_id) do update set version = 2`, ofCustomer),
  ],
  'app.bundle': [
    change('gateway', () => sql`insert into app.bundle (id, version, doc, hash) values ('x', 1, '{}', ${hash})`, ofPlatform),
  ],
  'app.bundle_file': [change('gateway', () => sql`insert into app.bundle_file (bundle_id, hash) values ('x', sha256('x'))`, ofPlatform)],
  'app.bundle_draft': [
    change('gateway', () => sql`insert into app.bundle_draft (id, text, hash, edited_by) values ('x', 'x', sha256('x'), ${uuidv7()})`, ofPlatform),
    change('gateway', () => sql`update app.bundle_draft set reviewed_by = ${uuidv7()}, reviewed_hash = hash where id = 'kept'`, ofPlatform),
    change('gateway', () => sql`delete from app.bundle_draft where id = 'kept'`, ofPlatform),
  ],
  'app.policy': [change('spawn-gate', () => sql`insert into app.policy (kind, id, version, doc, hash, source) values ('template', 'x', 1, '{}', ${hash}, 'x')`, ofPlatform)],
  'app.team': [
    change('spawn-gate', ({ teamId }) => sql`update app.team set state = 'suspended', epoch = epoch + 1 where team_id = ${teamId}`),
    change('spawn-gate', () => sql`insert into app.team (team_id, customer_id, name, bundle_id, bundle_version, bundle, mode, state) values (sec.team(), ${uuidv7()}, 'x', 'x', 1, '{}', 'trial', 'requested')`, () => ({ id: uuidv7() })),
  ],
  'app.trial': [
    change('spawn-gate', ({ teamId }) => sql`update app.trial set extended = 1 where team_id = ${teamId}`),
    change('spawn-gate', ({ teamId }) => sql`insert into app.trial (team_id, tasks, policy_version, ends_at, grace_until) values (${teamId}, 1, 1, now(), now()) on conflict (team_id) do update set extended = 2`),
  ],
  'app.incident': [change('spawn-gate', ({ teamId }) => sql`insert into app.incident (team_id, id, kind, epoch) values (${teamId}, ${uuidv7()}, 'ethics_violation', 1)`)],
  'app.escalation': [
    change('spawn-gate', ({ teamId }) => sql`insert into app.escalation (team_id, id, trigger, subject, to_role, evidence_at, due_at) values (${teamId}, ${uuidv7()}, 'cost_over', ${uuidv7()}, 'platform_governor', now(), now())`),
    change('spawn-gate', ({ teamId }) => sql`update app.escalation set overdue_at = now() where team_id = ${teamId}`),
  ],
  'app.team_rating': [
    change('spawn-gate', ({ teamId, personId }) => sql`insert into app.team_rating (team_id, person_id, stars) values (${teamId}, ${personId}, 5) on conflict (team_id, person_id) do update set stars = 1`),
    change('spawn-gate', ({ teamId }) => sql`update app.team_rating set stars = 2 where team_id = ${teamId}`),
  ],
  'app.governance_review': [change('spawn-gate', ({ personId }) => sql`insert into app.governance_review (id, kind, subject, version, sha256, scope_sha256, role, verdict, notes, person_id) values (${uuidv7()}, 'bundle', 'x', 1, ${hash}, ${hash}, 'vision_guardian', 'waived', 'x', ${personId})`, ofPlatform)],
  'app.evolution': [
    change('spawn-gate', ({ personId }) => sql`insert into app.evolution (id, number, request_id, proposal, sha256, state, proposed_by) values ('EVOLUTION-900', 900, ${uuidv7()}, '{}', ${hash}, 'proposed', ${personId})`, ofPlatform),
    change('spawn-gate', () => sql`update app.evolution set answers = '[{"accepted": true}]' where id = 'EVOLUTION-800'`, ofPlatform),
  ],
  'app.certification': [
    change('spawn-gate', ({ teamId, personId }) => sql`insert into app.certification (team_id, id, bundle_id, bundle_version, bundle_sha256, verdict, classification, criteria, scope, checklists, precedents, reviews, alignment, risks, notes, decided_by)
      values (${teamId}, ${uuidv7()}, 'x', 1, ${hash}, 'certified', 'within', '{}', '{}', '[]', '[]', '[]', 100, '[]', '[]', ${personId})`),
  ],
  'app.member': [
    change('spawn-gate', ({ memberId }) => sql`update app.member set state = 'removed' where id = ${memberId}`),
    change('spawn-gate', ({ teamId }) => sql`insert into app.member (team_id, id, kind, skill, agent, name) values (${teamId}, ${uuidv7()}, 'specialist', 'spy', 'spy', 'Spy')`),
  ],
  'app.instance': [
    change('spawn-gate', ({ instanceId }) => sql`update app.instance set state = 'cancelled' where id = ${instanceId}`),
    change('spawn-gate', ({ teamId, memberId }) => sql`insert into app.instance (team_id, id, member_id, role, template_id, state, capabilities, slice, skill_hash, policy_version, sandbox_level, epoch) values (${teamId}, ${uuidv7()}, ${memberId}, 'w', 'w', 'running', '{}', '{}', '', 1, 3, 1)`),
  ],
  'app.spawn_decision': [change('spawn-gate', ({ teamId }) => sql`insert into app.spawn_decision (team_id, id, role, template_id, allowed, code, violations, policy_version, policy_hash, inputs_hash, inputs) values (${teamId}, ${uuidv7()}, 'w', 'w', true, 'ok', '[]', 1, '', '', '{}')`)],
  'app.gate_approval': [
    change('spawn-gate', ({ teamId }) => sql`insert into app.gate_approval (team_id, id, kind, requested_by, request, digest, code, reason, epoch, due_at) values (${teamId}, ${uuidv7()}, 'spawn', 'service', '{}', ${hash}, 'x', 'x', 1, now())`),
    change('spawn-gate', ({ teamId }) => sql`update app.gate_approval set state = 'withdrawn' where team_id = ${teamId}`),
  ],
  'app.mission_stop': [
    change('spawn-gate', ({ teamId }) => sql`insert into app.mission_stop (team_id, mission_id, state, stopped_by) values (${teamId}, ${uuidv7()}, 'paused', 'x')`),
    change('spawn-gate', ({ teamId }) => sql`update app.mission_stop set state = 'cancelled' where team_id = ${teamId}`),
    change('spawn-gate', ({ teamId }) => sql`delete from app.mission_stop where team_id = ${teamId}`),
  ],
  'app.capability_denial': [change('spawn-gate', ({ teamId, instanceId }) => sql`insert into app.capability_denial (team_id, id, instance_id, code, tool, reason, what) values (${teamId}, ${uuidv7()}, ${instanceId}, 'x', 'x', 'x', 'x')`)],
  'app.budget': [
    change('spawn-gate', ({ teamId }) => sql`insert into app.budget (team_id, account_id, unit, kind, granted) values (${teamId}, ${teamId}, 'steps', 'team', 1)`),
    change('spawn-gate', ({ teamId }) => sql`update app.budget set granted = granted + 1 where team_id = ${teamId} and kind = 'team'`),
  ],
  'app.helpdesk_session': [
    change('spawn-gate', ({ teamId }) => sql`insert into app.helpdesk_session (team_id, id, epoch, reason, plan, snapshot, closed_at) values (${teamId}, ${uuidv7()}, 1, '', '', '{}', now())`),
    change('spawn-gate', ({ teamId }) => sql`update app.helpdesk_session set closed_at = now() where team_id = ${teamId}`),
  ],
  'app.goal': [
    change('manager-agent', ({ goalId }) => sql`update app.goal set state = 'executing' where id = ${goalId}`),
    change('manager-agent', ({ teamId, personId }) => sql`insert into app.goal (team_id, id, text, state, submitted_by, repository) values (${teamId}, ${uuidv7()}, 'x', 'planned', ${personId}, '{}')`),
  ],
  'app.task': [
    change('manager-agent', ({ taskId }) => sql`update app.task set round = 2 where id = ${taskId}`),
    change('manager-agent', ({ teamId, goalId, memberId }) => sql`insert into app.task (team_id, id, goal_id, ordinal, key, title, skill, member_id, criteria, state) values (${teamId}, ${uuidv7()}, ${goalId}, 1, 'x', 'x', 'x', ${memberId}, '[]', 'todo')`),
  ],
  'app.todo': [
    change('manager-agent', ({ teamId, goalId, memberId, instanceId }) => sql`insert into app.todo (team_id, id, goal_id, subject, created_by, creator_id) values (${teamId}, ${uuidv7()}, ${goalId}, 'x', ${instanceId}, ${memberId})`),
    change('manager-agent', ({ teamId }) => sql`update app.todo set state = 'completed' where team_id = ${teamId}`),
  ],
  'app.team_message': [
    change('manager-agent', ({ teamId, goalId, memberId, instanceId }) => sql`insert into app.team_message (team_id, id, goal_id, type, from_instance, from_id) values (${teamId}, ${uuidv7()}, ${goalId}, 'broadcast', ${instanceId}, ${memberId})`),
  ],
  'app.mirror': [change('fleet', ({ customerId, personId }) => sql`insert into app.mirror (customer_id, name, remote, adopted_by) values (${customerId}, 'x', '/x', ${personId})`, ofCustomer), change('fleet', ({ customerId }) => sql`delete from app.mirror where customer_id = ${customerId}`, ofCustomer)],
  'app.task_event': [change('manager-agent', ({ teamId, taskId }) => sql`insert into app.task_event (team_id, id, task_id, kind, actor) values (${teamId}, ${uuidv7()}, ${taskId}, 'x', 'x')`)],
  'app.context': [
    change('fleet', ({ teamId }) => sql`insert into app.context (team_id, id, name, visibility, version, sha256, size) values (${teamId}, ${uuidv7()}, 'x', 'team', 1, ${hash}, 1)`),
    change('fleet', ({ teamId }) => sql`insert into app.context (team_id, id, name, visibility, version, sha256, size) values (${teamId}, ${uuidv7()}, 'x', 'team', 1, ${hash}, 1) on conflict (team_id, id) do update set version = 2`),
    change('manager-agent', ({ teamId }) => sql`insert into app.context (team_id, id, name, visibility, version, sha256, size) values (${teamId}, ${uuidv7()}, 'x', 'team', 1, ${hash}, 1)`),
  ],
  'app.context_version': [
    change('fleet', ({ teamId }) => sql`with c as (insert into app.context (team_id, id, name, visibility, version, sha256, size) values (${teamId}, ${uuidv7()}, 'x', 'team', 1, ${hash}, 1) returning id)
      insert into app.context_version (team_id, context_id, version, sha256, size, content, writer, provenance) select ${teamId}, id, 1, sha256('x'), 1, 'x', 'x', '{}' from c`),
    change('fleet', ({ teamId }) => sql`with c as (insert into app.context (team_id, id, name, visibility, version, sha256, size) values (${teamId}, ${uuidv7()}, 'x', 'team', 1, ${hash}, 1) returning id)
      insert into app.context_version (team_id, context_id, version, sha256, size, content, writer, provenance) select ${teamId}, id, 1, sha256('x'), 1, 'x', 'x', '{}' from c on conflict (team_id, context_id, version) do update set erased_at = now(), content = null`),
  ],
  'app.clarification': [
    change('manager-agent', ({ teamId, taskId, memberId, instanceId }) => sql`insert into app.clarification (team_id, id, task_id, member_id, instance_id, asked_of, question, due_at) values (${teamId}, ${uuidv7()}, ${taskId}, ${memberId}, ${instanceId}, 'user', 'x', now() + interval '1 hour')`),
    change('manager-agent', ({ teamId }) => sql`update app.clarification set given_up_at = now(), given_up_for = 'timeout' where team_id = ${teamId} and question = 'kept'`),
  ],
  'app.member_message': [
    change('manager-agent', ({ teamId, personId }) => sql`insert into app.member_message (team_id, id, kind, from_kind, from_id, text) values (${teamId}, ${uuidv7()}, 'message', 'person', ${personId}, 'x')`),
    change('manager-agent', ({ teamId, personId }) => sql`insert into app.member_message (team_id, id, kind, from_kind, from_id, text) values (${teamId}, ${uuidv7()}, 'message', 'person', ${personId}, 'x') on conflict (team_id, id) do update set archived_at = now()`),
  ],
  'app.message_receipt': [
    change('manager-agent', ({ teamId, managerId }) => sql`insert into app.message_receipt (team_id, message_id, member_id) select team_id, id, ${managerId}::uuid from app.member_message where team_id = ${teamId} and summary = 'kept'`),
    // a member's yes to its end
    change('manager-agent', ({ teamId, memberId, instanceId }) => sql`update app.message_receipt set delivered_at = now(), delivered_to = ${instanceId}, read_at = now(), answered_at = now(), approve = true where team_id = ${teamId} and member_id = ${memberId}`),
  ],
  'app.message_attachment': [
    change('manager-agent', ({ teamId }) => sql`insert into app.message_attachment (team_id, message_id, ordinal, sha256, name) select team_id, id, 1, sha256('x'), 'x' from app.member_message where team_id = ${teamId} and summary = 'kept'`),
  ],
  'app.board': [
    change('manager-agent', ({ teamId }) => sql`insert into app.board (team_id) values (${teamId})`),
    change('manager-agent', ({ teamId }) => sql`insert into app.board (team_id) values (${teamId}) on conflict (team_id) do update set reviewers = '{}'`),
  ],
  'app.review': [
    change('manager-agent', ({ teamId, taskId, draftId }) => sql`insert into app.review (team_id, id, task_id, draft_id, round) values (${teamId}, ${uuidv7()}, ${taskId}, ${draftId}, 1)`),
    change('manager-agent', ({ teamId, taskId, draftId }) => sql`insert into app.review (team_id, id, task_id, draft_id, round) values (${teamId}, ${uuidv7()}, ${taskId}, ${draftId}, 1) on conflict (team_id, draft_id) do update set decision = 'approved'`),
  ],
  'app.recommendation': [change('manager-agent', ({ teamId, memberId }) => sql`insert into app.recommendation (team_id, id, member_id, reason, evidence) values (${teamId}, ${uuidv7()}, ${memberId}, 'flagged', '{}')`)],
  'app.deliverable': [change('manager-agent', ({ teamId, goalId, managerId }) => sql`insert into app.deliverable (team_id, id, goal_id, revision, summary, effect, files, checks, proposed_by) values (${teamId}, ${uuidv7()}, ${goalId}, 2, 'x', '{}', '[]', '[]', ${managerId})`)],
  'app.draft': [
    change('fleet', ({ draftId }) => sql`update app.draft set state = 'conflict' where id = ${draftId}`),
    change('fleet', ({ teamId, taskId, runId }) => sql`insert into app.draft (team_id, id, task_id, run_id, round, summary, base_commit) values (${teamId}, ${uuidv7()}, ${taskId}, ${runId}, 1, 'x', 'x') on conflict (team_id, run_id) do update set summary = 'y'`),
  ],
  'app.artifact': [
    change('fleet', ({ teamId, draftId }) => sql`insert into app.artifact (team_id, id, draft_id, path, version, media_type, size, sha256) values (${teamId}, ${uuidv7()}, ${draftId}, 'x', 1, 'text/plain', 0, ${hash})`),
    change('fleet', ({ artifactId }) => sql`update app.artifact set content = null, base_content = null where id = ${artifactId}`),
  ],
  'app.check_run': [change('fleet', ({ teamId, draftId }) => sql`insert into app.check_run (team_id, id, draft_id, criterion, passed, duration_ms, sandbox_level) values (${teamId}, ${uuidv7()}, ${draftId}, 'x', true, 1, 3)`)],
  'app.approval': [
    change('gateway', ({ approvalId }) => sql`update app.approval set state = 'withdrawn' where id = ${approvalId}`),
    change('gateway', ({ teamId, goalId, customerId, managerId, approvalId }) => sql`with d as (select 'm'::bytea as m), old as (select deliverable_id from app.approval where id = ${approvalId})
      insert into app.approval (team_id, id, goal_id, deliverable_id, revision, manifest, digest, title, tier, state, epoch, customer_id, requested_by, due_at)
      select ${teamId}::uuid, ${uuidv7()}::uuid, ${goalId}::uuid, deliverable_id, 2, m, sha256(m), 'x', 1, 'pending', 1, ${customerId}::uuid, ${managerId}::uuid, now() from d, old
      on conflict (team_id, deliverable_id) do update set marks = '{x}'`),
  ],
  'app.approval_decision': [change('gateway', ({ teamId, approvalId, digest, personId }) => sql`insert into app.approval_decision (team_id, id, approval_id, decision, digest, person_id) values (${teamId}, ${uuidv7()}, ${approvalId}, 'deny', ${digest}, ${personId})`, byPerson)],
  'app.approval_mark': [change('gateway', ({ teamId, approvalId, personId, deviceId }) => sql`insert into app.approval_mark (team_id, id, approval_id, kind, person_id, device_id) values (${teamId}, ${uuidv7()}, ${approvalId}, 'escalated', ${personId}, ${deviceId})`, byPerson)],
  'app.approval_answer': [change('manager-agent', ({ teamId, memberId }) => sql`insert into app.approval_answer (team_id, question_id, member_id, text) select team_id, id, ${memberId}::uuid, 'x' from app.approval_mark where team_id = ${teamId} and kind = 'asked'`)],
  'app.alert': [change('gateway', ({ teamId, customerId, managerId }) => sql`insert into app.alert (team_id, id, customer_id, kind, stops, agent_id) values (${teamId}, ${uuidv7()}, ${customerId}, 'asks_too_often', 'agent', ${managerId})`)],
  'app.unasked': [change('gateway', ({ teamId, deliverableId }) => sql`insert into app.unasked (team_id, deliverable_id, code, detail) values (${teamId}, ${deliverableId}, 'quorum_short', '{}') on conflict (team_id, deliverable_id) do update set code = 'quorum_empty'`)],
  'app.approval_use': [change('executor', ({ approvalId, digest }) => sql`select sec.use_approval(${approvalId}, ${digest})`)],
  'app.effect': [
    change('executor', ({ teamId, approvalId, goalId }) => sql`insert into app.effect (team_id, id, approval_id, goal_id, kind, state, idempotency_key) values (${teamId}, ${uuidv7()}, ${approvalId}, ${goalId}, 'git.push', 'refused', 'k')`),
    change('executor', ({ teamId }) => sql`update app.effect set state = 'executed' where team_id = ${teamId}`),
  ],
  'audit.subject_key': [
    change('gateway', ({ teamId }) => sql`insert into audit.subject_key (team_id, subject_ref, wrapped_keys) values (${teamId}, ${uuidv7()}, 'x')`),
    change('gateway', ({ teamId }) => sql`with kept as (select subject_ref from audit.subject_key where team_id = ${teamId} and wrapped_keys is not null order by subject_ref limit 1) select audit.erase(subject_ref) from kept`),
  ],
  'app.conversation': [change('helpdesk-agent', ({ teamId }) => sql`insert into app.conversation (team_id, session_id, seq, message_id, author, text) select ${teamId}::uuid, id, 1, ${uuidv7()}::uuid, 'helpdesk', 'x' from app.helpdesk_session where team_id = ${teamId}`)],
};

/** Rows that P1 leaves out: ledgers, logs, heartbeats, deliveries, credentials in motion, and the record itself. */
const LEDGERS = [
  'app.oidc_record', 'app.idempotency', 'app.dpop_proof', 'app.agent_event_head', 'app.agent_event', 'app.budget_entry', 'app.mission_event', 'app.worker_run', 'app.worker_log', 'app.lease', 'app.approval_challenge', 'app.approval_seen', 'app.board_order', 'app.message_interrupt', 'app.attachment', 'app.run_sample', 'app.escalation_over', 'app.alert_stop', 'app.ladder', 'app.ring', 'app.notification', 'app.account_notice', 'app.former_address',
  'app.outbox', 'app.outbox_key', 'app.inbox', 'app.cursor', 'app.dead_letter', 'audit.head', 'audit.entry', 'audit.checkpoint', 'audit.personal',
];
const NEEDED = TABLES.filter(({ recorded }) => recorded !== 'never').map(({ name }) => name);

describe('P1 no row without its entry, whoever holds a service', () => {
  let database: TestDatabase;
  let scene: Scene;
  /** A team with an effect under way. */
  let started: Scene;
  let house: TakenOverHouse;
  before(async () => {
    database = await testDatabase();
    house = await TakenOverHouse.of(database);
    scene = await aScene(database, { approval: 'approved' });
    const { teamId } = scene;
    await database.admin(`insert into app.evolution (id, number, request_id, proposal, sha256, state, proposed_by) values ('EVOLUTION-800', 800, $1, '{}', $2, 'proposed', $3)`, [uuidv7(), Buffer.alloc(32), uuidv7()]);
    await database.admin(`insert into app.bundle_draft (id, text, hash, edited_by) values ('kept', 'x', sha256('x'), $1)`, [uuidv7()]);
    await database.admin(`insert into app.gate_approval (team_id, id, kind, requested_by, request, digest, code, reason, epoch, due_at) values ($1, $2, 'spawn', 'service', '{}', $3, 'x', 'x', 1, now())`, [teamId, uuidv7(), Buffer.alloc(32)]);
    await database.admin(`insert into app.member_message (team_id, id, kind, from_kind, from_id, text, summary) values ($1, $2, 'message', 'person', $3, 'x', 'kept')`, [teamId, uuidv7(), uuidv7()]);
    await database.admin(`insert into app.message_receipt (team_id, message_id, member_id) select team_id, id, $2 from app.member_message where team_id = $1 and summary = 'kept'`, [teamId, scene.memberId]);
    await database.admin(`insert into app.clarification (team_id, id, task_id, member_id, instance_id, asked_of, question, due_at) values ($1, $2, $3, $4, $5, 'user', 'kept', now() + interval '1 hour')`, [teamId, uuidv7(), scene.taskId, scene.memberId, scene.instanceId]);
    await database.admin(`insert into app.attachment (team_id, sha256, size, media_type, content, by) values ($1, sha256('x'), 1, 'text/plain', 'x', $2)`, [teamId, uuidv7()]);
    await database.admin(`insert into app.mission_stop (team_id, mission_id, state, stopped_by) values ($1, $2, 'paused', 'x')`, [teamId, uuidv7()]);
    await database.admin(`insert into app.budget (team_id, account_id, unit, kind, granted) values ($1, $1, 'tokens', 'team', 100)`, [teamId]);
    await database.admin(`insert into app.escalation (team_id, id, trigger, subject, to_role, evidence_at, due_at) values ($1, gen_random_uuid(), 'cost_over', 's', 'platform_governor', now(), now())`, [teamId]);
    await database.admin(`insert into app.trial (team_id, tasks, policy_version, ends_at, grace_until) values ($1, 1, 1, now(), now())`, [teamId]);
    await database.admin(`insert into app.team_rating (team_id, person_id, stars) values ($1, gen_random_uuid(), 3)`, [teamId]);
    await database.admin(`insert into app.helpdesk_session (team_id, id, epoch, reason, plan, snapshot) values ($1, $2, 1, '', '', '{}')`, [teamId, uuidv7()]);
    await database.admin(`insert into app.approver_key (customer_id, id, person_id, device_id, kind, credential_id, public_key, rp_id, backup_eligible, seal) values ($1, $2, $3, $4, 'device', 'kept', $5, 'localhost', false, $6)`, [scene.customerId, uuidv7(), scene.personId, scene.deviceId, Buffer.alloc(91), hash]);
    await database.admin(`insert into app.todo (team_id, id, goal_id, subject, created_by, creator_id) values ($1, $2, $3, 'x', $4, $5)`, [teamId, uuidv7(), scene.goalId, scene.instanceId, scene.memberId]);
    await database.admin(`insert into app.approval_mark (team_id, id, approval_id, kind, person_id, device_id, text) values ($1, $2, $3, 'asked', $4, $4, 'x')`, [teamId, uuidv7(), scene.approvalId, scene.personId]);
    await database.admin(`insert into audit.subject_key (team_id, subject_ref, wrapped_keys) values ($1, gen_random_uuid(), 'x')`, [teamId]);
    started = await aScene(database);
    const { approvalId, goalId } = started;
    await database.admin(`insert into app.approval_use (team_id, approval_id) values ($1, $2)`, [started.teamId, approvalId]);
    await database.admin(`insert into app.effect (team_id, id, approval_id, goal_id, kind, state, idempotency_key) values ($1, $2, $3, $4, 'git.push', 'started', 'k')`, [started.teamId, uuidv7(), approvalId, goalId]);
  });
  after(async () => {
    await house[Symbol.asyncDispose]();
    await database.close();
  });
  const sceneOf = ({ statement }: Change): Scene => (statement(scene).text.includes('update app.effect') ? started : scene);
  const contextOf = (change: Change): SignedAs => change.as?.(sceneOf(change)) ?? { id: sceneOf(change).teamId };

  it('knows a change of every table that is no ledger, for every verb a service has there', () => {
    expect(TABLES.filter(({ recorded }) => recorded === 'never').map(({ name }) => name).sort()).toEqual([...LEDGERS].sort());
    expect(Object.keys(CHANGES).sort()).toEqual([...NEEDED].sort());
    for (const { name, grants } of TABLES.filter((table) => NEEDED.includes(table.name))) {
      const verbs = new Set(Object.entries(grants).flatMap(([who, rights]) => (who === 'own_ops' ? [] : parseRights(rights).map(({ verb }) => verb))));
      const tried = CHANGES[name]!.map(({ statement }) => statement(NOWHERE).text).join('\n');
      for (const verb of [...verbs].filter((each) => each !== 'select')) expect(`${name}: ${tried}`).toMatch(new RegExp(verb === 'insert' ? 'insert into' : verb === 'update' ? `update ${name} set|do update set` : `delete from ${name}`));
    }
  });

  for (const [table, changes] of Object.entries(CHANGES)) {
    it(`${table}: refuses the change alone, takes it with an entry`, async () => {
      for (const each of changes) {
        const statement = each.statement(sceneOf(each));
        const attacker = house.as(each.by);
        expect([statement.text, await attacker.tried(contextOf(each), statement)]).toEqual([statement.text, 'missing_audit_entry']);
        expect([statement.text, await attacker.tried(contextOf(each), statement, entryOf(each.by))]).toEqual([statement.text, 'done']);
      }
    });
  }

  const suspend = (teamId: string): Statement => sql`update app.team set state_reason = 'quietly' where team_id = ${teamId}`;
  const quietly = async (teamId: string): Promise<number> => (await database.admin(`select from app.team where team_id = $1 and state_reason = 'quietly'`, [teamId])).length;

  it('lets in no device and no key that its owner is not told of in the same transaction, and keeps where they are told', async () => {
    const { customerId, personId, deviceId } = scene;
    const gateway = house.as('gateway');
    const device = (createdAt = 'now()'): Statement => ({ text: `insert into app.device (customer_id, id, person_id, name, platform, address, created_at) values ($1, gen_random_uuid(), $2, 'x', 'cli', 'x', ${createdAt})`, values: [customerId, personId] });
    const key = (): Statement => sql`insert into app.approver_key (customer_id, id, person_id, device_id, kind, credential_id, public_key, rp_id, backup_eligible, seal) values (${customerId}, ${uuidv7()}, ${personId}, ${deviceId}, 'device', ${uuidv7()}, ${Buffer.alloc(91)}, 'localhost', false, ${hash})`;
    await database.admin(`update app.device set created_at = created_at - interval '1 hour' where id = $1`, [deviceId]);
    const as = ofCustomer(scene);
    for (const only of ['{"phone": "+919855512345"}', '{"email": "old@example.test"}']) {
      await database.admin(`insert into app.preference (customer_id, person_id, doc, version) values ($1, $2, $3, 1) on conflict (customer_id, person_id) do update set doc = excluded.doc`, [customerId, personId, only]);
      for (const quietly of [device(), key()]) {
        expect([only, await gateway.tried(as, quietly, entryOf('gateway'))]).toEqual([only, 'not_announced']);
        expect(await gateway.tried(as, told(customerId, personId), quietly, entryOf('gateway'))).toBe('done');
      }
    }
    expect(await gateway.tried(as, told(customerId, personId), device(`now() + interval '1 day'`), entryOf('gateway'))).toBe('not_announced'); // whose keys would all be news of one go
    expect(await gateway.run(as, told(customerId, personId))).toBe('done'); // of another transaction
    expect(await gateway.tried(as, key(), entryOf('gateway'))).toBe('not_announced');

    // where they are warned is not taken away first
    const kept = () => database.admin<{ email: string }>(`select email from app.former_address where person_id = $1`, [personId]);
    expect(await gateway.run(as, sql`update app.preference set doc = '{"email": "mallory@evil.example"}', version = 2 where person_id = ${personId}`, entryOf('gateway'))).toBe('done');
    expect(await kept()).toEqual([{ email: 'old@example.test' }]);
    for (const trick of [sql`delete from app.former_address where person_id = ${personId}`, sql`update app.former_address set email = 'x'`, sql`select * from app.former_address`]) expect(await gateway.tried(as, trick)).toMatch(/permission denied/);
    expect(await gateway.run(as, sql`select ops.forget_person(${personId})`)).toBe('done'); // forgets nobody who is not erased
    expect(await kept()).toHaveLength(1);
    await database.admin(`delete from app.preference where person_id = $1`, [personId]);
  });

  it('keeps nothing of a refused change, at the commit itself', async () => {
    const { teamId } = await aScene(database);
    expect(await house.as('spawn-gate').run({ id: teamId }, suspend(teamId))).toBe('missing_audit_entry');
    expect(await quietly(teamId)).toBe(0);
    expect(await house.as('spawn-gate').run({ id: teamId }, suspend(teamId), entryOf('spawn-gate'))).toBe('done');
    expect(await quietly(teamId)).toBe(1);
  });

  it('counts no entry of an earlier transaction, of another chain, or taken back', async () => {
    const [ours, theirs] = [await aScene(database), await aScene(database)];
    const gate = house.as('spawn-gate');
    const here = { id: ours.teamId };
    expect(await gate.run(here, entryOf('spawn-gate'))).toBe('done');
    expect(await gate.run(here, suspend(ours.teamId))).toBe('missing_audit_entry');
    expect(await gate.run(here, suspend(ours.teamId), gate.enter({ id: theirs.teamId }), entryOf('spawn-gate'))).toBe('missing_audit_entry');
    expect(await gate.run(here, suspend(ours.teamId), gate.enter({ scope: 'platform', id: PLATFORM_CHAIN }), entryOf('spawn-gate'))).toBe('missing_audit_entry');
    expect(await gate.run(here, suspend(ours.teamId), sql`savepoint s`, entryOf('spawn-gate'), sql`rollback to savepoint s`)).toBe('missing_audit_entry');
    expect(await gate.run(here, sql`savepoint s`, entryOf('spawn-gate'), sql`rollback to savepoint s`, suspend(ours.teamId))).toBe('missing_audit_entry');
    // entries that are none: the chain's head would be written by this transaction, and nothing stand behind it
    for (const none of [sql`select audit.append('{}', '{}')`, sql`select audit.append(null, null)`, sql`select audit.append('{}', array['x'::bytea])`, sql`select audit.append(array[gen_random_uuid()], array[null::bytea])`]) {
      expect(await gate.run(here, none, suspend(ours.teamId))).toBe('entry refused: malformed');
    }
    expect(await quietly(ours.teamId)).toBe(0);
  });

  it('cannot be put off, switched off or gone round', async () => {
    const { teamId } = await aScene(database);
    const gate = house.as('spawn-gate');
    expect(await gate.run({ id: teamId }, sql`set constraints all immediate`, suspend(teamId))).toBe('missing_audit_entry');
    for (const trick of [sql`alter table app.team disable trigger recorded`, sql`drop trigger recorded on app.team`, sql`set session_replication_role = replica`, sql`truncate app.mission_stop`, sql`set session authorization own_ops`, sql`set role own_app`]) {
      expect(await gate.run({ id: teamId }, trick, suspend(teamId))).toMatch(/must be owner|permission denied/);
    }
    expect(await quietly(teamId)).toBe(0);
  });

  it('leaves movements, beats and marks of use to their ledgers', async () => {
    const { teamId, runId, deviceId } = scene;
    expect(await house.as('fleet').tried({ id: teamId }, sql`update app.worker_run set heartbeat_at = now() where id = ${runId}`)).toBe('done');
    expect(await house.as('gateway').tried(ofCustomer(scene), sql`update app.device set last_success_at = now() where id = ${deviceId}`)).toBe('done');
    expect(await house.as('spawn-gate').tried({ id: teamId }, sql`update app.budget set held = 1 where account_id = ${teamId}`)).toBe('done');
    expect(await house.as('executor').tried({ id: started.teamId }, sql`update app.effect set attempts = attempts + 1 where team_id = ${started.teamId}`)).toBe('done');
  });
});

/** Ids that belong to nothing: only the text of a statement is looked at. */
const NOWHERE = new Proxy({} as Scene, { get: () => uuidv7() });
