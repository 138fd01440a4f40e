import type { EscalationView } from '@countersign/contracts';

/** Shown elsewhere with a count of their own: waiting approvals in the inbox, suspended teams at the helpdesk. */
const COUNTED_ELSEWHERE: ReadonlySet<EscalationView['trigger']> = new Set(['deliverable_ready', 'team_suspended']);
/** How many there are to look at that no other place of the app counts. */
export const escalationCount = (open: readonly Pick<EscalationView, 'trigger'>[]): number => open.filter(({ trigger }) => !COUNTED_ELSEWHERE.has(trigger)).length;
