import { type Role, type TeamState, type TeamVerb } from '@countersign/contracts';

/** One verb of a team's life: from where, to where, who may say it. `own` means a governor of the team's own customer. */
interface Verb {
  /** Where it leads, by where the team is. */
  readonly moves: Partial<Record<TeamState, TeamState>>;
  readonly roles: readonly Role[];
  readonly own: boolean;
  /** Whether the gate itself says it, when something measured or a time that is over wants it so. */
  readonly gate?: true;
  /** Whether everything that runs is stopped, and late work refused from now on (P9). */
  readonly stops: boolean;
}

/** Lifecycle × roles. The platform governor and Genesis stand above every customer; a customer governor only above the own team. */
export const TEAM_VERBS: Readonly<Record<TeamVerb, Verb>> = {
  certify: { moves: { requested: 'certified' }, roles: ['genesis'], own: false, stops: false },
  reject: { moves: { requested: 'rejected' }, roles: ['genesis'], own: false, stops: false },
  deploy: { moves: { certified: 'active' }, roles: ['platform_governor'], own: true, stops: false },
  suspend: { moves: { active: 'suspended' }, roles: ['platform_governor', 'genesis', 'operator'], own: true, gate: true, stops: true },
  reactivate: { moves: { suspended: 'active' }, roles: ['platform_governor', 'genesis'], own: false, stops: true },
  complete: { moves: { active: 'completed' }, roles: ['platform_governor'], own: true, gate: true, stops: true },
  dissolve: { moves: { suspended: 'dissolved' }, roles: ['platform_governor', 'genesis'], own: false, stops: true },
  // the customer ends it, wherever it is: what was delivered stays theirs
  cancel: { moves: { requested: 'dissolved', certified: 'dissolved', active: 'completed', suspended: 'dissolved' }, roles: ['platform_governor'], own: true, stops: true },
  archive: { moves: { completed: 'archived', dissolved: 'archived' }, roles: ['platform_governor'], own: false, stops: false },
};

/** The gate itself: no person, and no more than the table lets it. */
export const THE_GATE = 'gate';
export interface Mover {
  readonly customerId: string;
  readonly roles: readonly string[];
}

export type MoveDecision =
  | { readonly outcome: 'moved'; readonly to: TeamState; readonly epoch: number; readonly stops: boolean }
  /** The team is there already: a repeated command changes nothing and is no error. */
  | { readonly outcome: 'unchanged' }
  | { readonly outcome: 'refused'; readonly code: 'not_permitted' | 'wrong_team_state'; readonly message: string };

/** Whether these roles, at this customer, stand above the team, or govern it where its own customer may. */
export function standsAbove({ roles, own }: { readonly roles: readonly Role[]; readonly own: boolean }, by: Mover, customerId: string): boolean {
  return roles.some((role) => by.roles.includes(role)) || (own && by.roles.includes('customer_governor') && by.customerId === customerId);
}

export function decideMove(verb: TeamVerb, by: Mover | typeof THE_GATE, team: { readonly state: TeamState; readonly epoch: number; readonly customerId: string }): MoveDecision {
  const { moves, gate, stops, ...who } = TEAM_VERBS[verb];
  const may = by === THE_GATE ? gate === true : standsAbove(who, by, team.customerId);
  if (!may) return { outcome: 'refused', code: 'not_permitted', message: `this person may not ${verb} the team` };
  const to = moves[team.state];
  if (to === undefined && Object.values(moves).includes(team.state)) return { outcome: 'unchanged' };
  if (to === undefined) return { outcome: 'refused', code: 'wrong_team_state', message: `a team that is ${team.state} cannot be moved by ${verb}: it must be ${Object.keys(moves).join(' or ')}` };
  return { outcome: 'moved', to, epoch: stops ? team.epoch + 1 : team.epoch, stops };
}

/** Who may hire a team: a governor, for the own customer. */
export const mayHire = ({ roles }: Mover): boolean => roles.includes('customer_governor');
