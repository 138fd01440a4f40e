import type { Refused } from '../domain/refusal.js';
import type { Sight } from '../domain/resolve-effect.js';
import type { VerifiedOrder } from '../domain/verify-approval.js';

/** What an effect is about to do, small enough for its row: enough to look for its result, and to do it, after a crash. */
export type Plan = { readonly kind: string } & Readonly<Record<string, string | null>>;

/** The place outside that an effect changes. */
export interface Target {
  /** Compares the place with the plan; does not throw when it gives no answer. */
  look(): Promise<Sight>;
  /** Does it. An error says nothing about the outcome: look. */
  act(signal: AbortSignal): Promise<void>;
  /** What to keep as proof; asked after a look that found our result. */
  readonly receipt: Readonly<Record<string, string>>;
}

/** One kind of effect. */
export interface Performer {
  /** Makes everything ready inside our own walls: nothing outside changes. Repeating it gives the same plan. */
  prepare(order: VerifiedOrder): Promise<{ readonly ok: true; readonly plan: Plan } | Refused>;
  /** `order` is what will be used if it comes to acting; without it the target can only be looked at. */
  target(plan: Plan, order: VerifiedOrder | undefined): Promise<Target>;
}
