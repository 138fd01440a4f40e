import type { CapabilityDenyCode } from '@countersign/contracts';

/** Why a call is refused where it is made. The message is the worker's to read; it never holds anything the worker may not know. */
export interface Refusal {
  readonly refused: true;
  readonly code: CapabilityDenyCode;
  readonly message: string;
}

export const refuse = (code: CapabilityDenyCode, message: string): Refusal => ({ refused: true, code, message });

export const isRefusal = (judged: unknown): judged is Refusal => typeof judged === 'object' && judged !== null && 'refused' in judged;
