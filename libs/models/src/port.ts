import type { Amounts, ModelMessage, ModelUsage } from '@countersign/contracts';

/** A tool the model may ask for; the caller decides whether it is called. */
export interface ModelTool {
  readonly name: string;
  readonly description: string;
  /** JSON Schema of the arguments. */
  readonly inputSchema: Readonly<Record<string, unknown>>;
}

/** What a call asks for before it is made. */
export interface Reservation {
  /** The most it can use: no answer of a provider that keeps to the limits sent to it costs more. */
  readonly amounts: Amounts;
  /** With less it is not worth making. */
  readonly least: Amounts;
  /** How far its provider may go beyond a grant that is smaller than `amounts`. */
  readonly beyond: Amounts;
}

/** Pays for a call: reserved before it starts, settled by what it used. The gate is behind it. */
export interface ModelBudget {
  /** `amounts` of the answer is what the call may use: all it wanted, or a part, not less than it needs. */
  reserve(callId: string, wanted: Reservation): Promise<{ readonly granted: boolean; readonly code: string; readonly amounts?: Amounts }>;
  /** `model` as in `COUNTERSIGN_MODEL`: what was paid for is written down beside what it cost. */
  settle(callId: string, usage: ModelUsage, model: string): Promise<void>;
}

export interface ModelRequest {
  /** `rehearsal`, or provider and id: `anthropic/claude-sonnet-4-5`. Absent: the configured one. */
  readonly model?: string;
  readonly messages: readonly ModelMessage[];
  /** JSON Schema (2020-12) the answer must follow; `json` of the answer then holds it. */
  readonly schema?: Readonly<Record<string, unknown>>;
  readonly tools?: readonly ModelTool[];
  /** Bounds what is reserved. */
  readonly maxOutputTokens: number;
  /** When the answer is no longer wanted; the call is aborted then. */
  readonly deadline: Date;
  /** Fires when nobody wants the answer any more: the call is aborted then too, and what was heard by then is paid. */
  readonly signal?: AbortSignal;
  readonly budget: ModelBudget;
}

export interface ModelAnswer {
  readonly text: string;
  readonly json?: unknown;
  readonly toolCalls: readonly { readonly name: string; readonly input: unknown }[];
  readonly model: ModelName;
  /** The deterministic provider answered: shown wherever the answer is shown. */
  readonly rehearsal: boolean;
  readonly finishReason: 'stop' | 'length' | 'content_filter' | 'other';
  readonly usage: ModelUsage;
}

export interface ModelName {
  readonly provider: Provider;
  readonly id: string;
}

export const PROVIDERS = ['rehearsal', 'openai-compatible', 'anthropic', 'google'] as const;
export type Provider = (typeof PROVIDERS)[number];

/** The one way to a model. Every call is priced, reserved, metered and settled; see `complete`. */
export interface ModelPort {
  complete(request: ModelRequest): Promise<ModelAnswer>;
}
