import type { Amounts } from '@countersign/contracts';
import type { ModelRequest, Reservation } from './port.js';
import { costMicros, type PriceEntry } from './price-book.js';
import { likelyInputTokens, mostInputTokens } from './tokens.js';

/** An answer that is cut shorter than this is seldom of use. */
const LEAST_OUTPUT_TOKENS = 256;
const MICROS_PER_UNIT = 1_000_000;

/** How big a call can become. */
export interface Sizing {
  /** What the words will come to by a cautious guess. */
  readonly likelyInput: number;
  /** What they cannot come to more than. */
  readonly mostInput: number;
  readonly maxOutput: number;
  readonly price: PriceEntry;
}

/** `guessed`: who answers counts as we do, so the guess is the bound. */
export function sizeOf({ messages, schema, tools = [], maxOutputTokens }: ModelRequest, price: PriceEntry, guessed: boolean): Sizing {
  const extra = [...(schema ? [schema] : []), ...tools];
  const likelyInput = likelyInputTokens(messages, extra);
  return { likelyInput, mostInput: guessed ? likelyInput : mostInputTokens(messages, extra), maxOutput: maxOutputTokens, price };
}

/** What to ask for: everything the call can use at most; at least its words and a short answer. */
export function reservationOf({ likelyInput, mostInput, maxOutput, price }: Sizing): Reservation {
  const cost = (input: number, output: number): Amounts => ({ tokens: input + output, usd_micros: costMicros(price, input, output) });
  return { amounts: cost(mostInput, maxOutput), least: cost(likelyInput, Math.min(maxOutput, LEAST_OUTPUT_TOKENS)), beyond: cost(mostInput - likelyInput, 0) };
}

/** How long the answer may become so that it fits what was granted, in every unit. */
export function outputWithin({ likelyInput, maxOutput, price }: Sizing, { tokens = 0, usd_micros = 0 }: Amounts): number {
  const paid = (usd_micros * MICROS_PER_UNIT - likelyInput * price.inputMicrosPerMillion) / price.outputMicrosPerMillion;
  return Math.min(maxOutput, tokens - likelyInput, price.outputMicrosPerMillion === 0 ? maxOutput : Math.floor(paid));
}
