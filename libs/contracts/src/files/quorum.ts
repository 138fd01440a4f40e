import { ROLES, type Role } from '../states.js';
import { bundleFault, type BundleFault } from './bundle-rules.js';
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
    from: roles("Roles at the customer whose yes counts; the customer's governors where none is named. Nobody else can decide."),
    substitutes: roles('Roles at the customer that count as well where those are too few.'),
  },
  ['need'],
  'How many must say yes, and who counts.',
);

/** Who decides is a governor of the customer, and nobody of a customer has another role: whoever is named beside them never counts. */
export const COUNTING_ROLE: Role = 'customer_governor';

/** What a rule says in vain: roles that never count, nobody at all, and whose count where one yes is enough, which is anybody's who may decide. */
export function brokenQuorum(pointer: string, rule: QuorumRule | undefined): BundleFault[] {
  if (rule === undefined) return [];
  const { need, from = ONE_PERSON.from, substitutes = [] } = rule;
  const idle = (['from', 'substitutes'] as const).flatMap((name) => (rule[name] ?? []).flatMap((role, at) => bundleFault(role !== COUNTING_ROLE, `${pointer}/${name}/${at}`, 'can-count', `only a ${COUNTING_ROLE} can decide: the yes of a ${role} never counts`)));
  const alone = (['from', 'substitutes'] as const).flatMap((name) => bundleFault(need === 1 && rule[name] !== undefined, `${pointer}/${name}`, 'needs-several', 'says whose yes counts where several are needed; where one is, that of everybody who may decide counts'));
  const nobody = bundleFault(idle.length === 0 && ![...from, ...substitutes].includes(COUNTING_ROLE), `${pointer}/from`, 'can-count', 'nobody’s yes would count');
  return [...idle, ...alone, ...nobody];
}

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
