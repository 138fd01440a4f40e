import { CHARS_PER_TOKEN } from './tokens.js';

/** No text has so many times more characters per token than we guess: a provider that goes on past it does not keep to the limit it was sent. */
const PATIENCE = 2;

/** What has come of an answer so far. */
export class Heard {
  private readonly parts: string[] = [];
  private length = 0;
  private readonly enough = new AbortController();

  constructor(private readonly maxOutputTokens: number) {}

  /** Fires when the answer is longer than it may be: what nobody reserved is not listened to. */
  get tooLong(): AbortSignal {
    return this.enough.signal;
  }

  get text(): string {
    return this.parts.join('');
  }

  add(text: string): void {
    this.parts.push(text);
    this.length += text.length;
    if (this.length > PATIENCE * this.maxOutputTokens * CHARS_PER_TOKEN) this.enough.abort();
  }
}
