import type { EscalationState, MemberVerb, RecordedKind, Role, TeamState } from '@countersign/contracts';
import { standsAbove, type Mover } from './move-team.js';

export type EscalationDecision = { readonly outcome: 'changed' } | { readonly outcome: 'unchanged' } | { readonly outcome: 'refused'; readonly code: 'not_permitted' | 'escalation_resolved'; readonly message: string };

/** Only the authority that it is for: nobody above or beside it answers in its place. A customer's governor only at home. */
export function decideEscalation(verb: 'acknowledge' | 'resolve', by: Mover, escalation: { readonly state: EscalationState; readonly toRole: string; readonly customerId: string | null }): EscalationDecision {
  const { state, toRole, customerId } = escalation;
  const may = by.roles.includes(toRole) && (toRole !== 'customer_governor' || by.customerId === customerId);
  if (!may) return { outcome: 'refused', code: 'not_permitted', message: `this is for ${toRole.replace('_', ' ')}` };
  if (state === 'resolved') return verb === 'resolve' ? { outcome: 'unchanged' } : { outcome: 'refused', code: 'escalation_resolved', message: 'it is resolved already' };
  return verb === 'acknowledge' && state === 'acknowledged' ? { outcome: 'unchanged' } : { outcome: 'changed' };
}

/** Who may record what no row shows. */
export const RECORDERS: Readonly<Record<RecordedKind, { readonly roles: readonly Role[]; readonly own: boolean }>> = {
  ethics_violation: { roles: ['vision_guardian'], own: false },
  composition_change: { roles: ['platform_governor'], own: true },
  architecture_change: { roles: ['systems_architect', 'platform_governor', 'operator'], own: true },
  app_store_rejection: { roles: ['platform_governor', 'operator'], own: false },
};
export const mayRecord = (kind: RecordedKind, by: Mover, customerId: string): boolean => standsAbove(RECORDERS[kind], by, customerId);
/** The role that lets a person record it. */
export const recordsAs = (kind: RecordedKind, { roles }: Mover): Role => RECORDERS[kind].roles.find((role) => roles.includes(role)) ?? 'customer_governor';

/** A flag stops a team that works; of one that stands still it is written down and counts, and stops nothing again. What is asked for needs a team that is not over. */
const RECORDED_OF: Readonly<Record<RecordedKind, readonly TeamState[]>> = {
  ethics_violation: ['active', 'suspended'],
  composition_change: ['requested', 'certified', 'active', 'suspended'],
  architecture_change: ['requested', 'certified', 'active', 'suspended'],
  app_store_rejection: ['requested', 'certified', 'active', 'suspended'],
};
export const canRecord = (kind: RecordedKind, state: TeamState): boolean => RECORDED_OF[kind].includes(state);

/** A customer may stop a member of the own team; that it works again, or another in its place, Genesis certifies. */
const STEERERS: Readonly<Record<MemberVerb, { readonly roles: readonly Role[]; readonly own: boolean }>> = {
  suspend: { roles: ['genesis', 'platform_governor'], own: true },
  reinstate: { roles: ['genesis'], own: false },
  replace: { roles: ['genesis'], own: false },
};
export const maySteerMember = (verb: MemberVerb, by: Mover, customerId: string): boolean => standsAbove(STEERERS[verb], by, customerId);

/** What a governor has asked for about one member, and what has not been resolved since. */
export interface ChangeAsked {
  readonly escalationId: string;
  readonly incidentId: string;
  readonly askedBy: string;
}
export type Replacement = { readonly outcome: 'replaced'; readonly asked: readonly ChangeAsked[] } | { readonly outcome: 'refused'; readonly code: 'wrong_team_state' | 'change_not_asked' | 'requester_may_not_decide'; readonly message: string };

/** A change of who is in a team takes two: a governor, who asks for it, and Genesis, who carries it out (C-17). Nobody is both. */
export function decideReplacement(by: string, teamState: TeamState, asked: readonly ChangeAsked[]): Replacement {
  if (!canRecord('composition_change', teamState)) return { outcome: 'refused', code: 'wrong_team_state', message: `a team that is ${teamState} stays as it is` };
  if (asked.length === 0) return { outcome: 'refused', code: 'change_not_asked', message: 'no governor has asked for another in this member’s place' };
  const others = asked.filter(({ askedBy }) => askedBy !== by);
  return others.length === 0 ? { outcome: 'refused', code: 'requester_may_not_decide', message: 'whoever asked for it does not carry it out' } : { outcome: 'replaced', asked: others };
}

/** The next name of a place, which nobody in the team has or had: the record tells them apart. */
export function freshName(name: string, known: readonly string[]): string {
  const stem = name.replace(/ \d+$/, '');
  let number = 2;
  while (known.includes(`${stem} ${number}`)) number++;
  return `${stem} ${number}`;
}
