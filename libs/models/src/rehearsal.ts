import { createHash } from 'node:crypto';
import { sampleOf } from './sample.js';
import { estimateInput, estimateTokens } from './tokens.js';
import type { Vendor } from './vendor.js';

const FENCED_JSON = /```json\s*\n([\s\S]*?)\n```/g;

/**
 * The deterministic provider: no key, no network, the same answer for the same request on every machine.
 *
 * A request with a schema gets the last JSON block of its messages back (so a test or a demo can say what the model
 * "thinks"), or else the smallest value that fits the schema. It never pretends to be a real model: its text says so.
 */
export const rehearsal: Vendor = (_model, { messages, schema, maxOutputTokens }, signal) => {
  signal.throwIfAborted();
  const seed = createHash('sha256').update(JSON.stringify([messages, schema ?? null])).digest();
  const full = schema === undefined ? proseOf(seed) : (quotedJson(messages.map(({ content }) => content)) ?? JSON.stringify(sampleOf(schema, seed)));
  const text = full.slice(0, maxOutputTokens * 4);
  return Promise.resolve({
    text,
    toolCalls: [],
    finishReason: text.length < full.length ? 'length' : 'stop',
    inputTokens: estimateInput(messages),
    outputTokens: Math.min(estimateTokens(text), maxOutputTokens),
  });
};

function quotedJson(texts: readonly string[]): string | undefined {
  return texts.flatMap((text) => [...text.matchAll(FENCED_JSON)].map(([, json]) => json!)).at(-1);
}

const OPENINGS = ['Noted.', 'Understood.', 'Read it twice.', 'Here is what I see.'] as const;
const proseOf = (seed: Buffer): string => `[rehearsal, no model was asked] ${OPENINGS[seed[0]! % OPENINGS.length]} (${seed.toString('hex').slice(0, 8)})`;
