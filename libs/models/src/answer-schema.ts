type Schema = Readonly<Record<string, unknown>>;

/** In characters of JSON. */
const SIZE_AT_MOST = 16_384;
const DEPTH_AT_MOST = 16;
const SCHEMAS_AT_MOST = 300;
/** Values and characters of the smallest answer that fits. */
const LEAST_ANSWER_AT_MOST = 100_000;

const PLAIN = new Set(['type', 'const', 'enum', 'required', 'minItems', 'maxItems', 'minLength', 'maxLength', 'minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf', 'title', 'description', 'default', 'examples', '$schema']);
const BRANCHES = ['anyOf', 'oneOf', 'allOf'] as const;

/**
 * Why a worker's schema for an answer cannot be used, or undefined when it can. It is compiled and evaluated beside the work
 * of other teams: so no references (a chain of them doubles the work with every link), no patterns (one of them can take
 * years), and nothing that is large itself or asks for a large answer. What is left costs no more than it is long.
 */
export function problemOf(schema: Schema): string | undefined {
  if (JSON.stringify(schema).length > SIZE_AT_MOST) return `it is longer than ${SIZE_AT_MOST} characters`;
  const seen = { schemas: 0 };
  const found = visit(schema, 0, seen);
  if (typeof found === 'string') return found;
  return found > LEAST_ANSWER_AT_MOST ? `the smallest answer that fits is larger than ${LEAST_ANSWER_AT_MOST} characters` : undefined;
}

/** The size of the smallest value that fits, or what is wrong. */
function visit(schema: unknown, depth: number, seen: { schemas: number }): number | string {
  if (typeof schema === 'boolean') return 1;
  if (typeof schema !== 'object' || schema === null || Array.isArray(schema)) return 'a schema is an object, true or false';
  if (depth > DEPTH_AT_MOST) return `it is deeper than ${DEPTH_AT_MOST} levels`;
  if ((seen.schemas += 1) > SCHEMAS_AT_MOST) return `it has more than ${SCHEMAS_AT_MOST} parts`;
  const { minLength, minItems, items } = schema as Schema;
  let least = lengthOf(minLength) + (items === undefined ? lengthOf(minItems) : 0);
  for (const [keyword, value] of Object.entries(schema)) {
    const below = PLAIN.has(keyword) ? 0 : partsOf(keyword, value, schema as Schema, (part) => visit(part, depth + 1, seen));
    if (typeof below === 'string') return below;
    least += below;
  }
  return least + 1;
}

function partsOf(keyword: string, value: unknown, schema: Schema, look: (part: unknown) => number | string): number | string {
  if (keyword === 'properties') return typeof value === 'object' && value !== null ? sumOf(Object.values(value), look) : 'properties is an object';
  if (keyword === 'items' || keyword === 'additionalProperties') {
    const each = look(value);
    return typeof each === 'string' ? each : keyword === 'items' ? each * lengthOf(schema['minItems']) : 0;
  }
  if (keyword === 'prefixItems' || BRANCHES.some((name) => name === keyword)) return Array.isArray(value) ? sumOf(value, look) : `${keyword} is a list`;
  return `the keyword "${keyword.slice(0, 40)}" is not one of those that may be used`;
}

function sumOf(parts: readonly unknown[], look: (part: unknown) => number | string): number | string {
  let sum = 0;
  for (const part of parts) {
    const size = look(part);
    if (typeof size === 'string') return size;
    sum += size;
  }
  return sum;
}

const lengthOf = (value: unknown): number => (typeof value === 'number' && value > 0 ? value : 0);
