import { AGENT_ROLES, firstOf, type SpawnAgentArgs, type TaskArgs } from '@countersign/contracts';

/** The team a worker is in, by whichever of its names. */
export interface OwnTeam {
  readonly id: string;
  readonly name: string;
}
export type ReadTask = { readonly ok: true; readonly args: SpawnAgentArgs; readonly ignored: string[] } | { readonly ok: false; readonly message: string };

const LONGEST = 4000;
/** What the template and the gate decide, whatever the call says: above all how much the new agent may do without being asked. */
const IGNORED = ['model', 'run_in_background', 'name', 'mode'] as const satisfies readonly (keyof TaskArgs)[];

/** A call of `Task` as the request for an agent that it is. Another team than the own is a word about the asker that is not true, and refuses it (P12). */
export function readTask(args: TaskArgs, team: OwnTeam): ReadTask {
  const { description, prompt, subagent_type, max_turns, team_name } = args;
  if (team_name !== undefined && team_name !== team.id && team_name.trim().toLowerCase() !== team.name.toLowerCase()) return { ok: false, message: 'an agent starts others in its own team only' };
  const role = AGENT_ROLES.find((each) => each === subagent_type.trim().toLowerCase());
  return {
    ok: true,
    ignored: IGNORED.filter((name) => args[name] !== undefined),
    args: {
      role: role ?? 'worker',
      justification: firstOf(prompt === '' ? description : `${description}\n\n${prompt}`, LONGEST),
      ...(role === undefined ? { templateID: subagent_type } : {}),
      ...(max_turns === undefined ? {} : { budgetOverride: { max_steps: max_turns } }),
    },
  };
}
