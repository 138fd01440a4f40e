import type { Capabilities } from './template.js';

/**
 * How the words of a grant are read: which tool names a glob matches, which paths a scope covers, which hosts a name stands for.
 * The gate narrows with these functions and the fleet enforces with them, so that the two cannot disagree.
 */

/** Whether everything `narrow` matches is matched by `wide`: a `*` is taken as a letter that only `*` can match. */
export function globCovers(wide: string, narrow: string): boolean {
  const [head = '', ...rest] = wide.split('*');
  if (rest.length === 0) return wide === narrow;
  if (!narrow.startsWith(head)) return false;
  const tail = rest.pop()!;
  let at = head.length;
  for (const piece of rest) {
    const found = narrow.indexOf(piece, at);
    if (found < 0) return false;
    at = found + piece.length;
  }
  return narrow.length - tail.length >= at && narrow.endsWith(tail);
}

const clean = (path: string): string[] => path.split('/').filter((part) => part !== '' && part !== '.');

/** A folder covers itself and what is below it; `.` is the whole workspace. */
export function pathCovers(wide: string, narrow: string): boolean {
  const above = clean(wide);
  const below = clean(narrow);
  return !below.includes('..') && above.every((part, index) => part === below[index]);
}

/** Whether the resolver of URLs reads a host as an IPv4 address: its last label is a number, however it is written. */
export const isNumericHost = (name: string): boolean => /(?:^|\.)(?:\d+|0x[0-9a-f]*)$/i.test(name);

/**
 * A name covers itself and its subdomains, `*` every name, an address only itself; all of them on the ordinary ports.
 * With `:port` behind it, the same on that port alone.
 */
export function hostCovers(wide: string, narrow: string): boolean {
  const [above, below] = [splitPort(wide), splitPort(narrow)];
  if (above.port !== below.port) return false;
  if (above.name === below.name) return true;
  if (isNumericHost(below.name)) return false;
  return above.name === '*' || (below.name !== '*' && below.name.endsWith(`.${above.name}`));
}

function splitPort(host: string): { name: string; port: string } {
  const [name = '', port = ''] = host.split(':');
  return { name, port };
}

/** Patterns of either list that the other covers: what both allow, as far as the words can say it. */
export function overlap(one: readonly string[], other: readonly string[], covers: (wide: string, narrow: string) => boolean): string[] {
  const inside = other.filter((pattern) => one.some((wide) => covers(wide, pattern)));
  const narrower = one.filter((pattern) => other.some((wide) => covers(wide, pattern)));
  return [...new Set([...inside, ...narrower])];
}

/** Deny beats allow; what is not allowed is refused, an empty list included. */
export const toolAllowed = ({ tool_allowlist, tool_denylist }: Pick<Capabilities, 'tool_allowlist' | 'tool_denylist'>, tool: string): boolean =>
  !tool_denylist.some((pattern) => globCovers(pattern, tool)) && tool_allowlist.some((pattern) => globCovers(pattern, tool));

export const hostAllowed = ({ net_scopes }: Pick<Capabilities, 'net_scopes'>, host: string): boolean =>
  net_scopes.enabled && net_scopes.allow_hosts.some((wide) => hostCovers(wide, host));
