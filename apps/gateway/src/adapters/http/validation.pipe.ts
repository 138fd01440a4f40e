import { allRoutes, InvalidInputError, NotFoundError, type Violation } from '@countersign/contracts';
import { Injectable, ValidationPipe, type ArgumentMetadata, type ValidationError, type ValidationPipeOptions } from '@nestjs/common';
import { withoutNulls } from '../../domain/compatible.js';

const RULES: ValidationPipeOptions = {
  transform: true,
  whitelist: true,
  forbidNonWhitelisted: true,
  forbidUnknownValues: true,
  stopAtFirstError: false,
  validationError: { target: false, value: false },
  exceptionFactory: (errors) => new InvalidInputError('the request breaks a written rule', errors.flatMap((error) => violations(error, ''))),
};
/** What the original's clients send: members that nobody knows are passed over there, and a null says nothing. */
const COMPATIBLE = new Set<unknown>(allRoutes().flatMap(([, { compatible, body, query }]) => (compatible ? [body, query] : [])));

/**
 * Holds every path, query and body against its class of the contract; members it does not name are refused.
 *
 * A path that cannot be an id names nothing that exists, so it is 404 like any other unknown id.
 */
@Injectable()
export class BodyPipe extends ValidationPipe {
  private readonly lenient = new ValidationPipe({ ...RULES, forbidNonWhitelisted: false });

  constructor() {
    super(RULES);
  }

  override async transform(value: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    if (COMPATIBLE.has(metadata.metatype)) return (await this.lenient.transform(withoutNulls(value ?? {}), metadata)) as unknown;
    try {
      return (await super.transform(value === undefined && metadata.type === 'body' ? {} : value, metadata)) as unknown;
    } catch (error) {
      if (metadata.type === 'param' && error instanceof InvalidInputError) throw new NotFoundError('the thing named in the path');
      throw error;
    }
  }
}

/** Values are never repeated: only where, which rule, and what the rule says. */
function violations(error: ValidationError, parent: string): Violation[] {
  const pointer = `${parent}/${error.property.replaceAll('~', '~0').replaceAll('/', '~1')}`;
  const own = Object.entries(error.constraints ?? {}).map(([rule, message]) => ({ pointer, rule, message }));
  return [...own, ...(error.children ?? []).flatMap((child) => violations(child, pointer))];
}
