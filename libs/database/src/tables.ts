import {
  approvalMachine, databaseRole, effectMachine, escalationMachine, evolutionMachine, gateApprovalMachine, goalMachine, instanceMachine, runMachine, SERVICES, taskMachine, teamMachine, todoMachine, type Machine, type Service,
} from '@countersign/contracts';

/** Which context a table's rows belong to; the policy template has one expression for each. */
export type Scope = 'team' | 'customer' | 'platform' | 'chain';

/** S select, I insert, U update, D delete; `U(a,b)` limits the update to columns. */
export type Rights = string;

export interface Table {
  readonly name: string;
  readonly scope: Scope;
  /** Whose rows they are inside the scope: a service neither sees nor writes another's. */
  readonly own?: string;
  readonly grants: Partial<Record<Service | 'own_ops', Rights>>;
  /** Which of a service's changes need an entry in the same transaction (P1): all, or no updates but these (a condition on `old` and `new`), or none of a ledger's. */
  readonly recorded?: 'never' | { readonly updates: string };
  /** How the column `state` moves. */
  readonly moves?: Moves;
}

/** A machine of the contracts, the states a service may begin a row in, and whether a row in a terminal state never changes at all. */
export interface Moves {
  readonly machine: Machine<string>;
  readonly first: readonly string[];
  readonly final?: true;
}

const everyone = (rights: Rights): Partial<Record<Service, Rights>> =>
  Object.fromEntries(SERVICES.map((service) => [service, rights]));
/** Services with a message to send or receive: all but the notary. */
const talkers = (rights: Rights): Partial<Record<Service, Rights>> => {
  const { notary: _, ...rest } = everyone(rights);
  return rest;
};

/** The relay looks back 72 hours; a day more, so that nothing is forgotten that it may still send again. */
export const LEAST_KEPT_HOURS = 96;

const OWN_SERVICE = 'service = session_user';
/** A consumer is named `<role>:<message>`. */
const OWN_CONSUMER = `split_part(consumer, ':', 1) = session_user`;

/** That an agent has heard the answer to its question is a delivery; that it uses a yes to a tool is not. */
const HEARD = `old.state <> new.state or (new.kind = 'tool' and new.state = 'approved' and old.used_at is distinct from new.used_at)`;

/**
 * Who may touch which table: design §2 as data. Grants and row-level policies are generated from it, and a test
 * compares it with the running database, so this is the one place to read or change a right.
 */
export const TABLES: readonly Table[] = [
  // people (customer)
  { name: 'app.customer', scope: 'customer', grants: { gateway: 'SIU', own_ops: 'S' } },
  { name: 'app.person', scope: 'customer', grants: { gateway: 'SIU', own_ops: 'S' } },
  { name: 'app.device', scope: 'customer', recorded: { updates: '(old.removed_at, old.name, old.address) is distinct from (new.removed_at, new.name, new.address)' }, grants: { gateway: 'SIU(name,address,removed_at,last_success_at,last_failure_at,last_failure,subscription,address_gone_at)', own_ops: 'SU(subscription)' } },
  // the executor reads it through a function of schema ops, and believes none without its seal
  { name: 'app.approver_key', scope: 'customer', recorded: { updates: '(old.vouch, old.copy_noted_at) is distinct from (new.vouch, new.copy_noted_at)' }, grants: { gateway: 'SIU(counter,vouch,effective_from,highest_from,copy_noted_at)', own_ops: 'S' } },
  { name: 'app.preference', scope: 'customer', grants: { gateway: 'SIU', own_ops: 'S' } },
  { name: 'app.former_address', scope: 'customer', recorded: 'never', grants: { own_ops: 'SIUD' } },
  { name: 'app.account_notice', scope: 'customer', recorded: 'never', grants: { gateway: 'SIU(state,not_before,attempts,provider_id,last_error,sent_at,address)', own_ops: 'SU(about)D' } },
  { name: 'app.mirror', scope: 'customer', grants: { fleet: 'SID', own_ops: 'S' } },
  // platform
  { name: 'app.oidc_record', scope: 'platform', recorded: 'never', grants: { gateway: 'SIUD', own_ops: 'S(kind,id,grant_id,payload,expires_at)D' } },
  { name: 'app.idempotency', scope: 'platform', recorded: 'never', grants: { own_ops: 'SIUD' } },
  { name: 'app.dpop_proof', scope: 'platform', recorded: 'never', grants: { own_ops: 'SID' } },
  { name: 'app.bundle', scope: 'platform', grants: { gateway: 'SI', 'spawn-gate': 'S', 'manager-agent': 'S', own_ops: 'S' } },
  { name: 'app.bundle_file', scope: 'platform', grants: { gateway: 'SI' } },
  { name: 'app.bundle_draft', scope: 'platform', grants: { gateway: 'SIU(text,hash,edited_by,drafted_by,edited_at,reviewed_by,reviewed_at,reviewed_hash)D' } },
  { name: 'app.policy', scope: 'platform', grants: { 'spawn-gate': 'SI', gateway: 'S', own_ops: 'S' } },
  // what Genesis, architect, guardian and governor say about a bundle's version or an evolution; the newest of a role counts, none is changed
  { name: 'app.governance_review', scope: 'platform', grants: { 'spawn-gate': 'SI', gateway: 'S', own_ops: 'S(id,kind,subject,version,sha256,scope_sha256,role,verdict,person_id,at)' } },
  { name: 'app.evolution', scope: 'platform', moves: { machine: evolutionMachine, first: ['proposed'], final: true }, grants: { 'spawn-gate': 'SIU(state,answers,decided_by,decided_at,rationale)', gateway: 'S', own_ops: 'S(id,number,state,proposal,scope_sha256)' } },
  // authority: the gate's
  { name: 'app.team', scope: 'team', moves: { machine: teamMachine, first: ['requested'] }, grants: { ...everyone('S'), 'spawn-gate': 'SIU', own_ops: 'S' } },
  { name: 'app.trial', scope: 'team', grants: { 'spawn-gate': 'SIU(ends_at,grace_until,extended,expired_at,ended_at,outcome)', 'manager-agent': 'S', gateway: 'S', own_ops: 'S' } },
  { name: 'app.incident', scope: 'team', grants: { 'spawn-gate': 'SI', gateway: 'S', own_ops: 'S' } },
  { name: 'app.escalation', scope: 'chain', moves: { machine: escalationMachine, first: ['open'], final: true }, grants: { 'spawn-gate': 'SIU(state,overdue_at,acknowledged_at,acknowledged_by,resolved_at,resolved_by,resolution)', gateway: 'S', own_ops: 'S' } },
  { name: 'app.escalation_over', scope: 'chain', recorded: 'never', grants: { 'spawn-gate': 'SIU(reported_at)' } },
  { name: 'app.team_rating', scope: 'team', grants: { 'spawn-gate': 'SIU(stars,at)', own_ops: 'S' } },
  { name: 'app.member', scope: 'team', grants: { 'spawn-gate': 'SIU', 'manager-agent': 'S', fleet: 'S', gateway: 'S', own_ops: 'S' } },
  { name: 'app.instance', scope: 'team', moves: { machine: instanceMachine, first: ['queued', 'running'] }, grants: { 'spawn-gate': 'SIU', fleet: 'S', gateway: 'S', 'manager-agent': 'S', own_ops: 'S' } },
  { name: 'app.spawn_decision', scope: 'team', grants: { 'spawn-gate': 'SI', gateway: 'S', 'manager-agent': 'S(team_id,id,task_id,allowed,code,violations,decided_at)', own_ops: 'S' } },
  { name: 'app.gate_approval', scope: 'team', recorded: { updates: HEARD }, moves: { machine: gateApprovalMachine, first: ['pending'] }, grants: { 'spawn-gate': 'SIU(state,decided_at,decided_by,decision_reason,result_id,used_at,used_by)', fleet: 'S', gateway: 'S', own_ops: 'S' } },
  { name: 'app.mission_stop', scope: 'team', grants: { 'spawn-gate': 'SIUD', 'manager-agent': 'S', fleet: 'S', executor: 'S', gateway: 'S', own_ops: 'S' } },
  { name: 'app.agent_event_head', scope: 'team', recorded: 'never', grants: { gateway: 'S' } },
  // written only by sec.emit(), never updated
  { name: 'app.agent_event', scope: 'team', recorded: 'never', grants: { gateway: 'S', own_ops: 'S' } },
  { name: 'app.capability_denial', scope: 'team', grants: { 'spawn-gate': 'SI', gateway: 'S', own_ops: 'S' } },
  { name: 'app.budget', scope: 'team', recorded: { updates: `new.kind = 'team' and old.granted <> new.granted` }, grants: { 'spawn-gate': 'SIU(parent_id,granted,held,spent,warned_at,exhausted_at)', gateway: 'S', own_ops: 'SU(lent)' } },
  { name: 'app.budget_entry', scope: 'team', recorded: 'never', grants: { 'spawn-gate': 'SI', gateway: 'S', own_ops: 'S(team_id,account_id,call_id,kind,amounts,overshoot,at)' } },
  { name: 'app.helpdesk_session', scope: 'team', grants: { 'spawn-gate': 'SIU', 'helpdesk-agent': 'S', gateway: 'S', own_ops: 'S(team_id,id,opened_at,talks,cadence_hours,closed_at)' } },
  // what Genesis certified, with its evidence; written once
  { name: 'app.certification', scope: 'team', grants: { 'spawn-gate': 'SI', gateway: 'S', own_ops: 'S(team_id,bundle_id,bundle_version,verdict,scope,decided_at)' } },
  // work: the manager's
  { name: 'app.goal', scope: 'team', moves: { machine: goalMachine, first: ['planned'] }, grants: { 'manager-agent': 'SIU', gateway: 'S', fleet: 'S', 'spawn-gate': 'S', own_ops: 'S' } },
  { name: 'app.task', scope: 'team', moves: { machine: taskMachine, first: ['todo'] }, grants: { 'manager-agent': 'SIU', gateway: 'S', fleet: 'S', 'spawn-gate': 'S', own_ops: 'S' } },
  // what agents of a mission note and say among themselves
  { name: 'app.todo', scope: 'team', moves: { machine: todoMachine, first: ['pending'] }, grants: { 'manager-agent': 'SIU(state,subject,description,active_form,owner_id,metadata,blocked_by,changed_at)' } },
  { name: 'app.team_message', scope: 'team', grants: { 'manager-agent': 'SI', gateway: 'S(team_id,from_id,type,approve,at)' } },
  // what members ask about their tasks; an answer is a message that names it
  { name: 'app.clarification', scope: 'team', grants: { 'manager-agent': 'SIU(given_up_at,given_up_for)', gateway: 'S' } },
  // what people write to members, and how far it has come with each: a delivery
  { name: 'app.member_message', scope: 'team', grants: { 'manager-agent': 'SIU(archived_at,erased_at,text,summary)', gateway: 'S', fleet: 'S(team_id,id,seq,kind,from_kind,to_id,task_id,at,archived_at,answers)', own_ops: 'S(team_id,seq,at,archived_at)' } },
  { name: 'app.message_receipt', scope: 'team', recorded: { updates: 'old.approve is distinct from new.approve' }, grants: { 'manager-agent': 'SIU(delivered_at,delivered_to,read_at,answered_at,answer_id,approve,reason)', gateway: 'S', fleet: 'S(team_id,message_id,member_id,delivered_at,answered_at,approve)' } },
  { name: 'app.attachment', scope: 'team', recorded: 'never', grants: { gateway: 'SIU(content,erased_at,by,at)', 'manager-agent': 'S(team_id,sha256,size,media_type,width,height,at,erased_at)U(content,erased_at)', fleet: 'S', own_ops: 'S(team_id,sha256,at,erased_at)' } },
  { name: 'app.message_attachment', scope: 'team', grants: { 'manager-agent': 'SI', gateway: 'S', fleet: 'S', own_ops: 'S(team_id,sha256)' } },
  { name: 'app.message_interrupt', scope: 'team', recorded: 'never', grants: { 'manager-agent': 'SI', fleet: 'S(team_id,message_id,instance_id)' } },
  // what an event changes are rows that need entries; one that changed nothing is only kept
  { name: 'app.mission_event', scope: 'team', recorded: 'never', grants: { 'manager-agent': 'SI', gateway: 'S' } },
  { name: 'app.task_event', scope: 'team', grants: { 'manager-agent': 'SI', gateway: 'S', own_ops: 'S(team_id,task_id,kind,body,at)' } },
  // who reviews what is done; the order of its cards is each person's view of it, and no state
  { name: 'app.board', scope: 'team', grants: { 'manager-agent': 'SIU(reviewers,changed_at)', gateway: 'S' } },
  { name: 'app.board_order', scope: 'team', recorded: 'never', grants: { gateway: 'SIU(tasks,version,changed_at)' } },
  { name: 'app.review', scope: 'team', grants: { 'manager-agent': 'SIU', gateway: 'S', fleet: 'S', own_ops: 'S' } },
  // what the manager thinks of a member, for whoever certifies: it decides nothing
  { name: 'app.recommendation', scope: 'team', grants: { 'manager-agent': 'SI', gateway: 'S', own_ops: 'S' } },
  { name: 'app.deliverable', scope: 'team', grants: { 'manager-agent': 'SI', gateway: 'S', executor: 'S', own_ops: 'S(team_id,id,goal_id,revision)' } },
  // workspace: the fleet's
  { name: 'app.worker_run', scope: 'team', moves: { machine: runMachine, first: ['queued'] }, recorded: 'never', grants: { fleet: 'SIU', gateway: 'S', 'manager-agent': 'S', own_ops: 'S' } },
  { name: 'app.worker_log', scope: 'team', recorded: 'never', grants: { fleet: 'SI', gateway: 'S', own_ops: 'S(team_id,run_id,seq)D' } },
  // what a team shares, by versions: the fleet writes what people share, the manager what it has its members know
  { name: 'app.context', scope: 'team', grants: { fleet: 'SIU(version,sha256,size,changed_at)', 'manager-agent': 'SIU(version,sha256,size,changed_at)', gateway: 'S' } },
  { name: 'app.context_version', scope: 'team', grants: { fleet: 'SIU(content,erased_at)', 'manager-agent': 'SI', gateway: 'S', own_ops: 'S(team_id,kept)' } },
  // what a run's processes used, at a time
  { name: 'app.run_sample', scope: 'team', recorded: 'never', grants: { fleet: 'SI', gateway: 'S', own_ops: 'S(team_id,run_id,at)D' } },
  { name: 'app.draft', scope: 'team', grants: { fleet: 'SIU', gateway: 'S', 'manager-agent': 'S', own_ops: 'S' } },
  { name: 'app.artifact', scope: 'team', grants: { fleet: 'SIU(content,base_content)', gateway: 'S', 'manager-agent': 'S', executor: 'S', own_ops: 'S(team_id,kept)' } },
  { name: 'app.check_run', scope: 'team', grants: { fleet: 'SI', gateway: 'S', 'manager-agent': 'S', own_ops: 'S' } },
  { name: 'app.lease', scope: 'team', recorded: 'never', grants: { fleet: 'SIU', executor: 'SIU', 'manager-agent': 'S(team_id,resource,expires_at)' } },
  // approvals and effects
  { name: 'app.approval', scope: 'team', moves: { machine: approvalMachine, first: ['pending'], final: true }, grants: { gateway: 'SIU(state,marks,decided_at,decided_by,device_id,reason,valid_until,superseded_by,version,held_for,effective_at,effect_entry_id)', executor: 'S', 'manager-agent': 'S(team_id,id,goal_id,deliverable_id,revision,state,reason,decided_at,version)', own_ops: 'S' } },
  { name: 'app.approval_decision', scope: 'team', grants: { gateway: 'SI', executor: 'S', 'manager-agent': 'S(team_id,approval_id,decision,comments,at)', own_ops: 'S(team_id,id,approval_id,decision,digest,person_id,device_id,at,undoes,report,entry_id,assertion)' } },
  // a question that cannot be asked, because too few could answer it
  { name: 'app.unasked', scope: 'team', grants: { gateway: 'SIU(code,detail,at)' } },
  // what leaves a question open: put off, escalated, asked back
  { name: 'app.approval_mark', scope: 'team', grants: { gateway: 'SI', 'manager-agent': 'S(team_id,id,approval_id,kind,text,at)', own_ops: 'S(team_id,approval_id,kind,person_id,until,at)' } },
  { name: 'app.approval_answer', scope: 'team', grants: { 'manager-agent': 'SI', gateway: 'S' } },
  // what a person has opened
  { name: 'app.approval_seen', scope: 'team', recorded: 'never', grants: { gateway: 'SIU(at,device_id)', own_ops: 'S(team_id,approval_id,person_id,first_at)' } },
  { name: 'app.alert', scope: 'team', grants: { gateway: 'SI', 'manager-agent': 'S(team_id,id,kind,goal_id,stops)', own_ops: 'S' } },
  // that what an alert asks for was done is a delivery
  { name: 'app.alert_stop', scope: 'team', recorded: 'never', grants: { gateway: 'SI', own_ops: 'S' } },
  { name: 'app.ladder', scope: 'team', recorded: 'never', grants: { gateway: 'SIU(next_at,escalated_at,closed_at,hurried)', own_ops: 'S(team_id,approval_id,customer_id,next_at,closed_at)' } },
  { name: 'app.ring', scope: 'team', recorded: 'never', grants: { gateway: 'SIU(state,reason,digest,at,ended_at)', own_ops: 'S' } },
  { name: 'app.approval_challenge', scope: 'team', recorded: 'never', grants: { gateway: 'SID' } },
  { name: 'app.notification', scope: 'team', recorded: 'never', grants: { gateway: 'SIU', own_ops: 'SU(provider_id)' } },
  { name: 'app.approval_use', scope: 'team', grants: { executor: 'S', gateway: 'S' } },
  { name: 'app.effect', scope: 'team', recorded: { updates: 'old.state <> new.state' }, moves: { machine: effectMachine, first: ['started', 'refused'] }, grants: { executor: 'SIU(state,code,receipt,attempts,begun_at,not_before,finished_at,settlement_id,settled_by,settled_how,settled_reason)', gateway: 'S', 'manager-agent': 'S', own_ops: 'S' } },
  // helpdesk
  { name: 'app.conversation', scope: 'team', grants: { 'helpdesk-agent': 'SI', gateway: 'S', own_ops: 'S(team_id,session_id,seq,message_id,author,to_person,at)' } },
  // bus: each service its own rows, or one could send as another, or mark another's messages as seen
  { name: 'app.outbox', scope: 'chain', recorded: 'never', own: OWN_SERVICE, grants: { ...talkers('I'), own_ops: 'SUD' } },
  { name: 'app.outbox_key', scope: 'chain', recorded: 'never', own: OWN_SERVICE, grants: talkers('SIU') },
  { name: 'app.inbox', scope: 'chain', recorded: 'never', own: OWN_CONSUMER, grants: { ...talkers('SI'), own_ops: 'SD' } },
  { name: 'app.cursor', scope: 'chain', recorded: 'never', own: OWN_CONSUMER, grants: talkers('SIU') },
  { name: 'app.dead_letter', scope: 'chain', recorded: 'never', own: OWN_CONSUMER, grants: { ...talkers('SI'), own_ops: 'S' } },
  // audit: written only by audit.append(), never updated
  { name: 'audit.head', scope: 'chain', recorded: 'never', grants: { ...everyone('S'), own_ops: 'S' } },
  { name: 'audit.entry', scope: 'chain', recorded: 'never', grants: { ...everyone('S'), own_ops: 'S' } },
  { name: 'audit.checkpoint', scope: 'chain', recorded: 'never', grants: { ...everyone('S'), notary: 'SI', own_ops: 'S' } },
  { name: 'audit.personal', scope: 'chain', recorded: 'never', grants: { ...talkers('I'), gateway: 'SI' } },
  // destroyed by audit.erase(), and never without an entry
  { name: 'audit.subject_key', scope: 'chain', grants: { ...talkers('SI'), own_ops: 'S(team_id,subject_ref,destroyed_at)' } },
];

/**
 * Whose entry an action is: design §2 for the record. `audit.append` refuses what is not listed for the session's role, so
 * an entry's `service` is true whoever wrote its payload. `RETENTION-PRUNED` is for no service: pruning has a role of its own.
 */
export const ACTIONS_OF = {
  gateway: [
    'PERSON-REGISTERED', 'DEVICE-REGISTERED', 'DEVICE-RENAMED', 'DEVICE-REMOVED', 'PREFERENCES-CHANGED', 'KEY-CREATED', 'KEY-VOUCHED', 'KEY-COPY-SUSPECTED', 'KEY-REVOKED', 'PERSONAL-DATA-ERASED', 'BUNDLE-DRAFTED', 'BUNDLE-DRAFT-DROPPED', 'BUNDLE-REVIEWED', 'BUNDLE-PUBLISHED',
    'MOBILE-APPROVAL-REQUESTED', 'MOBILE-APPROVAL-GRANTED', 'MOBILE-APPROVAL-DENIED', 'MOBILE-APPROVAL-DEFERRED', 'MOBILE-APPROVAL-ESCALATED', 'MOBILE-APPROVAL-ASKED',
    'APPROVAL-CHANGES-REQUESTED', 'APPROVAL-EXPIRED', 'APPROVAL-WITHDRAWN', 'APPROVAL-SUPERSEDED', 'APPROVAL-ESCALATED', 'APPROVAL-COUNTED', 'APPROVAL-HELD', 'APPROVAL-UNDONE', 'APPROVAL-NOT-ASKED', 'APPROVAL-REPORTED', 'AGENT-PAUSED',
  ],
  'manager-agent': [
    'GOAL-SUBMITTED', 'GOAL-PLANNED', 'GOAL-DELEGATED', 'AGENT-JOINED', 'AGENT-MESSAGE', 'TODO-CREATED', 'TODO-CHANGED', 'GOAL-COMPLETED', 'GOAL-CANCELLED', 'GOAL-BLOCKED', 'GOAL-FAILED', 'GOAL-PAUSED', 'GOAL-RESUMED', 'TASK-ANSWERED', 'MISSION-CREATED', 'MISSION-EVENT', 'MISSION-EVENT-REFUSED', 'TEAM-STATUS-UPDATE',
    'TASK-CREATED', 'TASK-OWNER-SET', 'TASK-REVIEW-REQUESTED', 'TASK-REVIEW-STARTED', 'TASK-REVIEW-NUDGED', 'TASK-REVIEW-APPROVED', 'TASK-CHANGES-REQUESTED', 'TASK-APPROVAL-REMOVED', 'BOARD-REVIEWERS-SET', 'MEMBER-MESSAGE', 'MEMBER-MESSAGE-ERASED', 'MEMBER-MESSAGES-ARCHIVED',
    'MEMBER-SHUTDOWN-ANSWERED', 'MEMBER-CLARIFICATION-ASKED', 'MANAGER-CLARIFICATION-FORWARDED', 'MANAGER-CLARIFICATION-ANSWERED', 'CLARIFICATION-ANSWERED', 'CLARIFICATION-EXPIRED',
    'MANAGER-TASK-ASSIGNED', 'MANAGER-DRAFT-REVIEWED', 'MANAGER-APPROVAL-REQUESTED', 'MANAGER-QUESTION-ANSWERED', 'MANAGER-TASK-REASSIGNED', 'MANAGER-ESCALATED', 'MANAGER-RECOMMENDED', 'MANAGER-SHARED-CONTEXT-WRITE',
  ],
  'helpdesk-agent': ['HELPDESK-INTERACTION', 'HELPDESK-TOLD', 'HELPDESK-NOTE-LEFT', 'HELPDESK-REFUSED'],
  'spawn-gate': [
    'TEAM-CREATED', 'TEAM-CERTIFIED', 'TEAM-REJECTED', 'TEAM-DEPLOYED', 'TEAM-SUSPENDED', 'TEAM-REACTIVATED', 'TEAM-PROMOTED', 'TEAM-TRIAL-STARTED', 'TEAM-TRIAL-EXTENDED', 'TEAM-TRIAL-EXPIRED', 'TEAM-RATED', 'TEAM-CANCELLED', 'TEAM-COORDINATED', 'TEAM-MEMBER-SUSPENDED', 'TEAM-MEMBER-REINSTATED', 'TEAM-MEMBER-REPLACED', 'INCIDENT-RECORDED', 'ESCALATION-RAISED', 'ESCALATION-OVERDUE', 'ESCALATION-ACKNOWLEDGED', 'ESCALATION-RESOLVED', 'TEAM-COMPLETED', 'TEAM-DISSOLVED', 'TEAM-ARCHIVED',
    'HELPDESK-ACTIVATED', 'HELPDESK-DEACTIVATED', 'POLICY-CHANGED', 'REVIEW-RECORDED', 'REVIEW-WAIVED', 'EVOLUTION-PROPOSED', 'EVOLUTION-CONFIRMED', 'EVOLUTION-DECIDED', 'SANDBOX-CHOSEN', 'SKILL-RECALLED', 'SKILL-RECALL-LIFTED', 'SPAWN-ALLOWED', 'SPAWN-DENIED', 'INSTANCE-STARTED', 'INSTANCE-ENDED', 'CAPABILITY-DENIED',
    'SPAWN-APPROVAL-REQUESTED', 'SPAWN-APPROVAL-GRANTED', 'SPAWN-APPROVAL-DENIED', 'SPAWN-APPROVAL-EXPIRED', 'SPAWN-APPROVAL-WITHDRAWN',
    'TOOL-APPROVAL-REQUESTED', 'TOOL-APPROVAL-GRANTED', 'TOOL-APPROVAL-DENIED', 'TOOL-APPROVAL-EXPIRED', 'TOOL-APPROVAL-WITHDRAWN', 'TOOL-APPROVAL-USED', 'MISSION-STOPPED', 'MISSION-RESUMED',
    'BUDGET-APPROVAL-REQUESTED', 'BUDGET-APPROVAL-GRANTED', 'BUDGET-APPROVAL-DENIED', 'BUDGET-APPROVAL-EXPIRED', 'BUDGET-APPROVAL-WITHDRAWN',
    'BUDGET-GRANTED', 'BUDGET-HELD', 'BUDGET-RELEASED', 'BUDGET-WARNED', 'BUDGET-EXHAUSTED', 'BUDGET-RAISED',
  ],
  fleet: ['MIRROR-ADOPTED', 'MIRROR-FORGOTTEN', 'TEAM-SHARED-CONTEXT-WRITE', 'TEAM-SHARED-CONTEXT-ERASED', 'ARTIFACT-ERASED', 'TEAM-MEMBER-OUTPUT', 'DRAFT-CHECKED'],
  executor: ['EFFECT-STARTED', 'EFFECT-EXECUTED', 'EFFECT-FAILED', 'EFFECT-UNKNOWN', 'EFFECT-SETTLED', 'EFFECT-REFUSED'],
  notary: [],
} as const satisfies Readonly<Record<Service, readonly string[]>>;

/** Every login role of the product. */
export const SERVICE_ROLES = SERVICES.map(databaseRole);

export const roleOf = (grantee: Service | 'own_ops'): string => (grantee === 'own_ops' ? 'own_ops' : databaseRole(grantee));
