import {
  AGENT_ROLES, BUDGET_UNITS, limitOfAmounts, wireId, wireMission, type AccountKind, type AgentInstance, type AgentRole, type Amounts, type ApprovalQueue, type AskedSpawn, type BudgetApprovalView, type Capabilities, type GateApprovalKind, type InstanceState, type MissionSummary,
  type SpawnApprovalView, type SpawnSource, type ToolApprovalView,
} from '@countersign/contracts';

/** An agent's row, as far as the original's clients are concerned. */
export interface InstanceRow {
  readonly team_id: string;
  readonly id: string;
  readonly goal_id: string | null;
  readonly run_id: string | null;
  readonly parent_id: string | null;
  readonly role: AgentRole;
  readonly template_id: string;
  readonly source: SpawnSource;
  readonly justification: string;
  readonly state: InstanceState;
  readonly capabilities: Capabilities;
  readonly slice: Amounts;
  readonly skill_hash: string;
  readonly started_at: Date;
  readonly ended_at: Date | null;
  readonly deadline_at: Date | null;
  readonly end_reason: string | null;
  readonly elapsed_ms: number;
  readonly work_item: string | null;
  readonly spent: Amounts;
  /** Its place in the list. */
  readonly at_us: number;
}

const MICROS = 1_000_000;
const full = (amounts: Amounts): Required<Amounts> => Object.fromEntries(BUDGET_UNITS.map((unit) => [unit, amounts[unit] ?? 0])) as Required<Amounts>;

export function instanceView(row: InstanceRow): AgentInstance {
  const { tokens, steps, tool_calls, usd_micros } = full(row.spent);
  return {
    instanceID: wireId('instance', row.id),
    missionID: wireMission(row.goal_id),
    ...(row.parent_id === null ? {} : { parentInstanceID: wireId('instance', row.parent_id) }),
    role: row.role,
    templateID: row.template_id,
    sessionID: wireId('session', row.id),
    ...(row.run_id === null ? {} : { runID: wireId('run', row.run_id) }),
    status: row.state,
    budget: limitOfAmounts(row.slice),
    skillHash: row.skill_hash,
    capabilities: row.capabilities,
    metadata: {
      source: row.source,
      justification: row.justification,
      budgetUsage: { tokensUsed: tokens, stepsUsed: steps, toolCallsUsed: tool_calls, costUsedUsd: usd_micros / MICROS, elapsedMs: row.elapsed_ms },
      teamID: row.team_id,
      ...(row.work_item === null ? {} : { workItemID: row.work_item }),
      ...(row.end_reason === null ? {} : { endReason: row.end_reason }),
      startedAtMs: row.started_at.getTime(),
      ...(row.ended_at === null ? {} : { endedAtMs: row.ended_at.getTime() }),
      ...(row.deadline_at === null ? {} : { deadlineAtMs: row.deadline_at.getTime() }),
    },
  };
}

export interface MissionSummaryRow {
  readonly team_id: string;
  readonly goal_id: string | null;
  readonly instances: number;
  readonly queued: number;
  readonly running: number;
  readonly completed: number;
  readonly failed: number;
  readonly cancelled: number;
  readonly spent: Amounts;
  readonly at_us: number;
}

export function missionSummary(row: MissionSummaryRow): MissionSummary {
  const { tokens, steps, tool_calls, usd_micros } = full(row.spent);
  return {
    missionID: wireMission(row.goal_id),
    instanceCount: row.instances,
    runningCount: row.running,
    completedCount: row.completed,
    failedCount: row.failed,
    cancelledCount: row.cancelled,
    queuedCount: row.queued,
    tokenUsedTotal: tokens,
    toolCallsUsedTotal: tool_calls,
    stepsUsedTotal: steps,
    costUsedUsdTotal: usd_micros / MICROS,
    teamID: row.team_id,
  };
}

/** What the gate keeps of a request that waits for a person; `shown` is what the person decides about. */
interface KeptSpawn {
  readonly source?: SpawnSource;
  readonly wish?: { readonly budgetWish?: Amounts };
  readonly shown?: { readonly role: string; readonly templateId: string | null; readonly justification: string };
}
interface KeptCall {
  readonly tool?: string;
  readonly args?: object;
  readonly callId?: string;
}
interface KeptBudget {
  readonly account?: AccountKind;
  readonly granted?: Amounts;
  readonly amounts?: Amounts;
}
export interface QuestionRow {
  readonly team_id: string;
  readonly id: string;
  readonly kind: GateApprovalKind;
  readonly goal_id: string | null;
  readonly task_id: string | null;
  readonly instance_id: string | null;
  readonly request: KeptSpawn & KeptCall & KeptBudget;
  readonly code: string;
  readonly reason: string;
  readonly created_at: Date;
  readonly due_at: Date;
  readonly at_us: number;
}

export function approvalQueue(rows: readonly QuestionRow[]): ApprovalQueue {
  const spawnApprovals = rows.filter(({ kind }) => kind === 'spawn').map(spawnApproval);
  const toolApprovals = rows.filter(({ kind }) => kind === 'tool').map(toolApproval);
  const budgetApprovals = rows.filter(({ kind }) => kind === 'budget').map(budgetApproval);
  return { spawnApprovals, toolApprovals, ...(budgetApprovals.length > 0 ? { budgetApprovals } : {}), count: rows.length };
}

const budgetApproval = ({ id, team_id, goal_id, instance_id, request: { account, granted, amounts }, code, reason, created_at, due_at }: QuestionRow): BudgetApprovalView => ({
  approvalID: wireId('budgetApproval', id),
  missionID: wireMission(goal_id),
  ...(instance_id === null ? {} : { instanceID: wireId('instance', instance_id) }),
  account: account!,
  granted: limitOfAmounts(granted ?? {}),
  more: limitOfAmounts(amounts ?? {}),
  code,
  reason,
  teamID: team_id,
  createdAtMs: created_at.getTime(),
  expiresAtMs: due_at.getTime(),
});

const spawnApproval = (row: QuestionRow): SpawnApprovalView => ({
  approvalID: wireId('spawnApproval', row.id),
  createdAtMs: row.created_at.getTime(),
  request: askedSpawn(row),
  decisionCode: row.code,
  reason: row.reason,
  teamID: row.team_id,
  expiresAtMs: row.due_at.getTime(),
});

function askedSpawn({ goal_id, task_id, instance_id, request: { source, wish, shown } }: QuestionRow): AskedSpawn {
  const role = AGENT_ROLES.find((known) => known === shown?.role);
  return {
    missionID: wireMission(goal_id),
    ...(instance_id === null ? {} : { parentInstanceID: wireId('instance', instance_id) }),
    source: source ?? 'orchestrator_runtime',
    role: role ?? null,
    ...(shown?.templateId ? { templateID: shown.templateId } : {}),
    justification: shown?.justification ?? '',
    ...(wish?.budgetWish ? { budget_override: limitOfAmounts(wish.budgetWish) } : {}),
    ...(task_id === null ? {} : { workItemID: task_id }),
  };
}

const toolApproval = ({ id, team_id, instance_id, request: { tool, args, callId }, code, reason, created_at, due_at }: QuestionRow): ToolApprovalView => ({
  approvalID: wireId('toolApproval', id),
  ...(instance_id === null ? {} : { sessionID: wireId('session', instance_id) }),
  toolCallID: callId ?? id,
  ...(tool === undefined ? {} : { tool }),
  ...(args === undefined ? {} : { args }),
  status: 'pending',
  code,
  reason,
  teamID: team_id,
  createdAtMs: created_at.getTime(),
  expiresAtMs: due_at.getTime(),
});
