import { actionShape, type ActionName, type BodyOf } from './actions.js';
import { UnfitPayloadError } from './errors.js';
import { Personal, type Field } from './fields.js';
import type { Json } from './json.js';

/** A body taken apart: what may stand in the chain as it is, and what only as a commitment. */
export interface SplitBody {
  readonly plain: Readonly<Record<string, Json>>;
  readonly personal: readonly PersonalField[];
}

export interface PersonalField {
  readonly field: string;
  readonly subject: string;
  readonly value: string;
}

const MAX_TEXT = 500;
/** No blanks and no "@": a sentence or an address cannot pass for a code. */
const CODE = /^[A-Za-z0-9._:/-]{1,128}$/;
const SHA256_HEX = /^[0-9a-f]{64}$/;

/**
 * Takes a body apart by its action's fields.
 *
 * The types refuse a wrong body already; this holds for callers that reach it through casts or plain JavaScript,
 * and for what types cannot say (lengths, hex, free text where a code belongs).
 */
export function splitBody<A extends ActionName>(action: A, body: BodyOf<A>): SplitBody {
  const { fields } = actionShape(action);
  const given = body as Readonly<Record<string, unknown>>;
  const unknown = Object.keys(given).find((name) => !Object.hasOwn(fields, name));
  if (unknown !== undefined) throw new UnfitPayloadError(`/body/${unknown}`, `${action} has no such field`);
  const plain: Record<string, Json> = {};
  const personal: PersonalField[] = [];
  for (const [name, field] of Object.entries(fields)) {
    const value = given[name];
    if (value instanceof Personal && isPersonal(field)) personal.push({ field: name, subject: value.subject, value: value.value });
    else if (value !== undefined) plain[name] = plainValue(field, value, `/body/${name}`);
    else if (field.needed) throw new UnfitPayloadError(`/body/${name}`, `${action} needs this field`);
  }
  return { plain, personal };
}

/** The id of the entry's object, read from the body. */
export function objectOf<A extends ActionName>(action: A, body: BodyOf<A>): { type: string; id: string } {
  const { object, id } = actionShape(action);
  const value = (body as Readonly<Record<string, unknown>>)[id];
  if (typeof value !== 'string') throw new UnfitPayloadError(`/body/${id}`, 'names the object');
  return { type: object, id: value };
}

const isPersonal = (field: Field<unknown>): boolean => field.kind === 'personal' || field.kind === 'codeOrPersonal';

function plainValue(field: Field<unknown>, value: unknown, pointer: string): Json {
  if (value === null && field.nullable) return null;
  const plain = readers[field.kind](value, field);
  if (plain === undefined) throw new UnfitPayloadError(pointer, `does not fit "${field.kind}"`);
  return plain;
}

/** Per kind: the value as it is stored, or nothing when it does not fit. */
const readers: Readonly<Record<Field<unknown>['kind'], (value: unknown, field: Field<unknown>) => Json | undefined>> = {
  text: (value) => (typeof value === 'string' && value.length <= MAX_TEXT ? value : undefined),
  flag: (value) => (typeof value === 'boolean' ? value : undefined),
  count: (value) => (typeof value === 'number' || typeof value === 'bigint' ? value : undefined),
  time: (value) => (value instanceof Date ? value.toISOString() : undefined),
  sha256: (value) => (typeof value === 'string' && SHA256_HEX.test(value) ? value : undefined),
  json: (value) => (value instanceof Personal ? undefined : (value as Json)),
  choice: (value, field) => (typeof value === 'string' && field.choices?.includes(value) === true ? value : undefined),
  codeOrPersonal: (value) => (typeof value === 'string' && CODE.test(value) ? value : undefined),
  personal: () => undefined,
};
