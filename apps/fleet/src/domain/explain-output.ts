import { firstOf, lastOf } from '@countersign/contracts';

/** Longest text of a check that is kept: what a person reads on a phone, and what the next round gets as a note. */
export const MAX_CHECK_TEXT = 4000;

/** A module's name without what follows it: `@scope/name/lib/x` is `@scope/name`. */
const PACKAGE = /^(?:@[a-z0-9~_.-]+\/)?[a-z0-9~_.-]+/i;
const MISSING: readonly RegExp[] = [
  /Cannot find (?:module|package) '([^']+)'/,
  /Failed to resolve import "([^"]+)"/,
  /Failed to load url (\S+)/,
];

/** The package a suite's output says it could not find; undefined when it missed nothing, or a file of its own. */
export function missingPackage(output: string): string | undefined {
  for (const pattern of MISSING) {
    const wanted = pattern.exec(output)?.[1];
    if (wanted === undefined) continue;
    const installed = wanted.lastIndexOf('node_modules/');
    const name = installed >= 0 ? wanted.slice(installed + 'node_modules/'.length) : wanted;
    if (/^(?:\.|\/|node:|file:)/.test(name)) continue;
    return PACKAGE.exec(name)?.[0];
  }
  return undefined;
}

/** The end of an output. With reasons, these are its first lines, and again its last when the output is long: many readers show only the end. */
export function explain(reasons: readonly string[], output: string): string {
  const text = output.replaceAll('\0', '').trimEnd();
  if (reasons.length === 0) return lastOf(text, MAX_CHECK_TEXT);
  const head = firstOf(reasons.join('\n'), MAX_CHECK_TEXT / 4);
  if (text === '') return head;
  const foot = text.split('\n').length > 5 || text.length > 500 ? `\n${head}` : '';
  return `${head}\n${lastOf(text, MAX_CHECK_TEXT - head.length - 1 - foot.length)}${foot}`;
}
