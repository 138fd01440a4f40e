import { LEAST_SANDBOX_LEVEL, type AgentRole, type SandboxProduct, type SpawnPolicy } from '@countersign/contracts';

/** A person's word that on this installation less than the policy's sandbox is enough. It is theirs to say, so it is recorded. */
export type SandboxChoice = Exclude<SandboxProduct, 'strict'>;

/** What a supervisor can reach at most that was told to use no more than this. */
const HIGHEST_LEVEL: Readonly<Record<SandboxChoice, number>> = { process: 2, none: 0 };

/** The least sandbox a role needs: what the policy says, or less where a person chose less. A choice never asks for more. */
export function leastSandbox(role: AgentRole, { minimumSandbox }: SpawnPolicy, choice: SandboxChoice | undefined): SandboxProduct {
  const least = minimumSandbox[role] ?? minimumSandbox.default;
  return choice !== undefined && LEAST_SANDBOX_LEVEL[choice] < LEAST_SANDBOX_LEVEL[least] ? choice : least;
}

/** The level that is believed: a supervisor that was told to use less cannot claim to have reached more. */
export const believedLevel = (reported: number, choice: SandboxChoice | undefined): number => (choice === undefined ? reported : Math.min(reported, HIGHEST_LEVEL[choice]));
