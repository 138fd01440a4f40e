/**
 * States as data. A machine lists, per state, where it may go; what is not listed is refused everywhere alike
 * (rules, database checks and the screens read the same tables).
 */
export type Machine<S extends string> = Readonly<Record<S, readonly S[]>>;

export const canMove = <S extends string>(machine: Machine<S>, from: S, to: S): boolean => machine[from].includes(to);
export const isTerminal = <S extends string>(machine: Machine<S>, state: S): boolean => machine[state].length === 0;

export const TEAM_STATES = ['requested', 'certified', 'rejected', 'active', 'suspended', 'completed', 'dissolved', 'archived'] as const;
export type TeamState = (typeof TEAM_STATES)[number];
export const teamMachine: Machine<TeamState> = {
  // before it works a team is only taken back
  requested: ['certified', 'rejected', 'dissolved'],
  certified: ['active', 'dissolved'],
  rejected: [],
  active: ['suspended', 'completed'],
  suspended: ['active', 'dissolved'],
  completed: ['archived'],
  dissolved: ['archived'],
  archived: [],
};
export const TEAM_MODES = ['trial', 'production'] as const;
export type TeamMode = (typeof TEAM_MODES)[number];
/** Who coordinates a team: its manager, a person of the platform for a while, or nobody: its members are single agents again. */
export const COORDINATIONS = ['manager', 'person', 'individuals'] as const;
export type Coordination = (typeof COORDINATIONS)[number];
/** Verbs that lead from one state of a team to another. */
export const TEAM_VERBS_NAMED = ['certify', 'reject', 'deploy', 'suspend', 'reactivate', 'complete', 'dissolve', 'cancel', 'archive'] as const;
export type TeamVerb = (typeof TEAM_VERBS_NAMED)[number];
/** Verbs that leave a team's state and change the terms it works on. */
export const TEAM_CHANGES_NAMED = ['promote', 'extend', 'coordinate', 'hand_back', 'revert', 'open_helpdesk'] as const;
export type TeamChange = (typeof TEAM_CHANGES_NAMED)[number];
export const TRIAL_OUTCOMES = ['promoted', 'expired', 'ended'] as const;
export type TrialOutcome = (typeof TRIAL_OUTCOMES)[number];

export const GOAL_STATES = ['planned', 'running', 'proposed', 'changes_requested', 'executing', 'done', 'blocked', 'denied', 'expired', 'failed', 'cancelled'] as const;
export type GoalState = (typeof GOAL_STATES)[number];
export const goalMachine: Machine<GoalState> = {
  // `done` and `failed` at once: a mission whose work was reported before anybody started it
  planned: ['running', 'done', 'failed', 'cancelled', 'blocked'],
  running: ['proposed', 'done', 'blocked', 'cancelled', 'failed'],
  proposed: ['executing', 'changes_requested', 'denied', 'expired', 'cancelled', 'running'],
  changes_requested: ['running', 'cancelled', 'blocked'],
  executing: ['done', 'failed', 'proposed'],
  blocked: ['running', 'cancelled'],
  done: [],
  denied: [],
  expired: [],
  failed: [],
  cancelled: [],
};

/** `plan`: the goal is planned and nobody is given anything; `orchestrate`: its manager delegates. A fan-out leads from one to the other, nothing leads back. */
export const GOAL_MODES = ['plan', 'orchestrate'] as const;
export type GoalMode = (typeof GOAL_MODES)[number];

export const TASK_STATES = ['todo', 'assigned', 'in_progress', 'review', 'approved', 'done', 'blocked', 'cancelled'] as const;
export type TaskState = (typeof TASK_STATES)[number];
export const taskMachine: Machine<TaskState> = {
  // a mission's work item is reported by whoever works on it, who may begin, or hand in, without having been assigned
  todo: ['assigned', 'in_progress', 'review', 'cancelled', 'blocked'],
  assigned: ['in_progress', 'review', 'todo', 'cancelled', 'blocked'],
  // back to todo: it needs another round, and nobody has time for it, or nothing may be handed out
  in_progress: ['review', 'assigned', 'todo', 'cancelled', 'blocked'],
  review: ['approved', 'assigned', 'todo', 'blocked', 'cancelled'],
  approved: ['done', 'assigned', 'todo', 'blocked', 'cancelled'],
  done: ['assigned', 'todo'],
  // answered, and whoever does it has as much in hand as one may
  blocked: ['assigned', 'todo', 'cancelled'],
  cancelled: [],
};

/** Nothing more is done about it: it is done, or a person left it out. */
export const isSettledTask = (state: TaskState): boolean => state === 'done' || state === 'cancelled';

/** What a person says to a task that is blocked after its rounds: another try, or the goal without it. */
export const TASK_ANSWERS = ['retry', 'skip'] as const;
export type TaskAnswer = (typeof TASK_ANSWERS)[number];

export const APPROVAL_STATES = ['pending', 'held', 'approved', 'changes_requested', 'denied', 'expired', 'superseded', 'withdrawn'] as const;
export type ApprovalState = (typeof APPROVAL_STATES)[number];
export const approvalMachine: Machine<ApprovalState> = {
  pending: ['held', 'approved', 'changes_requested', 'denied', 'expired', 'superseded', 'withdrawn'],
  // what was decided in time does not expire while it is held
  held: ['pending', 'approved', 'changes_requested', 'denied', 'superseded', 'withdrawn'],
  approved: ['superseded', 'withdrawn'],
  changes_requested: [],
  denied: [],
  expired: [],
  superseded: [],
  withdrawn: [],
};
/** What people see: `executing`, `executed`, `failed` are read from the effect row, never stored on the approval (design §2). */
export type ApprovalView = ApprovalState | 'executing' | 'executed' | 'failed' | 'unknown';

/** What a decision makes of an approval; until then it is held. */
export const DECIDED_STATES = ['approved', 'denied', 'changes_requested'] as const;
export type DecidedState = (typeof DECIDED_STATES)[number];

/** How long a person may keep a decision of theirs back, to undo it. */
export const MOST_HOLD_SECONDS = 30;

export const DECISIONS = ['approve', 'deny', 'request_changes', 'defer', 'escalate', 'ask'] as const;
export type Decision = (typeof DECISIONS)[number];

export const EFFECT_STATES = ['started', 'executed', 'failed', 'refused', 'unknown'] as const;
export type EffectState = (typeof EFFECT_STATES)[number];
/** How a person ends an unknown outcome: with their word that it happened or did not, or by having the target looked at again. */
export const SETTLEMENTS = ['executed', 'failed', 'look'] as const;
export type Settlement = (typeof SETTLEMENTS)[number];
/** `unknown` waits for a person who finds out. */
export const effectMachine: Machine<EffectState> = { started: ['executed', 'failed', 'unknown'], unknown: ['executed', 'failed'], executed: [], failed: [], refused: [] };
/** Between a person's yes and the effect the team was stopped, the yes grew too old, or its device was removed: it did not take effect, so people are asked again. */
export const comesToNothing = (code: string): boolean => ['stale_epoch', 'approval_expired', 'assertion_late', 'key_ended'].includes(code);

export const INSTANCE_STATES = ['queued', 'running', 'completed', 'failed', 'cancelled'] as const;
export type InstanceState = (typeof INSTANCE_STATES)[number];
export const instanceMachine: Machine<InstanceState> = { queued: ['running', 'completed', 'failed', 'cancelled'], running: ['completed', 'failed', 'cancelled'], completed: [], failed: [], cancelled: [] };

/** How a spawn came to the gate, derived from the caller's credential (the original's words). */
export const SPAWN_SOURCES = ['ui_action', 'tool_call', 'orchestrator_runtime'] as const;
export type SpawnSource = (typeof SPAWN_SOURCES)[number];

/** What the gate does only after a person's yes: start an instance, let a tool call through, raise a budget. */
export const GATE_APPROVAL_KINDS = ['spawn', 'tool', 'budget'] as const;
export type GateApprovalKind = (typeof GATE_APPROVAL_KINDS)[number];
export const GATE_APPROVAL_STATES = ['pending', 'approved', 'denied', 'expired', 'withdrawn'] as const;
export type GateApprovalState = (typeof GATE_APPROVAL_STATES)[number];
export const gateApprovalMachine: Machine<GateApprovalState> = { pending: ['approved', 'denied', 'expired', 'withdrawn'], approved: [], denied: [], expired: [], withdrawn: [] };

export const RUN_STATES = ['queued', 'running', 'submitted', 'failed', 'stopped'] as const;
export type RunState = (typeof RUN_STATES)[number];
export const runMachine: Machine<RunState> = { queued: ['running', 'failed', 'stopped'], running: ['submitted', 'failed', 'stopped'], submitted: [], failed: [], stopped: [] };

/** A proposal to let agents do more than was decided. What was decided stays so; the next is another proposal. */
export const EVOLUTION_STATES = ['proposed', 'approved', 'rejected', 'withdrawn'] as const;
export type EvolutionState = (typeof EVOLUTION_STATES)[number];
export const evolutionMachine: Machine<EvolutionState> = { proposed: ['approved', 'rejected', 'withdrawn'], approved: [], rejected: [], withdrawn: [] };

export const BUDGET_UNITS = ['tokens', 'steps', 'tool_calls', 'ms', 'usd_micros'] as const;
export type BudgetUnit = (typeof BUDGET_UNITS)[number];
/** Nodes of the budget tree, from the top. */
export const ACCOUNT_KINDS = ['team', 'mission', 'instance'] as const;
export type AccountKind = (typeof ACCOUNT_KINDS)[number];
/** A unit's limit as the original's files and events name it. */
export const BUDGET_LIMIT: Readonly<Record<BudgetUnit, string>> = { tokens: 'max_tokens', steps: 'max_steps', tool_calls: 'max_tool_calls', ms: 'max_duration_ms', usd_micros: 'max_cost_usd' };
/** Amounts per unit, integers; a missing unit is zero. */
export type Amounts = Partial<Record<BudgetUnit, number>>;

export const ROLES = ['customer_governor', 'platform_governor', 'genesis', 'systems_architect', 'vision_guardian', 'operator'] as const;
export type Role = (typeof ROLES)[number];
