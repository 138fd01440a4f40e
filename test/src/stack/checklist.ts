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

export interface StoredEntry {
  readonly action: string;
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
