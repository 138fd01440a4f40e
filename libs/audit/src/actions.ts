import { choice, codeOrPersonal, count, flag, hash, json, optional, orNull, personalField, text, time, type BodyOfFields, type Fields } from './fields.js';

/** What an action is about (`object.type`), which field of the body is that object's id, and all fields of the body. */
export interface ActionShape {
  readonly object: string;
  readonly id: string;
  readonly fields: Fields;
}

const on = <const F extends Fields, K extends keyof F & string>(object: string, id: K, fields: F) => ({ object, id, fields });

/** The names of the product's checklist (S4-96 … S4-112). Fields named there stand first; ours follow. */
const checklistActions = {
  'TEAM-CREATED': on('team', 'team_id', { team_id: text, composition: json, customer_id: text, pricing: json, price_table: optional(count), bundle: optional(text), mode: optional(text) }),
  'TEAM-CERTIFIED': on('team', 'team_id', {
    team_id: text,
    genesis_decision_id: text,
    bundle: optional(text),
    bundle_sha256: optional(hash),
    classification: optional(choice('within', 'evolution')),
    alignment: optional(count),
    /** Seeds that it stands on, `id@version`. */
    precedents: optional(json),
    /** Reviews and waivers that it waited for. */
    reviews: optional(json),
    /** The approved one that lets it go further. */
    evolution: optional(text),
    evidence_sha256: optional(hash),
  }),
  'TEAM-DEPLOYED': on('team', 'team_id', { team_id: text, deployment_timestamp: time, mode: optional(text), manager_instance_id: optional(text) }),
  'TEAM-SUSPENDED': on('team', 'team_id', { team_id: text, reason: codeOrPersonal, root_cause_agent_id: orNull(text), epoch: optional(count) }),
  'TEAM-REACTIVATED': on('team', 'team_id', { team_id: text, resolution: codeOrPersonal, epoch: optional(count) }),
  'MANAGER-TASK-ASSIGNED': on('task', 'task_id', {
    manager_id: text,
    team_member_id: text,
    task_description: personalField,
    correlation_id: text,
    task_id: text,
    goal_id: optional(text),
    role: optional(text),
    round: optional(count),
    /** The seed that permits it, `id@version`. */
    precedent: optional(text),
  }),
  'MANAGER-DRAFT-REVIEWED': on('draft', 'draft_id', {
    manager_id: text,
    team_member_id: text,
    draft_id: text,
    decision: choice('approved', 'revise', 'flag'),
    task_id: optional(text),
    round: optional(count),
    notes_sha256: optional(hash),
  }),
  'MANAGER-APPROVAL-REQUESTED': on('deliverable', 'deliverable_id', { manager_id: text, customer_governor_id: personalField, deliverable_id: text, goal_id: optional(text), effect: optional(text) }),
  'TEAM-MEMBER-OUTPUT': on('output', 'output_id', { team_member_id: text, output_id: text, manager_review_status: text, task_id: optional(text), run_id: optional(text), artifacts: optional(count) }),
  'TEAM-SHARED-CONTEXT-WRITE': on('artifact', 'artifact_id', {
    agent_id: codeOrPersonal,
    team_id: text,
    artifact_id: text,
    hash,
    version: optional(count),
    path: optional(text),
    replaced_hash: optional(hash),
  }),
  'TEAM-STATUS-UPDATE': on('team', 'team_id', { team_id: text, status: text, triggered_by: codeOrPersonal }),
  'MOBILE-APPROVAL-REQUESTED': on('approval', 'approval_id', {
    customer_governor_id: personalField,
    deliverable_id: text,
    push_notification_id: text,
    approval_id: text,
    digest: optional(hash),
    expires_at: optional(time),
  }),
  'MOBILE-APPROVAL-GRANTED': on('approval', 'approval_id', {
    customer_governor_id: personalField,
    deliverable_id: text,
    device_id: personalField,
    timestamp: time,
    approval_id: text,
    digest: hash,
    decided_offline_at: optional(time),
    assertion_sha256: optional(hash),
    key_kind: optional(text),
    credential_id: optional(text),
  }),
  'MOBILE-APPROVAL-DENIED': on('approval', 'approval_id', {
    customer_governor_id: personalField,
    deliverable_id: text,
    reason: personalField,
    approval_id: text,
    digest: hash,
    device_id: optional(personalField),
    decided_offline_at: optional(time),
  }),
  'HELPDESK-ACTIVATED': on('team', 'team_id', { team_id: text, reason: codeOrPersonal, session_id: optional(text), authority: optional(text) }),
  'HELPDESK-INTERACTION': on('helpdesk_session', 'session_id', { customer_id: personalField, helpdesk_agent_id: text, message: personalField, response: personalField, session_id: text }),
  'HELPDESK-DEACTIVATED': on('team', 'team_id', { team_id: text, resolution: codeOrPersonal, session_id: optional(text) }),
} as const;

/** Ours, in the same style: the rest of a team's life, goals and drafts. */
const workActions = {
  'TEAM-REJECTED': on('team', 'team_id', { team_id: text, genesis_decision_id: text, reason: codeOrPersonal, bundle: optional(text), bundle_sha256: optional(hash), refusal: optional(text), evidence_sha256: optional(hash) }),
  /** `evidence`: the trial's figures, by which the conditions of the team policy's version were met. */
  'TEAM-PROMOTED': on('team', 'team_id', { team_id: text, from_mode: text, to_mode: text, evidence: optional(json), policy_version: optional(count) }),
  'TEAM-TRIAL-STARTED': on('team', 'team_id', { team_id: text, ends_at: time, tasks: count, usd_micros: count, policy_version: count }),
  'TEAM-TRIAL-EXTENDED': on('team', 'team_id', { team_id: text, ends_at: time, usd_micros: count, extension: count, reason: codeOrPersonal }),
  'TEAM-TRIAL-EXPIRED': on('team', 'team_id', { team_id: text, ended_at: time, grace_until: time }),
  'TEAM-RATED': on('team', 'team_id', { team_id: text, customer_governor_id: personalField, stars: count }),
  'TEAM-CANCELLED': on('team', 'team_id', { team_id: text, reason: codeOrPersonal, from_state: text, mode: text }),
  /** What the helpdesk says by itself when it opens: why, and what happens next. */
  'HELPDESK-TOLD': on('helpdesk_session', 'session_id', { session_id: text, helpdesk_agent_id: text, words_sha256: hash, cards: count }),
  /** A message of the customer for a person. */
  'HELPDESK-NOTE-LEFT': on('helpdesk_session', 'session_id', { session_id: text, message_id: text, customer_id: personalField, message: personalField }),
  /** What its service tried in the database without the right to: `what` in the database's words, of which each is said once an hour. */
  'HELPDESK-REFUSED': on('service', 'helpdesk_agent_id', { helpdesk_agent_id: text, code: choice('not_permitted'), what: text }),
  'TEAM-MEMBER-SUSPENDED': on('member', 'team_member_id', { team_id: text, team_member_id: text, reason: codeOrPersonal, counted: optional(count), incident_id: optional(text) }),
  /** The fresh one has the skill and the agent of the one before it; `requests` are the incidents by which governors asked for it. */
  'TEAM-MEMBER-REPLACED': on('member', 'team_member_id', { team_id: text, team_member_id: text, replacement_id: text, name: text, skill: text, agent: text, requests: json, decided_by: personalField, reason: codeOrPersonal }),
  'TEAM-MEMBER-REINSTATED': on('member', 'team_member_id', { team_id: text, team_member_id: text, reason: codeOrPersonal }),
  /** What suspended a team or a member, or what a person recorded for an authority. */
  'INCIDENT-RECORDED': on('incident', 'incident_id', { incident_id: text, team_id: text, kind: text, member_id: optional(text), counted: count, recorded_by: optional(personalField), words: optional(personalField) }),
  'ESCALATION-RAISED': on('escalation', 'escalation_id', { escalation_id: text, team_id: text, trigger: text, subject: text, to_role: text, counted: count, figures: optional(json), due_at: time, policy_version: count }),
  'ESCALATION-OVERDUE': on('escalation', 'escalation_id', { escalation_id: text, to_role: text, due_at: time }),
  'ESCALATION-ACKNOWLEDGED': on('escalation', 'escalation_id', { escalation_id: text, acknowledged_by: personalField }),
  'ESCALATION-RESOLVED': on('escalation', 'escalation_id', { escalation_id: text, resolved_by: optional(personalField), resolution: codeOrPersonal }),
  'TEAM-COORDINATED': on('team', 'team_id', { team_id: text, by: choice('manager', 'person', 'individuals'), before: choice('manager', 'person', 'individuals'), coordinator: optional(personalField), reason: codeOrPersonal }),
  'TEAM-COMPLETED': on('team', 'team_id', { team_id: text, reason: codeOrPersonal }),
  'TEAM-DISSOLVED': on('team', 'team_id', { team_id: text, reason: codeOrPersonal }),
  'TEAM-ARCHIVED': on('team', 'team_id', { team_id: text }),
  'MIRROR-FORGOTTEN': on('mirror', 'mirror', { customer_id: text, mirror: text }),
  'MIRROR-ADOPTED': on('mirror', 'mirror', { customer_id: text, mirror: text, remote: text, adopted_by: personalField }),
  'GOAL-SUBMITTED': on('goal', 'goal_id', { goal_id: text, customer_governor_id: personalField, goal_text: personalField, base_commit: optional(text), branch: optional(text) }),
  /** `precedents`: the seeds in force that it was planned under, `id@version`. `texts`: the versions of shared texts that it was planned with, and whose words they are. */
  'GOAL-PLANNED': on('goal', 'goal_id', { goal_id: text, manager_id: text, tasks: count, plan_sha256: optional(hash), precedents: optional(json), texts: optional(json) }),
  'GOAL-DELEGATED': on('goal', 'goal_id', { goal_id: text, customer_governor_id: personalField, mode: choice('orchestrate'), switched_from: optional(choice('plan')), workers: count }),
  'AGENT-JOINED': on('instance', 'instance_id', { instance_id: text, name: text, called_sha256: hash }),
  'AGENT-MESSAGE': on('team_message', 'message_id', { message_id: text, instance_id: text, type: text, recipients: count, content_sha256: hash, request_id: optional(text), approve: optional(flag) }),
  'TODO-CREATED': on('todo', 'todo_id', { todo_id: text, goal_id: text, instance_id: text, subject_sha256: hash }),
  'TODO-CHANGED': on('todo', 'todo_id', { todo_id: text, goal_id: text, instance_id: text, from: text, to: text, fields: text }),
  'GOAL-COMPLETED': on('goal', 'goal_id', { goal_id: text, deliverable_id: optional(text), effect_id: optional(text), cost_micros: optional(count) }),
  'GOAL-CANCELLED': on('goal', 'goal_id', { goal_id: text, reason: codeOrPersonal }),
  'GOAL-BLOCKED': on('goal', 'goal_id', { goal_id: text, reason: codeOrPersonal, task_id: optional(text) }),
  'GOAL-FAILED': on('goal', 'goal_id', { goal_id: text, reason: codeOrPersonal }),
  'TASK-ANSWERED': on('task', 'task_id', { task_id: text, goal_id: text, customer_governor_id: personalField, answer: choice('retry', 'skip'), note: optional(personalField), round: count }),
  /** The board: what people, and the manager for them, say about tasks. Reviewers are members by id, people as commitments. */
  'TASK-CREATED': on('task', 'task_id', { task_id: text, goal_id: text, task_description: personalField, team_member_id: optional(text), depends_on: optional(json) }),
  'TASK-OWNER-SET': on('task', 'task_id', { task_id: text, goal_id: text, team_member_id: text }),
  'TASK-REVIEW-REQUESTED': on('task', 'task_id', { task_id: text, goal_id: text, reviewer: optional(codeOrPersonal) }),
  'TASK-REVIEW-STARTED': on('task', 'task_id', { task_id: text, goal_id: text }),
  'TASK-REVIEW-NUDGED': on('task', 'task_id', { task_id: text, goal_id: text, reviewer: optional(codeOrPersonal) }),
  'TASK-REVIEW-APPROVED': on('task', 'task_id', { task_id: text, goal_id: text }),
  'TASK-CHANGES-REQUESTED': on('task', 'task_id', { task_id: text, goal_id: text, comment: optional(personalField) }),
  'TASK-APPROVAL-REMOVED': on('task', 'task_id', { task_id: text, goal_id: text }),
  'BOARD-REVIEWERS-SET': on('team', 'team_id', { team_id: text, reviewers: count }),
  'MANAGER-TASK-REASSIGNED': on('task', 'task_id', { task_id: text, goal_id: text, manager_id: text, from_member_id: text, team_member_id: text, reason: choice('unacknowledged', 'absent', 'failed', 'lost'), round: count }),
  'MANAGER-ESCALATED': on('task', 'task_id', { task_id: text, goal_id: text, manager_id: text, reason: choice('nothing_moves', 'unacknowledged', 'not_reviewed') }),
  'MANAGER-RECOMMENDED': on('recommendation', 'recommendation_id', {
    recommendation_id: text, manager_id: text, team_member_id: text, recommends: choice('suspension'), reason: choice('flagged', 'keeps_failing', 'too_many_revisions'), reviewed: count, revised: count, flagged: count, failed: count,
  }),
  /** A person's message to members: in the record its hash, never its words. */
  'MEMBER-MESSAGE': on('member_message', 'message_id', { message_id: text, kind: text, recipients: count, content_sha256: hash, attachments_sha256: optional(text) }),
  /** Its words and files are gone, for good. */
  'MEMBER-MESSAGE-ERASED': on('member_message', 'message_id', { message_id: text, content_sha256: hash, attachments: count }),
  'MEMBER-MESSAGES-ARCHIVED': on('team', 'team_id', { team_id: text, up_to: count, messages: count }),
  /** Whether a member ends, as a person asked: its own word. */
  'MEMBER-SHUTDOWN-ANSWERED': on('member_message', 'message_id', { message_id: text, team_member_id: text, instance_id: text, approve: flag, reason_sha256: optional(hash) }),
  /** What a member asks while it works, and what comes of it: in the record hashes, never the words. */
  'MEMBER-CLARIFICATION-ASKED': on('clarification', 'question_id', { question_id: text, task_id: text, goal_id: text, team_member_id: text, instance_id: text, question_sha256: hash }),
  'MANAGER-CLARIFICATION-FORWARDED': on('clarification', 'question_id', { question_id: text, task_id: text, goal_id: text, manager_id: text, reason: choice('not_in_records', 'for_a_person') }),
  'MANAGER-CLARIFICATION-ANSWERED': on('clarification', 'question_id', { question_id: text, task_id: text, goal_id: text, manager_id: text, message_id: text, content_sha256: hash }),
  'CLARIFICATION-ANSWERED': on('clarification', 'question_id', { question_id: text, task_id: text, goal_id: text, message_id: text, content_sha256: hash }),
  'CLARIFICATION-EXPIRED': on('clarification', 'question_id', { question_id: text, task_id: text, goal_id: text, instance_id: text, outcome: choice('timeout', 'withdrawn') }),
  'MANAGER-SHARED-CONTEXT-WRITE': on('artifact', 'artifact_id', { manager_id: text, team_id: text, artifact_id: text, hash, version: count, task_id: text, from_task_id: text, goal_id: text }),
  'ARTIFACT-ERASED': on('artifact', 'artifact_id', { team_id: text, artifact_id: text, hash, version: count }),
  'TEAM-SHARED-CONTEXT-ERASED': on('artifact', 'artifact_id', { team_id: text, artifact_id: text, hash, version: count }),
  'MANAGER-QUESTION-ANSWERED': on('question', 'question_id', { manager_id: text, question_id: text, approval_id: text, goal_id: text, answer_sha256: hash }),
  'GOAL-PAUSED': on('goal', 'goal_id', { goal_id: text, reason: codeOrPersonal }),
  'GOAL-RESUMED': on('goal', 'goal_id', { goal_id: text, paused_ms: count }),
  'MISSION-CREATED': on('goal', 'goal_id', { goal_id: text, customer_governor_id: personalField, title: personalField, goal_text: personalField, work_items: count, plan_sha256: hash }),
  'MISSION-EVENT': on('goal', 'goal_id', { goal_id: text, event: text, event_key_sha256: hash, revision: count, status: text, work_item: optional(text), work_item_status: optional(text) }),
  'MISSION-EVENT-REFUSED': on('goal', 'goal_id', { goal_id: text, event: text, code: text, work_item: optional(text) }),
  'DRAFT-CHECKED': on('draft', 'draft_id', { draft_id: text, check: text, passed: flag, exit_code: orNull(count), output_sha256: optional(hash), task_id: optional(text) }),
} as const;

/** A question to a person, and a person's answer: bound to the digest of what is shown and done. */
const questionAsked = { approval_id: text, digest: hash, code: text, instance_id: optional(text), task_id: optional(text) };
const questionAnswered = { approval_id: text, digest: hash, reason: codeOrPersonal, decision_id: optional(text) };

/** Ours: authority, budgets and instances. Amounts are objects of unit → integer. */
const gateActions = {
  'SPAWN-ALLOWED': on('instance', 'instance_id', {
    instance_id: text,
    task_id: orNull(text),
    team_member_id: optional(text),
    role: text,
    template_id: text,
    policy_version: text,
    policy_sha256: optional(hash),
    sandbox_level: optional(count),
    sandbox_chosen: optional(choice('process', 'none')),
    capabilities: optional(json),
    hold: optional(json),
    skill_hash: text,
    source: text,
    parent_instance_id: optional(text),
    mission_id: optional(text),
  }),
  /** A place was taken: from now on a supervisor holds the instance. */
  'INSTANCE-STARTED': on('instance', 'instance_id', { instance_id: text, task_id: text, team_member_id: optional(text), role: text, sandbox_level: count, sandbox_chosen: optional(choice('process', 'none')), skill_hash: text, hold: json }),
  'SPAWN-DENIED': on('spawn_decision', 'decision_id', {
    decision_id: text,
    task_id: optional(text),
    team_member_id: optional(text),
    role: optional(text),
    code: text,
    violations: json,
    policy_version: text,
    policy_sha256: optional(hash),
    source: text,
    parent_instance_id: optional(text),
    mission_id: optional(text),
  }),
  'SPAWN-APPROVAL-REQUESTED': on('gate_approval', 'approval_id', questionAsked),
  'SPAWN-APPROVAL-GRANTED': on('gate_approval', 'approval_id', questionAnswered),
  'SPAWN-APPROVAL-DENIED': on('gate_approval', 'approval_id', questionAnswered),
  'SPAWN-APPROVAL-EXPIRED': on('gate_approval', 'approval_id', { approval_id: text, digest: hash, expired_at: time }),
  'SPAWN-APPROVAL-WITHDRAWN': on('gate_approval', 'approval_id', { approval_id: text, digest: hash, reason: text }),
  'TOOL-APPROVAL-REQUESTED': on('gate_approval', 'approval_id', questionAsked),
  'TOOL-APPROVAL-GRANTED': on('gate_approval', 'approval_id', questionAnswered),
  'TOOL-APPROVAL-DENIED': on('gate_approval', 'approval_id', questionAnswered),
  'TOOL-APPROVAL-EXPIRED': on('gate_approval', 'approval_id', { approval_id: text, digest: hash, expired_at: time }),
  'TOOL-APPROVAL-WITHDRAWN': on('gate_approval', 'approval_id', { approval_id: text, digest: hash, reason: text }),
  /** The one call that a yes was for. */
  'TOOL-APPROVAL-USED': on('gate_approval', 'approval_id', { approval_id: text, digest: hash, instance_id: text, call_id: text }),
  'MISSION-STOPPED': on('mission', 'mission_id', { mission_id: text, state: choice('cancelled', 'paused'), reason: codeOrPersonal, instances: count }),
  'MISSION-RESUMED': on('mission', 'mission_id', { mission_id: text, reason: codeOrPersonal }),
  'INSTANCE-ENDED': on('instance', 'instance_id', { instance_id: text, status: choice('completed', 'failed', 'cancelled'), reason: text, spent: json, skill_hash: text, words: optional(personalField) }),
  'CAPABILITY-DENIED': on('instance', 'instance_id', { instance_id: text, code: text, tool: optional(text), what: text }),
  'BUDGET-APPROVAL-REQUESTED': on('gate_approval', 'approval_id', questionAsked),
  'BUDGET-APPROVAL-GRANTED': on('gate_approval', 'approval_id', questionAnswered),
  'BUDGET-APPROVAL-DENIED': on('gate_approval', 'approval_id', questionAnswered),
  'BUDGET-APPROVAL-EXPIRED': on('gate_approval', 'approval_id', { approval_id: text, digest: hash, expired_at: time }),
  'BUDGET-APPROVAL-WITHDRAWN': on('gate_approval', 'approval_id', { approval_id: text, digest: hash, reason: text }),
  'BUDGET-GRANTED': on('budget', 'account_id', { account_id: text, parent_account_id: orNull(text), amounts: json }),
  'BUDGET-HELD': on('budget', 'account_id', { account_id: text, hold_id: text, amounts: json, instance_id: optional(text) }),
  'BUDGET-RELEASED': on('budget', 'account_id', { account_id: text, hold_id: text, spent: json, released: json }),
  'BUDGET-WARNED': on('budget', 'account_id', { account_id: text, unit: text, granted: count, spent: count, held: optional(count) }),
  'BUDGET-EXHAUSTED': on('budget', 'account_id', { account_id: text, unit: text, granted: count, spent: count, held: optional(count), on_exhausted: optional(choice('cancel', 'pause')) }),
  'BUDGET-RAISED': on('budget', 'account_id', { account_id: text, amounts: json, approval_id: optional(text), reason: optional(choice('promotion', 'trial_extension')) }),
  /** `subject`: `bundle:ID@VERSION` or `evolution:ID@1`; `sha256` of the text that was looked at. */
  'REVIEW-RECORDED': on('review', 'review_id', { review_id: text, subject: text, sha256: hash, scope_sha256: optional(hash), role: choice('genesis', 'systems_architect', 'vision_guardian'), verdict: choice('recommended', 'rejected'), reviewed_by: personalField, notes: personalField }),
  'REVIEW-WAIVED': on('review', 'review_id', { review_id: text, subject: text, sha256: hash, scope_sha256: optional(hash), role: choice('genesis', 'systems_architect', 'vision_guardian'), waived_by: personalField, reason: personalField }),
  'EVOLUTION-PROPOSED': on('evolution', 'evolution_id', { evolution_id: text, sha256: hash, seed: text, about: optional(text), scope_sha256: optional(hash), proposed_by: personalField }),
  'EVOLUTION-CONFIRMED': on('evolution', 'evolution_id', { evolution_id: text, question_id: text, accepted: flag, confirmed_by: personalField, note: personalField }),
  /** An approval names the precedent that it became. */
  'EVOLUTION-DECIDED': on('evolution', 'evolution_id', { evolution_id: text, sha256: hash, decision: choice('approved', 'rejected', 'withdrawn'), decided_by: personalField, rationale: personalField, seed: optional(text), reviews: json }),
  'POLICY-CHANGED': on('policy', 'policy', { policy: text, version: text, sha256: hash, replaced_sha256: optional(hash) }),
  'SANDBOX-CHOSEN': on('policy', 'policy', { policy: text, version: text, least: choice('strict', 'process', 'none'), chosen_by: codeOrPersonal, replaced: optional(choice('strict', 'process', 'none')) }),
  'SKILL-RECALL-LIFTED': on('skill', 'sha256', { sha256: hash, words: personalField }),
  'SKILL-RECALLED': on('skill', 'sha256', { sha256: hash, words: personalField }),
  'BUNDLE-DRAFTED': on('bundle', 'bundle_id', { bundle_id: text, sha256: hash, drafted_by: optional(choice('operator_file')) }),
  'BUNDLE-DRAFT-DROPPED': on('bundle', 'bundle_id', { bundle_id: text, sha256: hash }),
  'BUNDLE-REVIEWED': on('bundle', 'bundle_id', { bundle_id: text, version: count, sha256: hash, author: optional(personalField), changes: count }),
  /** `draft_sha256`: the text that was reviewed, as BUNDLE-REVIEWED names it; `sha256` is of the content. */
  'BUNDLE-PUBLISHED': on('bundle', 'bundle_id', { bundle_id: text, version: count, sha256: hash, pricing: optional(json), comment: optional(personalField), reviewed_by: optional(personalField), draft_sha256: optional(hash), restores: optional(count), published_by: optional(choice('person', 'operator_file')), price_table: optional(count), monthly_before: optional(count) }),
} as const;

/** With which key a yes was signed. */
const signedYes = { assertion_sha256: optional(hash), key_kind: optional(text), credential_id: optional(text) };

/** Ours: how an approval or an effect ends when nobody says yes or no, and what was done. */
const approvalActions = {
  'MOBILE-APPROVAL-DEFERRED': on('approval', 'approval_id', { customer_governor_id: personalField, approval_id: text, until: time, device_id: optional(personalField), digest: optional(hash), reason: optional(personalField) }),
  'MOBILE-APPROVAL-ESCALATED': on('approval', 'approval_id', { customer_governor_id: personalField, approval_id: text, reason: optional(personalField), device_id: optional(personalField), digest: optional(hash), to: optional(choice('substitute', 'governor')) }),
  'MOBILE-APPROVAL-ASKED': on('approval', 'approval_id', { customer_governor_id: personalField, approval_id: text, question: personalField, device_id: optional(personalField), digest: optional(hash), question_id: optional(text) }),
  'APPROVAL-REPORTED': on('approval', 'approval_id', { approval_id: text, alert_id: text, deliverable_id: text, digest: hash, customer_governor_id: personalField, stops: choice('goal', 'agent', 'team'), muted_until: optional(time) }),
  /** `counted`: questions, or noes and expiries, within so many minutes. */
  'AGENT-PAUSED': on('alert', 'alert_id', { alert_id: text, agent_id: text, goal_id: optional(text), reason: choice('asks_too_often', 'refused_too_often'), counted: count, minutes: count }),
  'APPROVAL-CHANGES-REQUESTED': on('approval', 'approval_id', {
    customer_governor_id: personalField,
    deliverable_id: text,
    approval_id: text,
    digest: hash,
    reason: personalField,
    device_id: optional(personalField),
    decided_offline_at: optional(time),
    comments: optional(count),
    comments_said: optional(personalField),
  }),
  /** A yes of several that are needed; the one that makes them enough is MOBILE-APPROVAL-GRANTED, or APPROVAL-HELD before it. */
  'APPROVAL-COUNTED': on('approval', 'approval_id', { ...signedYes, customer_governor_id: personalField, device_id: personalField, deliverable_id: text, approval_id: text, digest: hash, need: count, given: count, decided_offline_at: optional(time) }),
  'APPROVAL-HELD': on('approval', 'approval_id', {
    ...signedYes, customer_governor_id: personalField, device_id: personalField, deliverable_id: text, approval_id: text, digest: hash, decision: choice('approve', 'deny', 'request_changes'), effective_at: time, reason: optional(personalField), decided_offline_at: optional(time),
  }),
  'APPROVAL-UNDONE': on('approval', 'approval_id', { customer_governor_id: personalField, device_id: optional(personalField), deliverable_id: text, approval_id: text, digest: hash, decision: choice('approve', 'deny', 'request_changes'), decision_id: text }),
  'APPROVAL-NOT-ASKED': on('deliverable', 'deliverable_id', { deliverable_id: text, goal_id: text, code: text, need: optional(count), found: optional(count), policy_version: optional(count) }),
  'APPROVAL-EXPIRED': on('approval', 'approval_id', { approval_id: text, deliverable_id: text, digest: hash, expired_at: time }),
  'APPROVAL-WITHDRAWN': on('approval', 'approval_id', { approval_id: text, deliverable_id: text, digest: optional(hash), reason: codeOrPersonal }),
  'APPROVAL-SUPERSEDED': on('approval', 'approval_id', { approval_id: text, deliverable_id: text, digest: hash, superseded_by: text }),
  /** By the ladder, when nobody of the customer answered or could be reached. */
  'APPROVAL-ESCALATED': on('approval', 'approval_id', { approval_id: text, deliverable_id: text, digest: hash, reason: choice('nobody_answered', 'nobody_reachable') }),
  'EFFECT-STARTED': on('effect', 'effect_id', { effect_id: text, approval_id: text, kind: text, digest: hash }),
  'EFFECT-EXECUTED': on('effect', 'effect_id', { effect_id: text, approval_id: text, kind: text, digest: hash, receipt: json }),
  'EFFECT-FAILED': on('effect', 'effect_id', { effect_id: text, approval_id: text, kind: text, code: text }),
  'EFFECT-UNKNOWN': on('effect', 'effect_id', { effect_id: text, approval_id: text, kind: text, code: text }),
  // a person's word; what a look showed stands as EFFECT-EXECUTED or -FAILED, with the person as its actor
  'EFFECT-SETTLED': on('effect', 'effect_id', { effect_id: text, approval_id: text, kind: text, digest: hash, outcome: choice('executed', 'failed'), settled_by: personalField, reason: personalField }),
  'EFFECT-REFUSED': on('approval', 'approval_id', { approval_id: text, code: text, effect_id: optional(text), kind: optional(text), digest: optional(hash), found_digest: optional(hash) }),
} as const;

/** Ours: devices, keys, and what may be taken away from the record. */
const recordActions = {
  'PERSON-REGISTERED': on('customer', 'customer_id', { customer_id: text, person_id: personalField, login: personalField, roles: json, issuer: optional(text), subject: optional(personalField), new_customer: optional(flag) }),
  'DEVICE-REGISTERED': on('customer', 'customer_id', { customer_id: text, person_id: personalField, device_id: personalField, platform: text }),
  'DEVICE-RENAMED': on('customer', 'customer_id', { customer_id: text, person_id: personalField, device_id: personalField }),
  'DEVICE-REMOVED': on('customer', 'customer_id', { customer_id: text, person_id: personalField, device_id: personalField, reason: codeOrPersonal }),
  'PREFERENCES-CHANGED': on('customer', 'customer_id', { customer_id: text, person_id: personalField, version: count, fields: json, email: optional(personalField), phone: optional(personalField) }),
  'KEY-CREATED': on('key', 'key_id', { key_id: text, purpose: text, public_key: text, kind: optional(text), credential_id: optional(text), customer_id: optional(text), person_id: optional(personalField), device_id: optional(personalField) }),
  'KEY-VOUCHED': on('key', 'key_id', { key_id: text, by_credential_id: text, customer_id: text, person_id: personalField }),
  // a signature of its that holds, and whose count had been passed
  'KEY-COPY-SUSPECTED': on('key', 'key_id', { key_id: text, credential_id: text, customer_id: text, person_id: personalField }),
  'KEY-REVOKED': on('key', 'key_id', { key_id: text, purpose: text, reason: codeOrPersonal }),
  'PERSONAL-DATA-ERASED': on('subject', 'subject_ref', { subject_ref: text, values: count, reason: personalField }),
  'RETENTION-PRUNED': on('chain', 'team_id', { team_id: text, from_seq: count, to_seq: count }),
} as const;

/** Every action an entry can name, with the fields of its body. One table: types, run-time checks and docs read it. */
export const ACTIONS = { ...checklistActions, ...workActions, ...gateActions, ...approvalActions, ...recordActions } as const;

export type ActionName = keyof typeof ACTIONS;
export type BodyOf<A extends ActionName> = BodyOfFields<(typeof ACTIONS)[A]['fields']>;

export const actionShape = (action: ActionName): ActionShape => ACTIONS[action];
