import { AGENT_ROLES, NO_TERMS, type AgentRole, type MissionTerms, type NewMission, type NewWorkItem, type TaskId } from '@countersign/contracts';
import { inOrder } from './in-order.js';

/** One work item as it is stored: `key` is its id on the wire. */
export interface PlannedItem {
  readonly id: TaskId;
  readonly ordinal: number;
  readonly key: string;
  readonly title: string;
  readonly detail: string;
  /** What `assigned_agent` says, as it was written; empty where it says nothing. */
  readonly agent: string;
  readonly dependsOn: readonly TaskId[];
  readonly metadata: object;
}

/** A mission travels whole in every reply; the bus takes one megabyte. */
const MOST_CHARS = 200_000;

export type MissionPlan =
  | { readonly ok: true; readonly items: readonly PlannedItem[]; readonly terms: MissionTerms }
  | { readonly ok: false; readonly code: 'mission_too_large' | 'work_item_duplicate' | 'work_item_unknown_dependency' | 'work_items_in_a_circle' | 'agent_not_allowed'; readonly message: string };

/**
 * Turns what was asked for into work items, kept in the order given. Two with one id, a dependency on nothing, a circle, or an
 * agent that the mission's own list leaves out refuse the whole of it: half a mission would wait for ever.
 */
export function planMission({ work_items, ...asked }: NewMission, nextId: () => TaskId): MissionPlan {
  if (JSON.stringify([work_items, asked]).length > MOST_CHARS) return { ok: false, code: 'mission_too_large', message: `A mission has at most ${MOST_CHARS} characters.` };
  const keyed = work_items.map((item) => keyOf(item, nextId()));
  const keys = keyed.map(({ key }) => key);
  const twice = keys.find((key, index) => keys.indexOf(key) !== index);
  if (twice !== undefined) return { ok: false, code: 'work_item_duplicate', message: `Two work items have the id "${twice}".` };
  const unknown = keyed.flatMap(({ dependsOn }) => dependsOn).find((key) => !keys.includes(key));
  if (unknown !== undefined) return { ok: false, code: 'work_item_unknown_dependency', message: `A work item depends on "${unknown}", which this mission does not have.` };
  if (!inOrder(keyed)) return { ok: false, code: 'work_items_in_a_circle', message: 'The work items depend on each other in a circle.' };
  const terms = termsOf(asked);
  const { allowed_agents } = terms.capabilities;
  const stranger = allowed_agents.length === 0 ? undefined : keyed.find(({ agent }) => agent !== '' && !allowed_agents.includes(agent));
  if (stranger) return { ok: false, code: 'agent_not_allowed', message: `The mission does not allow the agent "${stranger.agent}".` };
  const ids = new Map(keyed.map(({ key, id }) => [key, id]));
  return { ok: true, terms, items: keyed.map(({ dependsOn, ...item }, ordinal) => ({ ...item, ordinal, dependsOn: [...new Set(dependsOn)].map((key) => ids.get(key)!) })) };
}

const keyOf = (item: NewWorkItem, id: TaskId) => ({
  id,
  key: item.work_item_id ?? id,
  title: item.title,
  detail: item.detail ?? '',
  agent: item.assigned_agent ?? '',
  dependsOn: item.depends_on ?? [],
  metadata: item.metadata ?? {},
});

function termsOf({ success_criteria, entrypoint, budgets, capabilities, metadata }: Omit<NewMission, 'work_items'>): MissionTerms {
  return {
    success_criteria: success_criteria ?? NO_TERMS.success_criteria,
    entrypoint: entrypoint ?? null,
    budgets: { ...budgets },
    capabilities: { ...NO_TERMS.capabilities, ...capabilities },
    ...(metadata === undefined ? {} : { metadata }),
  };
}

/** The role an `assigned_agent` names, read as the original reads it: case and blanks around it do not matter. */
export function roleOf(agent: string): AgentRole | undefined {
  const name = agent.trim().toLowerCase();
  return AGENT_ROLES.find((role) => role === name);
}
