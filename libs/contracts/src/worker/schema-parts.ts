/** The pieces the schemas of the worker protocol are made of. */
export type JsonSchema = Readonly<Record<string, unknown>>;

export const text = (maxLength: number, minLength = 0): JsonSchema => ({ type: 'string', minLength, maxLength });
export const listOf = (items: JsonSchema, maxItems: number): JsonSchema => ({ type: 'array', items, maxItems });
export const oneOf = (values: readonly string[]): JsonSchema => ({ type: 'string', enum: values });
export const count: JsonSchema = { type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER };
export const flag: JsonSchema = { type: 'boolean' };
export const free: JsonSchema = { type: 'object' };
/** Standard base64 with its padding. */
export const base64Text: JsonSchema = { type: 'string', pattern: '^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$' };
export const sha256: JsonSchema = { type: 'string', pattern: '^[0-9a-f]{64}$' };

export function object(required: Record<string, JsonSchema>, optional: Record<string, JsonSchema> = {}): JsonSchema {
  return { type: 'object', additionalProperties: false, required: Object.keys(required), properties: { ...required, ...optional } };
}

/** A path inside the input: relative, `/` between parts, no `.`/`..` part, nothing under `.git`, no control characters. */
export const relativePath: JsonSchema = {
  type: 'string',
  minLength: 1,
  maxLength: 1024,
  pattern: '^(?!/)(?!.*//)(?!.*/$)(?!(?:.*/)?\\.{1,2}(?:/|$))(?!(?:.*/)?\\.[gG][iI][tT](?:/|$))[^\\\\\\u0000-\\u001f\\u007f]+$',
};
export const directory: JsonSchema = { anyOf: [{ const: '.' }, relativePath] };
export const change = { path: relativePath };
export const changeOptions = {
  text: { type: 'string' },
  contentBase64: base64Text,
  baseSha256: sha256,
  deleted: flag,
};
/** Exactly one of: text, bytes, deletion. */
export const oneContent = {
  oneOf: [
    { required: ['text'], not: { anyOf: [{ required: ['contentBase64'] }, { required: ['deleted'] }] } },
    { required: ['contentBase64'], not: { anyOf: [{ required: ['text'] }, { required: ['deleted'] }] } },
    { required: ['deleted'], properties: { deleted: { const: true } }, not: { anyOf: [{ required: ['text'] }, { required: ['contentBase64'] }] } },
  ],
};
export const fileChange: JsonSchema = { ...object(change, changeOptions), ...oneContent };
/** A file of a message. */
export const inboxFile: JsonSchema = object({ name: text(200, 1), media_type: text(100, 1), bytes: count, sha256 }, { path: text(4096, 1) });
