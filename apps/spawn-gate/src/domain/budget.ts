import { BUDGET_UNITS, type Amounts, type BudgetUnit } from '@countersign/contracts';
import { each, full, isNothing, least, minus, NOTHING, plus, positive, unitsOver, type Full } from './amounts.js';

/**
 * One node of the budget tree (team → mission → instance).
 *
 * `held` is what its open children hold but have not spent, and at an instance what is reserved for calls under way.
 * `spent` includes everything its children spent. So at every node `spent + held + free = granted`, and nothing is counted twice.
 */
export interface Account {
  readonly granted: Full;
  readonly held: Full;
  readonly spent: Full;
}

export const freeOf = ({ granted, held, spent }: Account): Full => minus(minus(granted, held), spent);
export const newAccount = (granted: Full): Account => ({ granted, held: NOTHING, spent: NOTHING });

/** From an account up to its team: `[instance, mission, team]`, or a part of it. */
export type Chain = readonly Account[];

export interface SliceWishes {
  readonly roleDefault?: Amounts;
  readonly templateDefault?: Amounts;
  readonly override?: Amounts;
  /** The asker's own limit: it narrows, it never widens. */
  readonly atMost?: Amounts;
}

/** What the child asks for: role default, overlaid by the template's, overlaid by the bundle's, unit by unit, and no unit more than its asker wishes. */
export function wishOf({ roleDefault, templateDefault, override, atMost = {} }: SliceWishes): Amounts {
  const given: Amounts = { ...roleDefault, ...templateDefault, ...override };
  const narrowed = BUDGET_UNITS.filter((unit) => atMost[unit] !== undefined).map((unit) => [unit, Math.min(given[unit] ?? Infinity, atMost[unit]!)] as const);
  return { ...given, ...Object.fromEntries(narrowed) };
}

/**
 * What the child gets: its wish, but in no unit more than `percent` of what its parent has left. A unit nobody named gets
 * that cap, so nothing is ever unlimited.
 */
export function resolveSlice(wishes: SliceWishes, parentFree: Full, percent: number): Full {
  const wish = wishOf(wishes);
  return each((unit) => {
    const cap = Math.floor((positive(parentFree)[unit] * percent) / 100);
    return Math.min(wish[unit] ?? cap, cap);
  });
}

/** Units the child needs and would get nothing of: there is no point in starting it. */
export const starved = (wishes: SliceWishes, slice: Full, parentGranted: Full): BudgetUnit[] => {
  const wish = wishOf(wishes);
  return BUDGET_UNITS.filter((unit) => slice[unit] === 0 && (wish[unit] ?? parentGranted[unit]) > 0);
};

/** What a mission is granted at most: what the bundle and the policy allow. */
export const missionTotal = (bundleGoal: Full, policyTotal: Amounts): Full => each((unit) => Math.min(bundleGoal[unit], policyTotal[unit] ?? Infinity));

/** What a mission is granted when its first instance starts: what it may have, and the team still has. */
export const missionGrant = (bundleGoal: Full, policyTotal: Amounts, teamFree: Full): Full => least(missionTotal(bundleGoal, policyTotal), positive(teamFree));

/** Nothing of it is free or held: it was closed, or all of it is spent. */
export const isClosed = (account: Account): boolean => isNothing(account.held) && isNothing(freeOf(account));

/** A mission without an end that was closed goes on: what it spent counts, so that closing it makes its total no wider. */
export const reopened = (account: Account, total: Full, teamFree: Full): Account => ({ ...account, granted: plus(account.granted, least(positive(minus(total, account.granted)), positive(teamFree))) });

/** Opens a child: the parent (first of the chain) now holds its slice. The parent's own parents hold it already. */
export function open(parents: Chain, slice: Full): { readonly child: Account; readonly parents: Chain } {
  const [parent, ...above] = parents as [Account, ...Account[]];
  return { child: newAccount(slice), parents: [{ ...parent, held: plus(parent.held, slice) }, ...above] };
}

/** A child that has spent nothing changes its parent: what held its slice is free again, and the other one holds it. */
export const handOver = (from: Account, to: Account, slice: Full): { readonly from: Account; readonly to: Account } => ({
  from: { ...from, held: minus(from.held, slice) },
  to: { ...to, held: plus(to.held, slice) },
});

export type Reservation =
  | { readonly outcome: 'granted'; readonly account: Account; readonly amounts: Full }
  /** What calls and children hold now would suffice when it comes back. */
  | { readonly outcome: 'wait' }
  /** Units of which not even that would suffice. */
  | { readonly outcome: 'short'; readonly units: readonly BudgetUnit[] };

/**
 * Reserves for a call: all it wants, or as much of it as is free, but not less than it needs. A part is the same part of every unit,
 * counted from what is needed: tokens that the money does not reach for are left to others.
 */
export function reserve(account: Account, wanted: Full, needed: Full = wanted): Reservation {
  const free = freeOf(account);
  const floor = least(wanted, needed);
  const never = unitsOver(floor, plus(free, account.held));
  if (never.length > 0) return { outcome: 'short', units: never };
  if (unitsOver(floor, free).length > 0) return { outcome: 'wait' };
  const part = Math.min(1, ...BUDGET_UNITS.filter((unit) => wanted[unit] > floor[unit]).map((unit) => (free[unit] - floor[unit]) / (wanted[unit] - floor[unit])));
  const amounts = each((unit) => Math.min(free[unit], floor[unit] + Math.floor((wanted[unit] - floor[unit]) * part)));
  return { outcome: 'granted', account: { ...account, held: plus(account.held, amounts) }, amounts };
}

/** The most that a call can come to cost beyond what it was granted: as far as its provider may go beyond, and no further than what it wanted at most. */
export const possibleOvershoot = (wanted: Full, granted: Full, beyond: Full): Full => positive(least(beyond, minus(wanted, granted)));

/** Grants the first account of the chain more. What its parent has not free for it, the parent is granted by its own first, up to the top, which is simply granted it. */
export function raise(chain: Chain, amounts: Full): Chain {
  const [leaf, ...above] = chain as [Account, ...Account[]];
  const raised = { ...leaf, granted: plus(leaf.granted, amounts) };
  if (above.length === 0) return [raised];
  const [parent, ...rest] = raise(above, positive(minus(amounts, freeOf(above[0]!)))) as [Account, ...Account[]];
  return [raised, { ...parent, held: plus(parent.held, amounts) }, ...rest];
}

/** Units of which a customer's account has not enough left for one more grant. A unit without a total is not limited. */
export const beyondTotal = (total: Amounts, granted: Full, more: Full): BudgetUnit[] => BUDGET_UNITS.filter((unit) => total[unit] !== undefined && more[unit] > 0 && granted[unit] + more[unit] > total[unit]);

/** What is asked for when nothing is left: as much again as was granted, or what is needed where nothing was. */
export const topUp = ({ granted }: Account, units: readonly BudgetUnit[], needed: Full = NOTHING): Full => each((unit) => (units.includes(unit) ? granted[unit] || needed[unit] : 0));

export interface Booking {
  readonly chain: Chain;
  /** What was booked as spent. */
  readonly booked: Full;
  /** What was used beyond everything up to the team: known, written down, and past every limit. */
  readonly overshoot: Full;
}

/**
 * Books what was really used. A reservation made for it is given back first. Where the account has not enough left (a
 * provider used more than was reserved, or a report comes after the account was closed) the rest is taken from the
 * accounts above: what was used was used, and no report of it is dropped.
 */
export function spend(chain: Chain, used: Full, reserved: Full = NOTHING): Booking {
  const [leaf, ...above] = chain as [Account, ...Account[]];
  const { chain: after, booked } = take([{ ...leaf, held: minus(leaf.held, reserved) }, ...above], used);
  return { chain: after, booked, overshoot: minus(used, booked) };
}

function take(chain: Chain, wanted: Full): { readonly chain: Chain; readonly booked: Full } {
  const [account, ...above] = chain;
  if (!account) return { chain, booked: NOTHING };
  const own = least(wanted, positive(freeOf(account)));
  const settledAbove = above.map((parent) => ({ ...parent, held: minus(parent.held, own), spent: plus(parent.spent, own) }));
  const rest = minus(wanted, own);
  const more = isNothing(rest) ? { chain: settledAbove, booked: NOTHING } : take(settledAbove, rest);
  const booked = plus(own, more.booked);
  return { chain: [{ ...account, granted: plus(account.granted, more.booked), spent: plus(account.spent, booked) }, ...more.chain], booked };
}

/** Closes the first account of the chain: what it did not spend, reservations included, is free again in its parent. */
export function close(chain: Chain): { readonly chain: Chain; readonly released: Full } {
  const [leaf, parent, ...above] = chain as [Account, Account, ...Account[]];
  const released = minus(leaf.granted, leaf.spent);
  const closed = { granted: leaf.spent, held: NOTHING, spent: leaf.spent };
  return { chain: [closed, { ...parent, held: minus(parent.held, released) }, ...above], released };
}

/** Units in which the account has used `percent` of what it was granted, or more. */
export const used = ({ granted, spent }: Account, percent: number): BudgetUnit[] =>
  BUDGET_UNITS.filter((unit) => granted[unit] > 0 && spent[unit] * 100 >= granted[unit] * percent);

/** Units that nothing is left of, or of which more was used than there was: then the rest came from above, whatever is still held. */
export const exhausted = (account: Account, before: Account = account): BudgetUnit[] => [...new Set([...used(account, 100), ...unitsOver(account.granted, before.granted)])];

export const accountOf = (granted: Amounts, held: Amounts = {}, spent: Amounts = {}): Account => ({ granted: full(granted), held: full(held), spent: full(spent) });
