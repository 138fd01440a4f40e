type Schema = Readonly<Record<string, unknown>>;

/**
 * The smallest value that fits a JSON Schema, as far as the common keywords go: const, enum, type, required properties,
 * lengths and bounds, anyOf/oneOf by their first branch. `seed` picks among an enum's values. The schema has no problem
 * (`problemOf`), so its smallest value is small.
 */
export function sampleOf(schema: Schema, seed: Uint8Array, depth = 0): unknown {
  if ('const' in schema) return schema['const'];
  const choices = schema['enum'];
  if (Array.isArray(choices)) return choices[seed[depth % seed.length]! % choices.length] as unknown;
  const branch = firstOf(schema['anyOf']) ?? firstOf(schema['oneOf']);
  if (branch) return sampleOf(branch, seed, depth + 1);
  return sampleOfType(schema, typeOf(schema), seed, depth);
}

function sampleOfType(schema: Schema, type: string, seed: Uint8Array, depth: number): unknown {
  const number = (name: string, absent = 0): number => (typeof schema[name] === 'number' ? schema[name] : absent);
  switch (type) {
    case 'object': {
      const properties = (schema['properties'] ?? {}) as Record<string, Schema>;
      const required = (schema['required'] ?? []) as string[];
      return Object.fromEntries(required.map((name, index) => [name, sampleOf(properties[name] ?? {}, seed.subarray(index % seed.length), depth + 1)]));
    }
    case 'array':
      return Array.from({ length: number('minItems') }, () => sampleOf((schema['items'] ?? {}) as Schema, seed, depth + 1));
    case 'string':
      return 'rehearsal'.padEnd(number('minLength'), '.').slice(0, number('maxLength', Infinity));
    case 'integer':
    case 'number':
      return Math.min(Math.max(0, number('minimum', -Infinity), number('exclusiveMinimum', -Infinity) + 1), number('maximum', Infinity));
    case 'boolean':
      return false;
    default:
      return null;
  }
}

function typeOf(schema: Schema): string {
  const type = schema['type'];
  if (Array.isArray(type)) return type[0] as string;
  if (typeof type === 'string') return type;
  return 'properties' in schema || 'required' in schema ? 'object' : 'null';
}

const firstOf = (branches: unknown): Schema | undefined => (Array.isArray(branches) ? (branches[0] as Schema | undefined) : undefined);
