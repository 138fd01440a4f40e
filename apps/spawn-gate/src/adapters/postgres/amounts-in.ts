import { BUDGET_UNITS, InvalidInputError, type Amounts, type Violation } from '@countersign/contracts';
import { full, type Full } from '../../domain/amounts.js';

const MAX_AMOUNT = 1_000_000_000_000;

/** Reads amounts that came over the wire: known units, whole numbers, not negative. Throws `InvalidInputError` naming each fault. */
export function amountsIn(amounts: Amounts): Full {
  const broken = Object.entries(amounts).flatMap(([unit, value]: [string, unknown]): Violation[] => {
    const pointer = `/amounts/${unit}`;
    if (!(BUDGET_UNITS as readonly string[]).includes(unit)) return [{ pointer, rule: 'known-unit', message: `must be one of ${BUDGET_UNITS.join(', ')}` }];
    const fits = typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= MAX_AMOUNT;
    return fits ? [] : [{ pointer, rule: 'amount', message: 'must be a whole number, not negative' }];
  });
  if (broken.length > 0) throw new InvalidInputError('amounts are not valid', broken);
  return full(amounts);
}
