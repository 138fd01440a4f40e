import { type Role, type TeamState, type TeamVerb } from '@countersign/contracts';

/** One verb of a team's life: from where, to where, who may say it. `own` means a governor of the team's own customer. */
interface Verb {
  readonly from: TeamState;
  readonly to: TeamState;
  readonly roles: readonly Role[];
  readonly own: boolean;
  /** Whether everything that runs is stopped, and late work refused from now on (P9). */
  readonly stops: boolean;
}

/** Lifecycle × roles. The platform governor and Genesis stand above every customer; a customer governor only above the own team. */
export const TEAM_VERBS: Readonly<Record<TeamVerb, Verb>> = {
  certify: { from: 'requested', to: 'certified', roles: ['genesis'], own: false, stops: false },
  reject: { from: 'requested', to: 'rejected', roles: ['genesis'], own: false, stops: false },
  deploy: { from: 'certified', to: 'active', roles: ['platform_governor'], own: true, stops: false },
  suspend: { from: 'active', to: 'suspended', roles: ['platform_governor', 'genesis', 'operator'], own: true, stops: true },
  reactivate: { from: 'suspended', to: 'active', roles: ['platform_governor', 'genesis'], own: false, stops: true },
  complete: { from: 'active', to: 'completed', roles: ['platform_governor'], own: true, stops: true },
  dissolve: { from: 'suspended', to: 'dissolved', roles: ['platform_governor', 'genesis'], own: false, stops: true },
};

export interface Mover {
  readonly customerId: string;
  readonly roles: readonly string[];
}

export type MoveDecision =
  | { readonly outcome: 'moved'; readonly to: TeamState; readonly epoch: number; readonly stops: boolean }
  /** The team is there already: a repeated command changes nothing and is no error. */
  | { readonly outcome: 'unchanged' }
  | { readonly outcome: 'refused'; readonly code: 'not_permitted' | 'wrong_team_state'; readonly message: string };

export function decideMove(verb: TeamVerb, by: Mover, team: { readonly state: TeamState; readonly epoch: number; readonly customerId: string }): MoveDecision {
  const { from, to, roles, own, stops } = TEAM_VERBS[verb];
  const above = roles.some((role) => by.roles.includes(role));
  const governsIt = own && by.roles.includes('customer_governor') && by.customerId === team.customerId;
  if (!above && !governsIt) return { outcome: 'refused', code: 'not_permitted', message: `this person may not ${verb} the team` };
  if (team.state === to) return { outcome: 'unchanged' };
  if (team.state !== from) return { outcome: 'refused', code: 'wrong_team_state', message: `a team that is ${team.state} cannot be moved by ${verb}: it must be ${from}` };
  return { outcome: 'moved', to, epoch: stops ? team.epoch + 1 : team.epoch, stops };
}

/** Who may hire a team: a governor, for the own customer. */
export const mayHire = ({ roles }: Mover): boolean => roles.includes('customer_governor');
