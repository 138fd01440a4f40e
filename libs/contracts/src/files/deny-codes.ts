/**
 * Why a spawn is refused. The first eleven are the original's, word for word; `spawn` replies and audit entries use all of them.
 * Order is the order of judgement: the first that applies is the decision's code, all that apply are listed.
 */
export const SPAWN_DENY_CODES = [
  'spawn_policy_missing',
  'spawn_policy_disabled',
  'spawn_denied_edge',
  'spawn_justification_required',
  'spawn_max_agents_exceeded',
  'spawn_max_concurrent_exceeded',
  'spawn_mission_budget_exceeded',
  'spawn_requires_approval',
  'spawn_required_skill_missing',
  'spawn_skill_source_denied',
  'spawn_skill_hash_mismatch',
  // ours
  'team_not_active',
  'stale_epoch',
  'task_not_assigned',
  'mission_cancelled',
  'spawn_unknown_template',
  'spawn_role_mismatch',
  'spawn_sandbox_insufficient',
] as const;
export type SpawnDenyCode = (typeof SPAWN_DENY_CODES)[number];

/** Level 3 and 4 of the sandbox ladder are `strict`, 1 and 2 `process`, 0 is `none` (a plain process). */
export const SANDBOX_LEVEL = { strict: 3, process: 1, none: 0 } as const;
