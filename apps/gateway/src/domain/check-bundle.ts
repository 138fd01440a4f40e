import { amountsOfBudget, bundleFault, firstMonthUsdMicros, teamPrice, type AgentRole, type Bundle, type BundleFault, type PartRule, type PriceTable } from '@countersign/contracts';
import type { PricesInForce } from './quote.js';

/** What a bundle is held against beside its own rules. */
export interface BundleFacts {
  /** The newest version that is published; 0 where there is none. */
  readonly newest: number;
  /** The bundle that is edited, where that is known. */
  readonly id?: string;
  readonly prices: PricesInForce;
  /** Role of each template in force. */
  readonly templates: ReadonlyMap<string, AgentRole>;
}

/** Everything that keeps a bundle from being published on this platform, each at the field where it was written. */
export const platformRules = (facts: BundleFacts): PartRule<Bundle>[] => [
  { reads: ['/id'], check: (bundle) => wrongName(bundle, facts) },
  { reads: ['/version'], check: (bundle) => wrongVersion(bundle, facts) },
  { reads: ['/members/-'], check: (bundle) => wrongSize(bundle, facts) },
  { reads: ['/members/-', '/budgets/trial'], check: (bundle) => wrongTrialSize(bundle, facts) },
  { reads: ['/manager/template', '/manager/role', '/members/*/agent', '/members/*/template', '/members/*/role'], check: (bundle) => wrongTemplates(bundle, facts) },
  { reads: ['/price/tariff', '/price/monthly', '/members/*/skill'], check: (bundle) => wrongPrice(bundle, facts) },
  { reads: ['/budgets/team'], check: (bundle) => tooCostly(bundle, facts) },
];

const wrongName = ({ id }: Bundle, { id: wanted = id }: BundleFacts): BundleFault[] => bundleFault(id !== wanted, '/id', 'same-id', `this is the draft of ${wanted}`);

const wrongVersion = ({ version }: Bundle, { newest }: BundleFacts): BundleFault[] =>
  bundleFault(version !== newest + 1, '/version', 'next-version', newest === 0 ? 'the first version is 1' : `version ${newest} is published and never changes: the next is ${newest + 1}`);

/** Why no team of so many is sold, its manager included; undefined: it is. */
export const sizeFault = ({ sizes: { from, to } }: PriceTable, size: number): string | undefined => (size < from || size > to ? `a team has ${from} to ${to} members, its manager included; this one has ${size}` : undefined);

function wrongSize({ members }: Bundle, { prices: { table } }: BundleFacts): BundleFault[] {
  const words = sizeFault(table, members.length + 1);
  return bundleFault(words !== undefined, '/members', 'team-size', words ?? '');
}

function wrongTrialSize({ members, budgets }: Bundle, { prices: { table } }: BundleFacts): BundleFault[] {
  const size = members.length + 1;
  const { to, trialTo = to } = table.sizes;
  return bundleFault(budgets.trial !== undefined && size > trialTo, '/budgets/trial', 'trial-size', `a team that can be tried has at most ${trialTo} members, this one has ${size}`);
}

function wrongTemplates({ manager, members }: Bundle, { templates }: BundleFacts): BundleFault[] {
  const judge = (pointer: string, template: string, role: AgentRole): BundleFault[] => {
    const found = templates.get(template);
    if (found === undefined) return bundleFault(true, pointer, 'known-template', `no template ${template} is in force`);
    return bundleFault(found !== role, pointer, 'template-role', `the template ${template} is for the role ${found}, not for ${role}`);
  };
  return [
    ...judge('/manager/template', manager.template, manager.role ?? 'orchestrator'),
    ...members.flatMap(({ agent, template, role = 'worker' }, index) => judge(`/members/${index}/${template === undefined ? 'agent' : 'template'}`, template ?? agent, role)),
  ];
}

/** What the price table in force says for these members by the bundle's tariff. */
export const priceOf = ({ price, members }: Pick<Bundle, 'price' | 'members'>, { prices: { table } }: Pick<BundleFacts, 'prices'>): Bundle['price'] => ({ ...price, monthly: teamPrice(table, price.tariff, members.map(({ skill }) => skill)) });

function wrongPrice({ price, members }: Bundle, { prices }: BundleFacts): BundleFault[] {
  const wanted = priceOf({ price, members }, { prices }).monthly;
  return bundleFault(price.monthly !== wanted, '/price/monthly', 'by-price-table', `the price table v${prices.version} says ${wanted} for these members by the tariff ${price.tariff}`);
}

function tooCostly({ budgets }: Bundle, { prices: { table } }: BundleFacts): BundleFault[] {
  const cost = firstMonthUsdMicros(table, amountsOfBudget(budgets.team).usd_micros!);
  const most = table.platform.mostUsdPerMonth;
  return bundleFault(cost > most * 1_000_000, '/budgets/team/usd', 'cost-ceiling', `with what carries it such a team may cost the platform $${cost / 1_000_000} in its first month, at most $${most} is allowed`);
}
