import type { Violation } from '../errors.js';
import { count, DIALECT, object, schemaId, usd } from './parts.js';
import type { FileSchema } from './read-yaml.js';

/** No table makes a team larger: the manager and six specialists (decision C-7). */
export const MOST_IN_TEAM = 7;
export const TARIFFS = ['discounted', 'fixed'] as const;
/** `discounted`: everybody's own price less a part; `fixed`: one price for the manager, one for each specialist. */
export type Tariff = (typeof TARIFFS)[number];
/** What carrying teams costs the platform (S4-118). */
export const PLATFORM_COSTS = ['services', 'storage', 'topics', 'push'] as const;
export type PlatformCost = (typeof PLATFORM_COSTS)[number];

/** `policies/price-table.yaml`. Whole rupees a month; what is in US dollars says so. */
export interface PriceTable {
  currency: 'INR';
  /** People in a team, the manager included. */
  sizes: { from: number; to: number; trialTo?: number };
  /** What one agent costs alone, by its skill. */
  agents: { from: number; to: number; other: number; skills: Record<string, number> };
  tariffs: {
    discounted: { discountPercent: number; from: number; to: number };
    fixed: { manager: number; specialist: number };
  };
  platform: { usdPerMonth: Record<PlatformCost, number>; inrPerUsd: number; mostUsdPerMonth: number };
}

const rupees = (description: string): Readonly<Record<string, unknown>> => count(description, 10_000_000);
const size = (description: string): Readonly<Record<string, unknown>> => count(description, MOST_IN_TEAM, 2);

export const priceTableSchema: FileSchema<PriceTable> = {
  kind: 'price table',
  schema: {
    $schema: DIALECT,
    $id: schemaId('price-table'),
    title: 'Countersign price table',
    description: 'What agents and teams cost a month, and what carrying teams costs the platform.',
    ...object(
      {
        currency: { const: 'INR' },
        sizes: object({ from: size('The smallest team.'), to: size('The largest team.'), trialTo: size('The largest team that can be tried; absent: every team.') }, ['from', 'to'], 'How many are in a team, its manager included.'),
        agents: object(
          {
            from: rupees('The least an agent costs alone.'),
            to: rupees('The most.'),
            other: rupees('For a skill that is not named.'),
            skills: { type: 'object', propertyNames: { pattern: '^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$', maxLength: 63 }, additionalProperties: rupees('For this skill.'), maxProperties: 200, description: 'By skill; the manager’s is called manager.' },
          },
          ['from', 'to', 'other', 'skills'],
          'What one agent costs alone.',
        ),
        tariffs: object(
          {
            discounted: object({ discountPercent: count('Whole percent off.', 100), from: rupees('The least such a team costs.'), to: rupees('The most.') }, ['discountPercent', 'from', 'to'], "Everybody's own price less a part."),
            fixed: object({ manager: rupees('The manager.'), specialist: rupees('Each specialist.') }, ['manager', 'specialist'], 'Whatever they can.'),
          },
          [...TARIFFS],
          'How a team is priced; a bundle says which.',
        ),
        platform: object(
          {
            usdPerMonth: object(Object.fromEntries(PLATFORM_COSTS.map((name) => [name, usd('US dollars a month.')])), [...PLATFORM_COSTS], 'What it costs to carry teams at all.'),
            inrPerUsd: { type: 'number', exclusiveMinimum: 0, maximum: 100_000, description: 'Rupees for one dollar.' },
            mostUsdPerMonth: usd('A team that may cost the platform more in its first month is not published.'),
          },
          ['usdPerMonth', 'inrPerUsd', 'mostUsdPerMonth'],
        ),
      },
      ['currency', 'sizes', 'agents', 'tariffs', 'platform'],
    ),
  },
  check: ({ sizes, agents, tariffs }) => [
    ...inOrder('/sizes', sizes),
    ...(sizes.trialTo !== undefined && sizes.trialTo < sizes.from ? [{ pointer: '/sizes/trialTo', rule: 'in-order', message: 'is less than the smallest team' }] : []),
    ...inOrder('/agents', agents),
    ...inOrder('/tariffs/discounted', tariffs.discounted),
    ...outside('/agents/other', agents.other, agents),
    ...Object.entries(agents.skills).flatMap(([name, price]) => outside(`/agents/skills/${name}`, price, agents)),
  ],
};

interface Bounds {
  readonly from: number;
  readonly to: number;
}
const inOrder = (pointer: string, { from, to }: Bounds): Violation[] => (from > to ? [{ pointer: `${pointer}/to`, rule: 'in-order', message: 'is less than from' }] : []);
const outside = (pointer: string, price: number, { from, to }: Bounds): Violation[] => (price < from || price > to ? [{ pointer, rule: 'within-bounds', message: `is not between ${from} and ${to}` }] : []);
