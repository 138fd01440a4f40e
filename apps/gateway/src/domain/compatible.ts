import type { CompatibleRefusal, SpawnOutcome } from '@countersign/contracts';
import { HttpRefusal, type Answer } from './problem.js';

/** Paths of the original: what is refused there is told in its shape, also before anybody knows which operation was meant. */
const COMPATIBLE = /^\/(?:agent-team|mission|event|global)(?:[/?]|$)/;
export const isCompatible = (url: string): boolean => COMPATIBLE.test(url);

const FORBIDDEN = 403;
/** A rule of the gate said no. Its code is the decision's, word for word as in record and events. */
export class GateDenial extends HttpRefusal {
  override readonly status = FORBIDDEN;
  constructor({ code, message, requiresUserApproval, violations }: Pick<SpawnOutcome, 'code' | 'message' | 'requiresUserApproval' | 'violations'>, members: Readonly<Record<string, unknown>> = {}) {
    super(code, message, { requiresUserApproval, violations: violations.map((each) => ({ code: each.code, message: each.message })), ...members });
  }
}

/** The same refusal as the original writes it. Its own codes are in capitals, those of the gate are not. */
export function compatibleRefusal(error: unknown, { problem }: Answer): CompatibleRefusal {
  const { type: _type, title: _title, status: _status, code, detail = '', ...members } = problem;
  return { ...members, ok: false, code: error instanceof GateDenial ? code : code.toUpperCase(), error: detail };
}

/** A member that is null is one that is absent, except in what a client keeps for itself. */
export function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).filter(([, member]) => member !== null);
  return Object.fromEntries(members.map(([name, member]) => [name, name === 'metadata' ? member : withoutNulls(member)]));
}
