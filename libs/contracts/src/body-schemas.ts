import { defaultMetadataStorage } from 'class-transformer/cjs/storage.js';
import { getMetadataStorage } from 'class-validator';
import { validationMetadatasToSchemas } from 'class-validator-jsonschema';

export type Json = Record<string, unknown>;

const PREFIX = '#/components/schemas/';

/** The JSON Schema of every class that carries rules, by class name: what is described is what is enforced. */
export const bodySchemas = (): Record<string, Json> =>
  validationMetadatasToSchemas({
    classValidatorMetadataStorage: getMetadataStorage(),
    classTransformerMetadataStorage: defaultMetadataStorage as never,
    refPointerPrefix: PREFIX,
  }) as Record<string, Json>;

export const referenceTo = ({ name }: { readonly name: string }): Json => ({ $ref: `${PREFIX}${name}` });

/** The schemas that `roots` reach, sorted by name: what nobody refers to is left out. */
export function reachableSchemas(all: Readonly<Record<string, Json>>, roots: readonly { readonly name: string }[]): Record<string, Json> {
  const found = new Map<string, Json>();
  const visit = (name: string): void => {
    const schema = all[name];
    if (schema === undefined || found.has(name)) return;
    found.set(name, schema);
    for (const [, next] of JSON.stringify(schema).matchAll(/#\/components\/schemas\/(\w+)/g)) visit(next!);
  };
  for (const { name } of roots) visit(name);
  return Object.fromEntries([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
}
