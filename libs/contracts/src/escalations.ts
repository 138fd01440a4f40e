import type { CAPABILITY_DENY_CODES } from './worker/denials.js';
import type { Machine, Role } from './states.js';

/** Who has to look at what, and whether it is over by itself when what was measured is over. */
interface Escalated {
  /** The item of the original documents. */
  readonly item: string;
  readonly to: Role;
  /** A person says it; everything else is measured. */
  readonly recorded?: true;
  readonly clears?: true;
  /** It lasts, and has no newest evidence: resolved by a person, it is raised again only when it was over in between. */
  readonly lasts?: true;
  readonly words: string;
}

/** Every trigger of an escalation (S4-72 … S4-84) with its authority. */
export const ESCALATIONS = {
  delegation_exceeded: { item: 'S4-72', to: 'genesis', words: 'The manager tried what only people decide' },
  composition_change: { item: 'S4-73', to: 'genesis', recorded: true, words: 'Another composition of the team is asked for' },
  quality_failures: { item: 'S4-74', to: 'genesis', words: 'A member keeps failing its reviews' },
  rejections_repeated: { item: 'S4-74', to: 'genesis', words: 'The customer keeps refusing what the team proposes' },
  coordination_slow: { item: 'S4-75', to: 'systems_architect', words: 'The team coordinates too slowly' },
  context_full: { item: 'S4-76', to: 'systems_architect', clears: true, lasts: true, words: 'The team keeps more files and texts than it may' },
  api_slow: { item: 'S4-77', to: 'systems_architect', lasts: true, words: 'The API answers too slowly' },
  delegation_biased: { item: 'S4-78', to: 'vision_guardian', words: 'Hard tasks go to the same member' },
  quality_falling: { item: 'S4-79', to: 'vision_guardian', lasts: true, words: 'The team’s quality falls' },
  audit_bypassed: { item: 'S4-80', to: 'vision_guardian', words: 'A decision has no entry in the record' },
  deliverable_ready: { item: 'S4-81', to: 'customer_governor', clears: true, words: 'A deliverable waits for your decision' },
  trial_ended: { item: 'S4-81', to: 'customer_governor', clears: true, words: 'The trial has ended: promote, extend or cancel' },
  effect_unknown: { item: 'S4-81', to: 'customer_governor', clears: true, words: 'Nobody knows whether what you approved has happened: say what became of it' },
  team_suspended: { item: 'S4-81', to: 'customer_governor', clears: true, words: 'The team is suspended' },
  suspension_long: { item: 'S4-92', to: 'platform_governor', clears: true, words: 'The team has been suspended for too long' },
  helpdesk_waits: { item: 'S4-63', to: 'platform_governor', clears: true, words: 'A suspended team has no helpdesk: whether it opens is for you to decide' },
  helpdesk_silent: { item: 'S4-92', to: 'platform_governor', clears: true, words: 'The helpdesk of a suspended team does not answer' },
  helpdesk_open: { item: 'S4-92', to: 'platform_governor', clears: true, words: 'The helpdesk of a team that is not suspended is still open' },
  helpdesk_often: { item: 'S4-92', to: 'platform_governor', lasts: true, words: 'The team’s helpdesk opens too often' },
  plan_waits: { item: 'S4-92', to: 'genesis', clears: true, words: 'A suspended team needs a plan: reactivate or dissolve' },
  customer_message: { item: 'S4-92', to: 'platform_governor', words: 'The customer of a suspended team has left a message for a person' },
  cost_over: { item: 'S4-82', to: 'platform_governor', lasts: true, words: 'The team costs the platform more this month than its price allows' },
  architecture_change: { item: 'S4-83', to: 'platform_governor', recorded: true, words: 'Teams ask for the same change of the architecture' },
  app_store_rejection: { item: 'S4-84', to: 'platform_governor', recorded: true, words: 'An app store rejected the app' },
} as const satisfies Readonly<Record<string, Escalated>>;
export type EscalationTrigger = keyof typeof ESCALATIONS;
export const ESCALATION_TRIGGERS = Object.keys(ESCALATIONS) as EscalationTrigger[];
export const escalationOf = (trigger: EscalationTrigger): Escalated => ESCALATIONS[trigger];

export const ESCALATION_STATES = ['open', 'acknowledged', 'resolved'] as const;
export type EscalationState = (typeof ESCALATION_STATES)[number];

export const escalationMachine: Machine<EscalationState> = { open: ['acknowledged', 'resolved'], acknowledged: ['resolved'], resolved: [] };

/** Signals that suspend a team or a member (S4-89, S4-91). */
export const SUSPENSION_CAUSES = ['unauthorised_execution', 'ethics_violation', 'performance_failure', 'data_leak', 'scope_drift', 'quality_failure'] as const;
export type SuspensionCause = (typeof SUSPENSION_CAUSES)[number];

/** What a row says happened: what suspends, and what a person records for an authority. */
export const INCIDENT_KINDS = [...SUSPENSION_CAUSES, 'composition_change', 'architecture_change', 'app_store_rejection'] as const;
export type IncidentKind = (typeof INCIDENT_KINDS)[number];
/** What a person may record; the rest is measured. */
export const RECORDED_KINDS = ['ethics_violation', 'composition_change', 'architecture_change', 'app_store_rejection'] as const satisfies readonly IncidentKind[];
export type RecordedKind = (typeof RECORDED_KINDS)[number];

/** By the gravest that suspended a team: harm that was tried, or a flag; a failure; a person's own wish. */
export const severityOf = (kinds: readonly string[]): 'L1' | 'L2' | 'L3' => (kinds.some((kind) => ['unauthorised_execution', 'ethics_violation', 'data_leak'].includes(kind)) ? 'L3' : kinds.length > 0 ? 'L2' : 'L1');

type DenyCode = keyof typeof CAPABILITY_DENY_CODES;
/** What was refused and would have carried something out of the team. */
export const LEAK_CODES: readonly DenyCode[] = ['secret_not_allowed', 'host_not_allowed', 'host_is_address', 'port_not_allowed', 'address_not_public', 'url_credentials_refused', 'path_outside_workspace', 'path_link_escape', 'git_remote_refused', 'git_push_not_allowed'];
/** What was refused because it is no part of the member's work. */
export const DRIFT_CODES: readonly DenyCode[] = ['tool_not_allowed', 'path_not_allowed', 'path_git_internal', 'git_subcommand_refused', 'git_commit_not_allowed', 'spawn_not_allowed'];
