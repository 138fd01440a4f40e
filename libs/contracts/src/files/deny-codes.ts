/**
 * Why a spawn is refused, in the order of judgement: of all that apply, the first is the decision's code, and all are listed.
 * Those that begin with `spawn_` and are not marked "ours" are the original's, word for word.
 */
export const SPAWN_DENY_CODES = [
  // ours: the team and the work, before any policy
  'team_not_active',
  'stale_epoch',
  'trial_over',
  'task_not_assigned',
  'agent_suspended',
  'mission_unknown',
  'mission_cancelled',
  'mission_paused',
  'mission_agent_not_allowed',
  'spawn_policy_missing',
  // ours
  'spawn_unknown_template',
  'spawn_role_mismatch',
  // ours
  'spawn_beyond_certification',
  'spawn_policy_disabled',
  'spawn_justification_required',
  'spawn_max_agents_exceeded',
  'spawn_max_concurrent_exceeded',
  // ours
  'spawn_parent_unknown',
  'spawn_denied_edge',
  // ours
  'spawn_depth_exceeded',
  'spawn_children_exceeded',
  'spawn_requires_approval',
  'spawn_required_skill_missing',
  'spawn_mission_budget_exceeded',
  'spawn_skill_source_denied',
  'spawn_skill_hash_mismatch',
  // ours
  'spawn_skill_recalled',
  'spawn_sandbox_insufficient',
] as const;
export type SpawnDenyCode = (typeof SPAWN_DENY_CODES)[number];

/** How a question ended without a yes: what its asker is told. Silence is an outcome of its own, and no person's no (P6). */
export const APPROVAL_CODE = {
  spawn: { denied: 'spawn_approval_denied', expired: 'spawn_approval_expired', withdrawn: 'spawn_approval_withdrawn' },
  tool: { denied: 'tool_approval_denied', expired: 'tool_approval_expired', withdrawn: 'tool_approval_withdrawn' },
  budget: { denied: 'budget_approval_denied', expired: 'budget_approval_expired', withdrawn: 'budget_approval_withdrawn' },
} as const;

/** The least level of the sandbox ladder that each product word stands for. */
export const LEAST_SANDBOX_LEVEL = { strict: 3, process: 1, none: 0 } as const;
