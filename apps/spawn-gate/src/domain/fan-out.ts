import type { AgentRole, Amounts } from '@countersign/contracts';

/** A kind of place a team can use: one per template of its members, in the members' order. */
export interface Seat {
  readonly role: AgentRole;
  readonly templateId: string;
  /** Who would work on it. */
  readonly members: readonly string[];
  /** The bundle's budget for such a member. */
  readonly budget?: Amounts;
}
export type SeatKind = Pick<Seat, 'role' | 'templateId'>;

const same = (a: SeatKind) => (b: SeatKind): boolean => a.role === b.role && a.templateId === b.templateId;

/** The members' templates, each once: members that share one share its places. */
export function seatsOf(members: readonly (SeatKind & { readonly name: string; readonly budget?: Amounts })[]): Seat[] {
  const seats: Seat[] = [];
  for (const { name, ...kind } of members) {
    const at = seats.findIndex(same(kind));
    if (at < 0) seats.push({ ...kind, members: [name] });
    else seats[at] = { ...seats[at]!, members: [...seats[at]!.members, name] };
  }
  return seats;
}

/**
 * What the next place of a fan-out is for: the kind of which fewest stand ready, so that the members get places in turn. Undefined
 * when enough stand ready, whatever they are for, or when every kind has been refused: a no is not asked for again.
 */
export function nextSeat(places: number, seats: readonly Seat[], ready: readonly SeatKind[], refused: readonly SeatKind[]): Seat | undefined {
  if (ready.length >= places) return undefined;
  const left = seats.filter((seat) => !refused.some(same(seat)));
  const countOf = (seat: Seat): number => ready.filter(same(seat)).length;
  return left.reduce<Seat | undefined>((best, seat) => (best === undefined || countOf(seat) < countOf(best) ? seat : best), undefined);
}
