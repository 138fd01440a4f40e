import { createHash } from 'node:crypto';
import type { Statement } from './sql.js';

export interface NamedStatement {
  readonly name?: string;
  readonly text: string;
  readonly values: unknown[];
}

/** Far more than the product's code has; a text that is made up at run time must not fill every connection's memory. */
const NAMES_AT_MOST = 2_000;
const names = new Map<string, string>();

/** The statement under a name made from its text: a connection parses and plans it the first time only. */
export function prepared({ text, values }: Statement): NamedStatement {
  const name = names.get(text) ?? newName(text);
  return { text, values: [...values], ...(name === undefined ? {} : { name }) };
}

function newName(text: string): string | undefined {
  if (names.size >= NAMES_AT_MOST) return undefined;
  const name = createHash('sha256').update(text).digest('base64url').slice(0, 22);
  names.set(text, name);
  return name;
}

/**
 * A table was changed under a connection that had planned to read all its columns; only a new connection plans anew.
 * (`RevalidateCachedQuery` in Postgres' plancache.c: the only one who says so, whatever language its message is in.)
 */
export const isOutdatedPlan = (error: unknown): boolean => (error as { routine?: unknown } | null)?.routine === 'RevalidateCachedQuery';
