import type { ModelMessage } from '@countersign/contracts';

/** English text has about four characters per token; code and other scripts have fewer. */
export const CHARS_PER_TOKEN = 4;
const CAUTIOUS_BYTES_PER_TOKEN = 2;
/** Role, separators and what a chat format puts around a message. */
const TOKENS_PER_MESSAGE = 8;

/** Tokens of a text where the provider does not say: a fair guess. */
export const estimateTokens = (text: string): number => Math.ceil(text.length / CHARS_PER_TOKEN);

/** Tokens of a request, cautiously: bytes, not characters, and everything that is sent along. */
export const likelyInputTokens = (messages: readonly ModelMessage[], extra: readonly unknown[] = []): number => inputTokens(messages, extra, CAUTIOUS_BYTES_PER_TOKEN);

/** Tokens of a request at most: a token stands for one byte or more. */
export const mostInputTokens = (messages: readonly ModelMessage[], extra: readonly unknown[] = []): number => inputTokens(messages, extra, 1);

function inputTokens(messages: readonly ModelMessage[], extra: readonly unknown[], bytesPerToken: number): number {
  const bytes = (text: string): number => Math.ceil(Buffer.byteLength(text) / bytesPerToken);
  const sent = messages.map(({ content }) => bytes(content) + TOKENS_PER_MESSAGE);
  return [...sent, ...extra.map((part) => bytes(JSON.stringify(part)))].reduce((sum, tokens) => sum + tokens, TOKENS_PER_MESSAGE);
}

export const estimateInput = (messages: readonly ModelMessage[]): number => messages.reduce((sum, { content }) => sum + estimateTokens(content) + TOKENS_PER_MESSAGE, 0);
