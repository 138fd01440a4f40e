import { InvalidInputError, type Violation } from '@countersign/contracts';
import { modelText } from './model-name.js';
import type { ModelName } from './port.js';

/** What a model costs from a day on. Integers: micro-dollars per million tokens, so that a token's price is never rounded to nothing. */
export interface PriceEntry {
  /** As in `COUNTERSIGN_MODEL`. */
  readonly model: string;
  /** First day of the price, `YYYY-MM-DD`, UTC. */
  readonly from: string;
  readonly inputMicrosPerMillion: number;
  readonly outputMicrosPerMillion: number;
  /** Where the figures come from, for people. */
  readonly source: string;
}

/**
 * Prices we ship. The rehearsal's is made up, so that budgets and costs can be seen to move without a key; the others are
 * the providers' list prices as published for those models. A file (`COUNTERSIGN_PRICES`) adds to them; the latest day counts.
 */
export const SHIPPED_PRICES: readonly PriceEntry[] = [
  { model: 'rehearsal', from: '2020-01-01', inputMicrosPerMillion: 250_000, outputMicrosPerMillion: 1_000_000, source: 'made up: rehearsal costs nothing, this makes budgets visible' },
  { model: 'anthropic/claude-sonnet-4-5', from: '2025-09-29', inputMicrosPerMillion: 3_000_000, outputMicrosPerMillion: 15_000_000, source: 'list price at release' },
  { model: 'anthropic/claude-haiku-4-5', from: '2025-10-15', inputMicrosPerMillion: 1_000_000, outputMicrosPerMillion: 5_000_000, source: 'list price at release' },
  { model: 'google/gemini-2.5-pro', from: '2025-06-17', inputMicrosPerMillion: 2_500_000, outputMicrosPerMillion: 15_000_000, source: 'list price at release for prompts above 200k tokens, the higher of the two' },
  { model: 'google/gemini-2.5-flash', from: '2025-06-17', inputMicrosPerMillion: 300_000, outputMicrosPerMillion: 2_500_000, source: 'list price at release' },
];

/** Prices by model and day. */
export class PriceBook {
  private readonly entries: ReadonlyMap<string, readonly PriceEntry[]>;

  constructor(entries: readonly PriceEntry[]) {
    this.entries = Map.groupBy(entries, ({ model }) => model);
  }

  /** The price on that day; undefined when none is known, which is not the same as free. */
  priceOf(model: ModelName, at: Date): PriceEntry | undefined {
    const day = at.toISOString().slice(0, 10);
    const valid = (this.entries.get(modelText(model)) ?? []).filter(({ from }) => from <= day);
    return valid.reduce<PriceEntry | undefined>((latest, entry) => (latest && latest.from > entry.from ? latest : entry), undefined);
  }
}

/** What so many tokens cost, in micro-dollars, rounded up: the sum of many calls is never less than the price. */
export function costMicros(price: PriceEntry, inputTokens: number, outputTokens: number): number {
  const total = BigInt(inputTokens) * BigInt(price.inputMicrosPerMillion) + BigInt(outputTokens) * BigInt(price.outputMicrosPerMillion);
  return Number((total + 999_999n) / 1_000_000n);
}

/** Reads a price file: a JSON list of entries. A wrong entry is refused with its place; a price left out is never taken as zero. */
export function readPrices(text: string): PriceEntry[] {
  const value: unknown = JSON.parse(text);
  const violations = Array.isArray(value) ? value.flatMap((entry, index) => faultsOf(entry, `/${index}`)) : [{ pointer: '', rule: 'array', message: 'a list of prices' }];
  if (violations.length > 0) throw new InvalidInputError('the price file is not usable', violations);
  return value as PriceEntry[];
}

function faultsOf(entry: unknown, pointer: string): Violation[] {
  const fields = (typeof entry === 'object' && entry !== null ? entry : {}) as Record<string, unknown>;
  const amount = (name: string): boolean => Number.isSafeInteger(fields[name]) && (fields[name] as number) >= 0;
  const checks: [string, boolean, string][] = [
    ['model', typeof fields['model'] === 'string' && fields['model'] !== '', 'names a model'],
    ['from', typeof fields['from'] === 'string' && /^\d{4}-\d\d-\d\d$/.test(fields['from']), 'is a day, YYYY-MM-DD'],
    ['inputMicrosPerMillion', amount('inputMicrosPerMillion'), 'is an integer of micro-dollars per million tokens'],
    ['outputMicrosPerMillion', amount('outputMicrosPerMillion'), 'is an integer of micro-dollars per million tokens'],
    ['source', typeof fields['source'] === 'string', 'says where the price comes from'],
  ];
  return checks.filter(([, fits]) => !fits).map(([name, , message]) => ({ pointer: `${pointer}/${name}`, rule: 'price', message }));
}
