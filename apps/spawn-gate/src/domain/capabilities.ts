import { globCovers, hostCovers, overlap, pathCovers, type Capabilities } from '@countersign/contracts';

/** What the mission's maker lets its agents call at most; an empty list says nothing. */
export const withinMission = (capabilities: Capabilities, tools: readonly string[]): Capabilities =>
  tools.length === 0 ? capabilities : { ...capabilities, tool_allowlist: overlap(capabilities.tool_allowlist, tools, globCovers) };

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
