import { ROLES, type Role } from '../states.js';
import { count, list, object } from './parts.js';

/** What makes two yeses two: that two people gave them, or that they come from two devices. */
export const QUORUM_OF = ['people', 'devices'] as const;
export type QuorumOf = (typeof QUORUM_OF)[number];

/** How many must say yes, and who counts. Who asked and who made a part of it never do. */
export interface QuorumRule {
  need: number;
  /** Unset: `people`. */
  of?: QuorumOf;
  /** Unset: the customer's governors. */
  from?: readonly Role[];
  /** Who counts as well where those are too few. */
  substitutes?: readonly Role[];
}
/** All of it said. */
export type QuorumInForce = Required<QuorumRule>;

export const MOST_NEEDED = 9;
export const ONE_PERSON: QuorumInForce = { need: 1, of: 'people', from: ['customer_governor'], substitutes: [] };

const roles = (description: string) => list({ type: 'string', enum: ROLES }, description, ROLES.length);
export const quorumSchema = object(
  {
    need: count('How many must say yes.', MOST_NEEDED, 1),
    of: { type: 'string', enum: QUORUM_OF, description: "What makes two yeses two: 'people' (the default), or 'devices', which may be one person's." },
    from: roles("Roles at the customer whose yes counts; the customer's governors where none is named."),
    substitutes: roles('Roles at the customer that count as well where those are too few.'),
  },
  ['need'],
  'How many must say yes, and who counts.',
);

/** The strictest of several: most of them, people before devices, and only whom all let count. */
export function strictestQuorum(said: readonly (QuorumRule | undefined)[]): QuorumInForce {
  const rules = said.filter((rule) => rule !== undefined);
  if (rules.length === 0) return ONE_PERSON;
  const several = rules.filter(({ need }) => need > 1);
  const inAll = (of: (rule: QuorumRule) => readonly Role[]): Role[] => ROLES.filter((role) => rules.every((rule) => of(rule).includes(role)));
  return {
    need: Math.max(...rules.map(({ need }) => need)),
    of: several.length > 0 && several.every(({ of }) => of === 'devices') ? 'devices' : 'people',
    from: inAll(({ from }) => from ?? ONE_PERSON.from),
    substitutes: inAll(({ substitutes }) => substitutes ?? []),
  };
}
