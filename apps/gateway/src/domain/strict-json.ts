import { InvalidInputError } from '@countersign/contracts';

export const MAX_DEPTH = 32;
/** Names that reach an object's prototype when a careless merge copies them. */
const FORBIDDEN = new Set(['__proto__', 'constructor', 'prototype']);

/** A body that is not JSON as we take it: `rule` says which rule, and where it is known, at which character. */
export class BadJsonError extends InvalidInputError {
  override readonly code = 'invalid_json';
  constructor(rule: string, message: string, options?: ErrorOptions) {
    super(message, [{ pointer: '', rule, message }], options);
  }
}

/**
 * Parses JSON and refuses what two readers could read two ways or what only an attack sends: repeated member names,
 * names of the prototype, more than 32 levels, texts that no database and no screen can take (U+0000, lone surrogates).
 */
export function parseStrictJson(text: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new BadJsonError('json', 'the body is not valid JSON', { cause });
  }
  scan(text);
  return value;
}

/** Walks the tokens of a text that is known to be valid JSON. */
function scan(text: string): void {
  const levels: (Set<string> | undefined)[] = [];
  for (const token of text.matchAll(/"[^"\\]*(?:\\.[^"\\]*)*"(\s*:)?|[{}[\]]/g)) {
    const [whole, colon] = token;
    if (whole.includes('\\u')) checkText(JSON.parse(colon === undefined ? whole : whole.slice(0, -colon.length)) as string);
    if (whole === '{' || whole === '[') {
      if (levels.push(whole === '{' ? new Set() : undefined) > MAX_DEPTH) throw new BadJsonError('depth', `more than ${MAX_DEPTH} levels`);
    } else if (whole === '}' || whole === ']') levels.pop();
    else if (colon !== undefined) noteName(levels.at(-1), JSON.parse(whole.slice(0, whole.length - colon.length)) as string);
  }
}

function checkText(text: string): void {
  if (text.includes('\u0000') || !text.isWellFormed()) throw new BadJsonError('unicode', 'a text holds U+0000 or half a character');
}

function noteName(names: Set<string> | undefined, name: string): void {
  if (FORBIDDEN.has(name)) throw new BadJsonError('forbidden_name', 'a member has a forbidden name');
  if (names?.has(name)) throw new BadJsonError('duplicate_name', 'a member name stands twice in one object');
  names?.add(name);
}
