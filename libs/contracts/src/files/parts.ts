import type { Amounts, BudgetUnit } from '../states.js';

type JsonSchema = Readonly<Record<string, unknown>>;

export const schemaId = (name: string): string => `https://countersign.dev/schemas/${name}.schema.json`;
export const DIALECT = 'https://json-schema.org/draft/2020-12/schema';

/** A customer's id, as a name. */
export const customerKey = '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$';
export const text = (description: string, maxLength = 200): JsonSchema => ({ type: 'string', minLength: 1, maxLength, pattern: '\\S', description });
export const slug = (description: string): JsonSchema => ({ type: 'string', pattern: '^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$', maxLength: 63, description });
export const count = (description: string, maximum = 4_294_967_295, minimum = 0): JsonSchema => ({ type: 'integer', minimum, maximum, description });
export const usd = (description: string): JsonSchema => ({ type: 'number', minimum: 0, maximum: 1_000_000, description });
export const flag = (description: string): JsonSchema => ({ type: 'boolean', description });
export const list = (items: JsonSchema, description: string, maxItems = 200): JsonSchema => ({ type: 'array', items, maxItems, uniqueItems: true, description });
export const object = (properties: Readonly<Record<string, JsonSchema>>, required: readonly string[] = [], description?: string): JsonSchema => ({
  type: 'object',
  additionalProperties: false,
  ...(required.length > 0 ? { required } : {}),
  ...(description === undefined ? {} : { description }),
  properties,
});
export const mapOf = (names: readonly string[], values: JsonSchema, description: string): JsonSchema => ({
  type: 'object',
  propertyNames: { enum: names },
  additionalProperties: values,
  description,
});

/** Largest amount of any unit: far above every honest budget, far below where integers stop being exact. */
const MAX_AMOUNT = 1_000_000_000_000;

/** Limits as the original's policy files write them; a field that is absent says nothing (it is no "unlimited"). */
export interface BudgetLimit {
  max_tokens?: number;
  max_steps?: number;
  max_tool_calls?: number;
  max_duration_ms?: number;
  /** US dollars. */
  max_cost_usd?: number;
}

export const budgetLimitSchema = (description: string): JsonSchema =>
  object(
    {
      max_tokens: count('Input and output tokens of model calls.', MAX_AMOUNT),
      max_steps: count('Model turns.'),
      max_tool_calls: count('Tool calls.'),
      max_duration_ms: count('Milliseconds of wall time.', MAX_AMOUNT),
      max_cost_usd: usd('US dollars.'),
    },
    [],
    description,
  );

/** A bundle's own budgets: every unit is named, so nothing under it is ever unlimited. */
export interface BundleBudget {
  tokens: number;
  steps: number;
  toolCalls: number;
  minutes: number;
  /** US dollars. */
  usd: number;
}

const bundleBudgetParts: Readonly<Record<keyof BundleBudget, JsonSchema>> = {
  tokens: count('Input and output tokens of model calls.', MAX_AMOUNT),
  steps: count('Model turns.'),
  toolCalls: count('Tool calls.'),
  minutes: { type: 'number', minimum: 0, maximum: 1_000_000, description: 'Minutes of work, summed over the members that work.' },
  usd: usd('US dollars.'),
};

export const bundleBudgetSchema = (description: string, required: readonly string[] = Object.keys(bundleBudgetParts)): JsonSchema =>
  object(bundleBudgetParts, required, description);

const MICROS = 1_000_000;
const MS_PER_MINUTE = 60_000;
export const usdToMicros = (dollars: number): number => Math.round(dollars * MICROS);

const amounts = (entries: readonly (readonly [BudgetUnit, number | undefined])[]): Amounts =>
  Object.fromEntries(entries.filter(([, value]) => value !== undefined)) as Amounts;

/** The limit in our units; a unit that the file does not name is absent. */
export const amountsOfLimit = (limit: BudgetLimit = {}): Amounts =>
  amounts([
    ['tokens', limit.max_tokens],
    ['steps', limit.max_steps],
    ['tool_calls', limit.max_tool_calls],
    ['ms', limit.max_duration_ms],
    ['usd_micros', limit.max_cost_usd === undefined ? undefined : usdToMicros(limit.max_cost_usd)],
  ]);

/** The same backwards: amounts of ours as the original writes limits. */
export const limitOfAmounts = ({ tokens, steps, tool_calls, ms, usd_micros }: Amounts): BudgetLimit => ({
  ...(tokens === undefined ? {} : { max_tokens: tokens }),
  ...(steps === undefined ? {} : { max_steps: steps }),
  ...(tool_calls === undefined ? {} : { max_tool_calls: tool_calls }),
  ...(ms === undefined ? {} : { max_duration_ms: ms }),
  ...(usd_micros === undefined ? {} : { max_cost_usd: usd_micros / MICROS }),
});

/** A bundle's budget in our units. */
export const amountsOfBudget = (budget: Partial<BundleBudget> = {}): Amounts =>
  amounts([
    ['tokens', budget.tokens],
    ['steps', budget.steps],
    ['tool_calls', budget.toolCalls],
    ['ms', budget.minutes === undefined ? undefined : Math.round(budget.minutes * MS_PER_MINUTE)],
    ['usd_micros', budget.usd === undefined ? undefined : usdToMicros(budget.usd)],
  ]);
