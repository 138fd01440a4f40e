import { severityOf, type HandoffPacket } from '@countersign/contracts';

/** What a hand-off is made of: a session's redacted picture, and what suspended the team. */
export interface HandoffFacts {
  readonly teamId: string;
  readonly customerId: string;
  readonly mode: 'trial' | 'production';
  readonly reason: string;
  readonly epoch: number;
  readonly session: { readonly id: string; readonly plan: string; readonly openedAt: string; readonly closedAt: string | null; readonly talks: boolean; readonly cadenceHours: number; readonly snapshot: Snapshot };
  readonly incidents: readonly { readonly id: string; readonly kind: string; readonly memberId: string | null; readonly counted: number; readonly at: string; readonly recordedAs: string | null; readonly words: string }[];
  /** Whoever decides about the team reads what people wrote of it. */
  readonly decides: boolean;
}
interface Snapshot {
  readonly goals?: readonly { readonly state: string; readonly tasks: readonly { readonly state: string }[] }[];
  readonly running?: number;
}

const HELD = ['nothing is executed, spent or sent while the team is suspended', 'no approval that was withdrawn is used', 'the helpdesk sees and passes on no content'];

/** The packet, schema HDP-1.0: counts, titles and states, no word of the work. */
export function handoffOf({ teamId, customerId, mode, reason, epoch, session, incidents, decides }: HandoffFacts): HandoffPacket {
  const severity = severityOf(incidents.map(({ kind }) => kind));
  const closed = session.closedAt !== null;
  const goals = session.snapshot.goals ?? [];
  const tasks = goals.flatMap((goal) => goal.tasks);
  return {
    schema_version: 'HDP-1.0',
    header: {
      engagement_id: teamId, customer_id: customerId, affected_agent_id: incidents.find(({ memberId }) => memberId !== null)?.memberId ?? null, severity, created_at_utc: session.openedAt,
      status: closed ? 'closed' : 'open', support_mode_state: closed ? 'closed' : session.talks ? 'active' : 'waiting', trial_period: mode === 'trial', operating_mode: mode === 'trial' ? 'trial_support_only' : 'normal',
    },
    problem_statement: reason.trim() === '' ? 'No reason was written down with the suspension.' : reason,
    evidence: incidents.map(({ kind, at, counted, memberId, recordedAs, words }) => ({ kind, at, counted, member_id: memberId, recorded_as: recordedAs, words: decides && recordedAs !== null ? words : null })),
    constraints_and_safety: {
      what_must_not_happen: HELD, privacy_notes: 'Content belongs to the customer: whoever takes over sees titles, counts and states, and opens nothing.', regulated_domain_flag: false,
      ethics_flags: incidents.filter(({ kind, recordedAs }) => kind === 'ethics_violation' && recordedAs !== null).map(({ id }) => id),
    },
    initial_analysis: `${goals.length} unfinished goals with ${tasks.length} tasks, ${tasks.filter(({ state }) => state === 'done').length} of them done; ${session.snapshot.running ?? 0} agents ran when it was suspended.`,
    requested_servicing_action: incidents.length > 0 ? 'Find the cause, then reactivate or dissolve the team.' : 'Decide with the customer whether the team is reactivated or dissolved.',
    approvals_and_routing: { reactivate: ['platform_governor', 'genesis'], dissolve: ['platform_governor', 'genesis'], cancel: ['customer_governor', 'platform_governor'] },
    customer_update_policy: { cadence_hours: session.cadenceHours, plan: session.plan },
    traceability: { session_id: session.id, epoch, incident_ids: incidents.map(({ id }) => id) },
  };
}
