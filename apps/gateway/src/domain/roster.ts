import { COUNTING_ROLE, type QuorumInForce, type Role } from '@countersign/contracts';
import { unfitFor, type KeyKind } from '@countersign/contracts/assertions';

/** Somebody at the customer, with the keys on devices that are theirs still. */
export interface RosterPerson {
  readonly id: string;
  readonly roles: readonly Role[];
  readonly keys: readonly { readonly deviceId: string; readonly kind: KeyKind; readonly backupEligible: boolean }[];
}
export type Roster = { readonly ok: true; readonly people: readonly string[] } | { readonly ok: false; readonly code: 'quorum_empty' | 'quorum_short'; readonly need: number; readonly found: number };

/**
 * Whose yes counts: of those who may decide at all, people with a role that the policy names, and where they are too few those who may stand in; never who asked or
 * made a part of it. Where devices are counted, those with a key that can sign at this tier. Too few for what is needed is an
 * answer: it is better said when a question is asked than found out when the time to answer is over.
 */
export function rosterOf({ need, of, from, substitutes }: QuorumInForce, tier: number, people: readonly RosterPerson[], excluded: readonly string[]): Roster {
  const eligible = people.filter(({ id, roles }) => roles.includes(COUNTING_ROLE) && !excluded.includes(id));
  const holding = (roles: readonly Role[]): RosterPerson[] => eligible.filter((person) => person.roles.some((role) => roles.includes(role)));
  const countOf = (who: readonly RosterPerson[]): number => (of === 'people' ? who.length : new Set(who.flatMap(({ keys }) => keys.filter((key) => unfitFor(tier, key) === undefined).map(({ deviceId }) => deviceId))).size);
  const named = holding(from);
  const counted = countOf(named) >= need ? named : holding([...from, ...substitutes]);
  const found = countOf(counted);
  if (found < need) return { ok: false, code: found === 0 ? 'quorum_empty' : 'quorum_short', need, found };
  return { ok: true, people: counted.map(({ id }) => id).sort() };
}
