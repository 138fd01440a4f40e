import type { Coordination, Role, TeamChange, TeamMode, TeamState } from '@countersign/contracts';
import { standsAbove, type Mover } from './move-team.js';
import type { TrialStanding } from '@countersign/contracts';

/** The team whose terms are to be changed. */
export interface Changed {
  readonly customerId: string;
  readonly state: TeamState;
  readonly mode: TeamMode;
  readonly coordination: Coordination;
  /** Whoever asks coordinates it. */
  readonly coordinated?: boolean;
  readonly helpdeskOpen?: boolean;
  /** Absent: it has no trial. */
  readonly trial?: { readonly standing: TrialStanding; readonly extended: number; readonly mostExtensions: number };
}

interface Change {
  readonly roles: readonly Role[];
  readonly own: boolean;
  readonly states: readonly TeamState[];
}

/** Who may change what while the team is where. A trial becomes production, and becomes longer, only by a governor's word (S4-127). */
export const TEAM_CHANGES: Readonly<Record<TeamChange, Change>> = {
  promote: { roles: ['platform_governor'], own: true, states: ['active'] },
  extend: { roles: ['platform_governor'], own: true, states: ['active'] },
  coordinate: { roles: ['platform_governor'], own: false, states: ['active', 'suspended'] },
  hand_back: { roles: ['platform_governor'], own: false, states: ['active', 'suspended'] },
  revert: { roles: ['platform_governor'], own: true, states: ['active', 'suspended'] },
  // where the bundle's publication did not decide it beforehand (C-22)
  open_helpdesk: { roles: ['platform_governor'], own: false, states: ['suspended'] },
};

/** Who coordinates the team after a change of it, and who must have before. */
export const COORDINATED_BY: Readonly<Partial<Record<TeamChange, { readonly to: Coordination; readonly from: readonly Coordination[] }>>> = {
  coordinate: { to: 'person', from: ['manager', 'person'] },
  hand_back: { to: 'manager', from: ['person'] },
  revert: { to: 'individuals', from: ['manager', 'person'] },
};

export type ChangeDecision =
  | { readonly outcome: 'changed' }
  | { readonly outcome: 'unchanged' }
  | { readonly outcome: 'refused'; readonly code: 'not_permitted' | 'wrong_team_state' | 'no_trial' | 'trial_over' | 'trial_extended' | 'wrong_coordination'; readonly message: string };

const refused = (code: Extract<ChangeDecision, { outcome: 'refused' }>['code'], message: string): ChangeDecision => ({ outcome: 'refused', code, message });

export function decideChange(change: TeamChange, by: Mover, team: Changed): ChangeDecision {
  const { states, ...who } = TEAM_CHANGES[change];
  if (!standsAbove(who, by, team.customerId)) return refused('not_permitted', `this person may not ${change.replace('_', ' ')} the team`);
  if (change === 'promote' && team.mode === 'production') return { outcome: 'unchanged' };
  if (!states.includes(team.state)) return refused('wrong_team_state', `a team that is ${team.state} cannot be changed by ${change}: it must be ${states.join(' or ')}`);
  if (change === 'open_helpdesk') return { outcome: team.helpdeskOpen === true ? 'unchanged' : 'changed' };
  const coordinated = COORDINATED_BY[change];
  return coordinated ? recoordinated(team, coordinated) : ofTrial(change, team);
}

/** Of two people who coordinate, the second takes over. */
function recoordinated({ coordination, coordinated = false }: Changed, { to, from }: { readonly to: Coordination; readonly from: readonly Coordination[] }): ChangeDecision {
  if (coordination === to && (to !== 'person' || coordinated)) return { outcome: 'unchanged' };
  return from.includes(coordination) ? { outcome: 'changed' } : refused('wrong_coordination', `the team is coordinated by ${coordination}; it must be by ${from.join(' or ')}`);
}

function ofTrial(change: TeamChange, { mode, trial }: Changed): ChangeDecision {
  if (mode !== 'trial' || !trial) return refused('no_trial', 'the team is not on trial');
  if (trial.standing === 'over') return refused('trial_over', 'the trial and its grace are over');
  if (change === 'extend' && trial.extended >= trial.mostExtensions) return refused('trial_extended', `the trial was made longer ${trial.extended} times already, which is the most: make it production when it has passed its test`);
  return { outcome: 'changed' };
}
