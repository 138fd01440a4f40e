import { InvalidInputError, type BodyClass, type Violation } from '@countersign/contracts';
import { plainToInstance } from 'class-transformer';
import { validateSync, type ValidationError } from 'class-validator';
import { rememberRules } from './known-rules.js';

rememberRules();

/**
 * `strict` for what we send: an unknown field is a mistake. `tolerant` for what we receive: a newer author may have added
 * optional fields, which are dropped.
 */
export type Strictness = 'strict' | 'tolerant';

/** The value as an instance of its class, every rule checked; throws `InvalidInputError` naming each broken rule, never a value. */
export function checked<T extends object>(kind: BodyClass<T>, value: unknown, strictness: Strictness): T {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new InvalidInputError(`${kind.name}: not an object`);
  const instance = plainToInstance(kind, value);
  const broken = validateSync(instance, { whitelist: true, forbidNonWhitelisted: strictness === 'strict', forbidUnknownValues: true });
  const violations = broken.flatMap((error) => violationsOf(error, ''));
  if (violations.length > 0) {
    const [first] = violations;
    throw new InvalidInputError(`${kind.name}${first!.pointer}: ${first!.message}`, violations);
  }
  return instance;
}

function violationsOf(error: ValidationError, parent: string): Violation[] {
  const pointer = `${parent}/${error.property.replaceAll('~', '~0').replaceAll('/', '~1')}`;
  const own = Object.entries(error.constraints ?? {}).map(([rule, message]) => ({ pointer, rule, message }));
  return [...own, ...(error.children ?? []).flatMap((child) => violationsOf(child, pointer))];
}
