import type { ModelAnswer, ModelName, ModelRequest } from './port.js';

/** What came back from a provider, before it is priced. */
export interface VendorAnswer {
  readonly text: string;
  readonly toolCalls: ModelAnswer['toolCalls'];
  readonly finishReason: ModelAnswer['finishReason'];
  /** As the provider counted; undefined where it did not. */
  readonly inputTokens: number | undefined;
  readonly outputTokens: number | undefined;
}

/** One provider. Throws on anything but an answer; `signal` ends the call. `heard` is told each piece of the answer when it comes. */
export type Vendor = (model: ModelName, request: ModelRequest, signal: AbortSignal, heard: (text: string) => void) => Promise<VendorAnswer>;
