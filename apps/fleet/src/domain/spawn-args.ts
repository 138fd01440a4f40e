import { AGENT_ROLES, amountsOfLimit, fromWireId, MalformedIdError, type GoalId, type InstanceId, type SpawnAgentArgs, type SpawnWish } from '@countersign/contracts';

/** The process's own instance and mission, as the supervisor knows them. */
export interface Bound {
  readonly instanceId: InstanceId;
  readonly goalId: GoalId;
}
export type AgentWish = Omit<SpawnWish, 'teamId' | 'requestId'>;
export type ReadArgs = { readonly ok: true; readonly wish: AgentWish } | { readonly ok: false; readonly message: string };

const SOURCE = 'tool_call';

/** Reads a wish for another agent. Who asks, for which mission and by which way is known already: a word about it that is not true refuses the whole call (P12). */
export function readSpawnArgs({ role, justification, missionID, parentInstanceID, templateID, source, budgetOverride }: SpawnAgentArgs, { instanceId, goalId }: Bound): ReadArgs {
  const known = AGENT_ROLES.find((each) => each === role);
  if (known === undefined) return no(role === undefined ? 'a role is needed' : `there is no role ${role.slice(0, 40)}`);
  if (justification === undefined) return no('a justification is needed');
  if (source !== undefined && source !== SOURCE) return no(`the source of a tool call is ${SOURCE}`);
  if (missionID !== undefined && missionID !== goalId) return no('an agent starts others for its own mission only');
  if (parentInstanceID !== undefined && !isInstance(parentInstanceID, instanceId)) return no('the parent is the instance that asks, and no other');
  return { ok: true, wish: { role: known, justification, ...(templateID === undefined ? {} : { templateId: templateID }), ...(budgetOverride === undefined ? {} : { budgetOverride: amountsOfLimit(budgetOverride) }) } };
}

const no = (message: string): ReadArgs => ({ ok: false, message });

function isInstance(text: string, instanceId: InstanceId): boolean {
  try {
    return fromWireId('instance', text) === instanceId;
  } catch (error) {
    if (error instanceof MalformedIdError) return false;
    throw error;
  }
}
