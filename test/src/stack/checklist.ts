/** How a field of the product's checklist (S4-96 … S4-112) stands in an entry. `actor`: an agent by its id, a person by a commitment. `said`: a stable code, or a person's words as a commitment. */
type Shape = 'actor' | 'id' | 'name' | 'time' | 'hash' | 'object' | 'id or none' | 'commitment' | 'said' | readonly string[];

/** The checklist's names with their payloads, written down by hand: what the record of a team's life holds, whoever made it. */
const CHECKLIST: Readonly<Record<string, Readonly<Record<string, Shape>>>> = {
  'TEAM-CREATED': { team_id: 'id', composition: 'object', customer_id: 'id', pricing: 'object' },
  'TEAM-CERTIFIED': { team_id: 'id', genesis_decision_id: 'id' },
  'TEAM-DEPLOYED': { team_id: 'id', deployment_timestamp: 'time' },
  'TEAM-SUSPENDED': { team_id: 'id', reason: 'said', root_cause_agent_id: 'id or none' },
  'TEAM-REACTIVATED': { team_id: 'id', resolution: 'said' },
  'MANAGER-TASK-ASSIGNED': { manager_id: 'id', team_member_id: 'id', task_description: 'commitment', correlation_id: 'id' },
  'MANAGER-DRAFT-REVIEWED': { manager_id: 'id', team_member_id: 'id', draft_id: 'id', decision: ['approved', 'revise', 'flag'] },
  'MANAGER-APPROVAL-REQUESTED': { manager_id: 'id', customer_governor_id: 'commitment', deliverable_id: 'id' },
  'TEAM-MEMBER-OUTPUT': { team_member_id: 'id', output_id: 'id', manager_review_status: ['submitted', 'committed', 'conflict'] },
  'TEAM-SHARED-CONTEXT-WRITE': { agent_id: 'actor', team_id: 'id', artifact_id: 'id', hash: 'hash' },
  'TEAM-STATUS-UPDATE': { team_id: 'id', status: 'name', triggered_by: 'said' },
  'MOBILE-APPROVAL-REQUESTED': { customer_governor_id: 'commitment', deliverable_id: 'id', push_notification_id: 'id' },
  'MOBILE-APPROVAL-GRANTED': { customer_governor_id: 'commitment', deliverable_id: 'id', device_id: 'commitment', timestamp: 'time' },
  'MOBILE-APPROVAL-DENIED': { customer_governor_id: 'commitment', deliverable_id: 'id', reason: 'commitment' },
  'HELPDESK-ACTIVATED': { team_id: 'id', reason: 'said' },
  'HELPDESK-INTERACTION': { customer_id: 'commitment', helpdesk_agent_id: 'name', message: 'commitment', response: 'commitment' },
  'HELPDESK-DEACTIVATED': { team_id: 'id', resolution: 'said' },
};

/** The names on that list, and the fields of each entry of a member's, no more and no less: the simulation writes these in the fleet's place. */
export const LISTED = new Set(Object.keys(CHECKLIST));
export const MEMBERS_FIELDS: readonly string[] = [
  'TEAM-MEMBER-OUTPUT committed: manager_review_status output_id task_id team_member_id',
  'TEAM-MEMBER-OUTPUT submitted: artifacts manager_review_status output_id run_id task_id team_member_id',
  'TEAM-SHARED-CONTEXT-WRITE: agent_id artifact_id hash path team_id',
];
export function membersFields(entries: readonly StoredEntry[]): string[] {
  const theirs = entries.filter(({ action, body }) => action === 'TEAM-MEMBER-OUTPUT' || (action === 'TEAM-SHARED-CONTEXT-WRITE' && body['agent_id'] !== undefined));
  const lines = theirs.map(({ action, body }) => `${action}${body['manager_review_status'] === undefined ? '' : ` ${String(body['manager_review_status'])}`}: ${Object.keys(body).sort().join(' ')}`);
  return [...new Set(lines)].sort();
}

export interface StoredEntry {
  readonly action: string;
  readonly at: string;
  readonly actor: { readonly kind: string; readonly id?: string };
  readonly body: Readonly<Record<string, unknown>>;
  readonly pii?: readonly { readonly field: string; readonly c: string }[];
}

/** What the checklist asks of a record and does not find: a name that never appears, a field that is not as it should be. */
export const unmetOf = (entries: readonly StoredEntry[]): string[] =>
  Object.entries(CHECKLIST).flatMap(([action, fields]) => {
    const found = entries.filter((entry) => entry.action === action);
    if (found.length === 0) return [`${action} never appears`];
    return found.flatMap((entry) => Object.entries(fields).filter(([field, shape]) => !fits(entry, field, shape)).map(([field]) => `${action}.${field}: ${JSON.stringify(entry.body[field])}`));
  });

const MEMBER = (kind: string, field: string): string => `exists (select from app.member m where m.kind = '${kind}' and m.id::text = b ->> '${field}')`;
const WORK = `app.draft d join app.worker_run r on r.id = d.run_id`;
const ASKED = `app.approval a where a.id::text = b ->> 'approval_id' and a.deliverable_id::text = b ->> 'deliverable_id'`;
/** For each name whose fields say whose or which: those fields, and the rows that have to be there for them all together. `b` is the entry's body. */
const NAMED: Readonly<Record<string, readonly [fields: readonly string[], rows: string]>> = {
  'TEAM-CREATED': [['team_id', 'customer_id'], `app.team t where t.team_id::text = b ->> 'team_id' and t.customer_id::text = b ->> 'customer_id'`],
  'TEAM-CERTIFIED': [['team_id', 'genesis_decision_id'], `app.certification c where c.verdict = 'certified' and c.team_id::text = b ->> 'team_id' and c.id::text = b ->> 'genesis_decision_id'`],
  'TEAM-SUSPENDED': [['team_id', 'root_cause_agent_id'], `app.team t left join app.member m on m.team_id = t.team_id and m.id::text = b ->> 'root_cause_agent_id' where t.team_id::text = b ->> 'team_id' and (m.id is null) = (b ->> 'root_cause_agent_id' is null)`],
  'MANAGER-TASK-ASSIGNED': [['manager_id', 'team_member_id', 'correlation_id'], `app.task k where k.id::text = b ->> 'task_id' and k.goal_id::text = b ->> 'correlation_id' and ${MEMBER('manager', 'manager_id')} and ${MEMBER('specialist', 'team_member_id')}`],
  'MANAGER-DRAFT-REVIEWED': [['manager_id', 'team_member_id', 'draft_id'], `${WORK} join app.review v on v.draft_id = d.id where d.id::text = b ->> 'draft_id' and r.member_id::text = b ->> 'team_member_id' and v.decision = b ->> 'decision' and ${MEMBER('manager', 'manager_id')}`],
  'MANAGER-APPROVAL-REQUESTED': [['manager_id', 'deliverable_id'], `app.deliverable d where d.id::text = b ->> 'deliverable_id' and d.goal_id::text = b ->> 'goal_id' and d.proposed_by::text = b ->> 'manager_id'`],
  'TEAM-MEMBER-OUTPUT': [['team_member_id', 'output_id'], `${WORK} where d.id::text = b ->> 'output_id' and r.member_id::text = b ->> 'team_member_id' and d.task_id::text = b ->> 'task_id'`],
  // by the bytes as they are kept; where they were erased, by what is kept of them
  'TEAM-SHARED-CONTEXT-WRITE': [['artifact_id', 'hash'], `(select f.id, r.member_id::text as writer, coalesce(sha256(f.content), f.sha256) as sha256 from app.artifact f join ${WORK} on d.id = f.draft_id union all select v.context_id, null, v.sha256 from app.context_version v) w where w.id::text = b ->> 'artifact_id' and encode(w.sha256, 'hex') = b ->> 'hash' and w.writer is not distinct from b ->> 'agent_id'`],
  'MOBILE-APPROVAL-REQUESTED': [['deliverable_id', 'push_notification_id'], `${ASKED} and exists (select from app.notification n where n.approval_id = a.id and n.id::text = b ->> 'push_notification_id')`],
  'MOBILE-APPROVAL-GRANTED': [['deliverable_id'], `${ASKED} and a.state = 'approved'`],
  'MOBILE-APPROVAL-DENIED': [['deliverable_id'], `${ASKED} and a.state = 'denied'`],
};
/** The fields that say whose or which, each with the name it belongs to. */
export const NAMING: readonly (readonly [action: string, field: string])[] = Object.entries(NAMED).flatMap(([action, [fields]]) => fields.map((field) => [action, field] as const));
const MISNAMED = `select e ->> 'action' as action, b as body from jsonb_array_elements($1::jsonb) e cross join lateral (select e -> 'body' as b) x
  where case e ->> 'action' ${Object.entries(NAMED).map(([action, [, rows]]) => `when '${action}' then not exists (select from ${rows})`).join(' ')} else false end`;

/** The entries that say another's id or hash than the rows of the same database do. */
export async function misnamed(read: (text: string, values: readonly unknown[]) => Promise<{ action: string; body: object }[]>, entries: readonly StoredEntry[]): Promise<string[]> {
  return (await read(MISNAMED, [JSON.stringify(entries)])).map(({ action, body }) => `${action} ${JSON.stringify(body)}`);
}

function fits({ body, pii = [] }: StoredEntry, field: string, shape: Shape): boolean {
  const value = body[field];
  // whose words or id it is must not stand there in the clear
  const committed = value === undefined && pii.some((each) => each.field === field && HASH.test(each.c));
  switch (shape) {
    case 'commitment':
      return committed;
    case 'actor':
      return committed || isUuid(value);
    case 'said':
      return committed || (typeof value === 'string' && CODE.test(value));
    case 'id or none':
      return value === null || isUuid(value);
    case 'object':
      return typeof value === 'object' && value !== null && Object.keys(value).length > 0;
    case 'id':
      return isUuid(value);
    case 'name':
      return typeof value === 'string' && CODE.test(value);
    case 'time':
      return typeof value === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(value);
    case 'hash':
      return typeof value === 'string' && HASH.test(value);
    default:
      return typeof value === 'string' && shape.includes(value);
  }
}

const isUuid = (value: unknown): boolean => typeof value === 'string' && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(value);
const HASH = /^[0-9a-f]{64}$/;
const CODE = /^[A-Za-z0-9._:/-]{1,128}$/;
