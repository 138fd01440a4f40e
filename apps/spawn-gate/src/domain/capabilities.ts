import type { Capabilities } from '@countersign/contracts';

/**
 * What a child may touch: its template, but nothing that its parent may not (P3). Denials are inherited, always.
 *
 * Where two globs overlap without one covering the other, the overlap is dropped: narrower than need be, never wider.
 */
export function narrow(parent: Capabilities, template: Capabilities): Capabilities {
  const git = { parent: parent.git_caps, own: template.git_caps };
  return {
    tool_allowlist: overlap(parent.tool_allowlist, template.tool_allowlist, globCovers),
    tool_denylist: [...new Set([...parent.tool_denylist, ...template.tool_denylist])],
    fs_scopes: {
      read: overlap(parent.fs_scopes.read, template.fs_scopes.read, pathCovers),
      write: overlap(parent.fs_scopes.write, template.fs_scopes.write, pathCovers),
    },
    net_scopes: {
      enabled: parent.net_scopes.enabled && template.net_scopes.enabled,
      allow_hosts: overlap(parent.net_scopes.allow_hosts, template.net_scopes.allow_hosts, hostCovers),
    },
    secrets_scopes: template.secrets_scopes.filter((alias) => parent.secrets_scopes.includes(alias)),
    git_caps: {
      read: git.parent.read && git.own.read,
      commit: git.parent.commit && git.own.commit,
      push: git.parent.push && git.own.push,
      push_requires_approval: git.parent.push_requires_approval || git.own.push_requires_approval,
    },
  };
}

type Covers = (wide: string, narrow: string) => boolean;

/** Patterns of either list that the other covers. */
function overlap(parent: readonly string[], own: readonly string[], covers: Covers): string[] {
  const inside = own.filter((pattern) => parent.some((wide) => covers(wide, pattern)));
  const narrower = parent.filter((pattern) => own.some((wide) => covers(wide, pattern)));
  return [...new Set([...inside, ...narrower])];
}

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

/** A host covers itself and its subdomains; `*` is every host. */
export const hostCovers = (wide: string, narrow: string): boolean => wide === '*' || wide === narrow || (narrow !== '*' && narrow.endsWith(`.${wide}`));

export const toolAllowed = ({ tool_allowlist, tool_denylist }: Capabilities, tool: string): boolean =>
  !tool_denylist.some((pattern) => globCovers(pattern, tool)) && tool_allowlist.some((pattern) => globCovers(pattern, tool));

export const hostAllowed = ({ net_scopes }: Capabilities, host: string): boolean => net_scopes.enabled && net_scopes.allow_hosts.some((wide) => hostCovers(wide, host));
