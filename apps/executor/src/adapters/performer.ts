import type { Order } from '../domain/order.js';
import type { Place } from '../domain/place.js';
import type { Refused } from '../domain/refusal.js';
import type { Sight } from '../domain/resolve-effect.js';
import type { VerifiedOrder } from '../domain/verify-approval.js';

/** What an effect is about to do, small enough to stand in its row as a note. It is made from the order each time, never read back. */
export type Plan = { readonly kind: string } & Readonly<Record<string, string | null>>;

export type Planned = { readonly ok: true; readonly plan: Plan } | Refused;

/** Small, and of nobody's name: it stands in the chain. */
export type Receipt = Readonly<Record<string, string>>;

/** The place outside that an effect changes. */
export interface Target {
  readonly place: Place;
  /** Compares the place with the plan; does not throw when it gives no answer. */
  look(): Promise<Sight>;
  /**
   * Does it. Resolves with a receipt where the target itself says that it has it, else with nothing: look. A `RejectedError` is its
   * no, an `UnsentError` says that nothing reached it; any other says nothing about the outcome.
   */
  act(signal: AbortSignal): Promise<Receipt | undefined>;
  /** What to keep as proof; asked after a look that found our result. */
  readonly receipt: Receipt;
}

/** One kind of effect. */
export interface Performer {
  /** An act may be under way for so long: until then nobody else says that it came to nothing. */
  readonly actMs: number;
  /** Two acts at once would be two effects: until then nobody else acts or looks either. */
  readonly alone: boolean;
  /** Makes everything ready inside our own walls: nothing outside changes. Repeating it gives the same plan. */
  prepare(order: VerifiedOrder): Promise<Planned>;
  /** The same plan from what was countersigned alone, when its files are not the approved ones any more: enough to know our result by, where it is not refused. */
  recall(order: Order): Promise<Planned>;
  /** `order` is what will be used if it comes to acting; without it the target can only be looked at. */
  target(plan: Plan, order: VerifiedOrder | undefined): Promise<Target>;
}
