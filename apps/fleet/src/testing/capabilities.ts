import type { Capabilities } from '@countersign/contracts';

/** A grant of nothing but what is named. */
export const aGrant = (over: Partial<Capabilities> = {}): Capabilities => ({
  tool_allowlist: [], tool_denylist: [], fs_scopes: { read: [], write: [] }, net_scopes: { enabled: false, allow_hosts: [] }, secrets_scopes: [],
  git_caps: { read: false, commit: false, push: false, push_requires_approval: false }, ...over,
});
