import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import { LineCounter, parseDocument, visit, type Document } from 'yaml';
import { isStorable } from '../characters.js';
import type { Violation } from '../errors.js';
import { InvalidFileError, type FileViolation } from './invalid-file.js';
import { offsetOf } from './yaml-position.js';

/** One kind of file: its JSON Schema (2020-12), and the rules between fields that a schema cannot say. */
export interface FileSchema<T> {
  /** What the file is called in messages. */
  readonly kind: string;
  readonly schema: Readonly<Record<string, unknown>>;
  /** Runs only on a value that passed the schema. Pointers are into the value as written. */
  readonly check?: (value: T) => readonly Violation[];
  /** The same by parts, so that a mistake in one does not hide those in the others. */
  readonly rules?: readonly PartRule<T>[];
}

/** Runs unless the schema has a fault in what it reads. */
export interface PartRule<T> {
  /** Pointers of all that it reads, each with everything below; `*` is any item, `-` at the end only how many there are. */
  readonly reads: readonly string[];
  readonly check: (value: T) => readonly Violation[];
}

/** Larger than any honest policy or bundle; read nothing of more. */
export const MAX_FILE_BYTES = 256 * 1024;
/** How much a file's aliases may unfold: enough for shared lists, too little for a "billion laughs" file. */
const MAX_ALIAS_COUNT = 100;
const MAX_VIOLATIONS = 50;
const TOO_DEEP = 'is nested too deeply';

const ajv = new Ajv2020({ allErrors: true, strict: true, strictRequired: false, strictTypes: false, verbose: true });
const compiled = new WeakMap<object, ValidateFunction>();

/**
 * Reads one YAML 1.2 file by its schema and returns the value as written.
 *
 * Throws `InvalidFileError` with every broken rule at its line and column: syntax, duplicate keys, unknown tags, unfolding
 * aliases, size; then together the schema's rules and those between fields. `most` of them at most. `file` is only used for messages; nothing is opened.
 */
export function readYaml<T>(schema: FileSchema<T>, file: string, text: string, { most = MAX_VIOLATIONS } = {}): T {
  const source = parseSource(file, text, most);
  const faults = faultsIn(schema, source.value);
  if (faults.length > 0) throw source.error(faults);
  return source.value as T;
}

function faultsIn<T>(schema: FileSchema<T>, value: unknown): Placed[] {
  const validate = compile(schema);
  const faults = validate(value) ? [] : (validate.errors ?? []).filter(tellsSomething).map(violationOf);
  const sound = (part: string): boolean => !faults.some(({ spoils }) => meet(spoils, part));
  const broken = [...(faults.length === 0 ? (schema.check?.(value as T) ?? []) : []), ...(schema.rules ?? []).flatMap(({ reads, check }) => (reads.every(sound) ? check(value as T) : []))];
  return [...faults, ...broken.map((violation) => ({ ...violation, at: 'value' as const }))];
}

/** Whether one of the two lies within the other. */
function meet(pointer: string, part: string): boolean {
  const [one, other] = [pointer.split('/'), part.split('/')];
  return one.slice(0, other.length).every((segment, at) => segment === other[at] || other[at] === '*');
}

/** What a text says where it can be read and is a map, however many rules it breaks. */
export function mapInYaml(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const { value } = parseSource('', text, 1);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
  } catch (error) {
    if (error instanceof InvalidFileError) return undefined;
    throw error;
  }
}

/** Every rule that a value which did not come from a file breaks: a row written by another service, a body of a request. */
export function conforms<T>(schema: FileSchema<T>, value: unknown): Violation[] {
  return faultsIn(schema, value).map(({ pointer, rule, message }) => ({ pointer, rule, message }));
}

type Placed = Violation & { readonly at: 'key' | 'value' };
/** `spoils`: what cannot be judged for it. */
type SchemaFault = Placed & { readonly spoils: string };

interface Source {
  readonly value: unknown;
  error(violations: readonly Placed[]): InvalidFileError;
}

function parseSource(file: string, text: string, most: number): Source {
  const counter = new LineCounter();
  const place = (offset: number, rule: string, message: string, pointer = ''): FileViolation => {
    const { line, col } = counter.linePos(offset);
    return { file, line: Math.max(line, 1), column: Math.max(col, 1), pointer, rule, message };
  };
  const refuse = (...violations: FileViolation[]): never => {
    throw new InvalidFileError(file, violations.slice(0, most));
  };
  if (Buffer.byteLength(text) > MAX_FILE_BYTES) refuse(place(0, 'max-size', `at most ${MAX_FILE_BYTES / 1024} KiB`));
  const document = parseDocument(text, { version: '1.2', schema: 'core', strict: true, uniqueKeys: true, stringKeys: true, prettyErrors: false, lineCounter: counter });
  const faults = [...document.errors, ...document.warnings];
  if (faults.length > 0) refuse(...faults.map(({ code, message, pos }) => place(pos[0], kebab(code), code === 'RESOURCE_EXHAUSTION' ? TOO_DEEP : firstLine(message))));
  visit(document, {
    Scalar: (_, { value, range }) => {
      if (typeof value === 'string' && !isStorable(value)) refuse(place(range?.[0] ?? 0, 'storable', 'holds U+0000 or half a character'));
    },
  });
  const error = (violations: readonly Placed[]): InvalidFileError => {
    const placed = violations.map(({ pointer, rule, message, at }) => place(offsetOf(document, pointer, at), rule, message, pointer));
    return new InvalidFileError(file, placed.sort((a, b) => a.line - b.line || a.column - b.column).slice(0, most));
  };
  return { value: unfold(document, (message) => refuse(place(0, 'alias', message))), error };
}

function unfold(document: Document.Parsed, refuse: (message: string) => never): unknown {
  try {
    return document.toJS({ maxAliasCount: MAX_ALIAS_COUNT });
  } catch (cause) {
    if (cause instanceof ReferenceError) return refuse(firstLine(cause.message));
    if (cause instanceof RangeError) return refuse(TOO_DEEP);
    throw cause;
  }
}

function compile<T>({ schema }: FileSchema<T>): ValidateFunction {
  const known = compiled.get(schema);
  if (known) return known;
  const validate = ajv.compile(schema);
  compiled.set(schema, validate);
  return validate;
}

/** `propertyNames` and `if` only repeat what a nested error says already. */
const tellsSomething = ({ keyword }: ErrorObject): boolean => keyword !== 'propertyNames' && keyword !== 'if';

function violationOf(error: ErrorObject): SchemaFault {
  const { keyword, instancePath, params } = error;
  const added = keyword === 'additionalProperties' ? (params['additionalProperty'] as string) : error.propertyName;
  const pointer = added === undefined ? instancePath : `${instancePath}/${escapePointer(added)}`;
  const spoils = keyword === 'required' ? `${instancePath}/${escapePointer(params['missingProperty'] as string)}` : pointer;
  return { pointer, spoils, rule: kebab(keyword), message: sentence(error), at: added === undefined ? 'value' : 'key' };
}

function sentence({ keyword, params, message, schema, propertyName }: ErrorObject): string {
  if (keyword === 'additionalProperties') return `unknown field ${quoted(params['additionalProperty'] as string)}`;
  if (keyword === 'required') return `needs the field ${quoted(params['missingProperty'] as string)}`;
  if (keyword === 'enum') return `${propertyName === undefined ? 'must be' : `unknown name ${quoted(propertyName)}, must be`} one of ${(params['allowedValues'] as unknown[]).join(', ')}`;
  if (keyword === 'const') return `must be ${String(params['allowedValue'])}`;
  if (keyword === 'false schema') return 'does not belong here';
  if (keyword === 'minLength' && params['limit'] === 1) return EMPTY;
  if (keyword === 'pattern') return PATTERNS[params['pattern'] as string] ?? message ?? 'is invalid';
  const both = (schema as { required?: string[] } | undefined)?.required;
  if (keyword === 'not' && both) return `give only one of ${both.join(', ')}`;
  return message ?? 'is invalid';
}

const EMPTY = 'must not be empty';
/** Patterns that people would not read (parts.ts). */
const PATTERNS: Readonly<Record<string, string>> = { '\\S': EMPTY, '^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$': 'must be words of small letters and digits, joined by hyphens' };
const quoted = (name: string): string => JSON.stringify(name.slice(0, 60));
const firstLine = (text: string): string => text.split('\n', 1)[0]!;
const kebab = (word: string): string => word.replaceAll(/([a-z])([A-Z])/g, '$1-$2').replaceAll(/[_ ]/g, '-').toLowerCase();
const escapePointer = (name: string): string => name.replaceAll('~', '~0').replaceAll('/', '~1');
