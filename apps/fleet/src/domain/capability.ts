import type { Capabilities } from '@countersign/contracts';

/** Why a call is refused where it is made; undefined: it is granted. */
export interface Refusal {
  readonly code: 'tool_not_allowed' | 'path_not_allowed';
  readonly message: string;
}

/** `docs.*` matches `docs.read`; `*` is every tool. */
const matches = (pattern: string, name: string): boolean => new RegExp(`^${pattern.split('*').map(escape).join('.*')}$`).test(name);
const escape = (text: string): string => text.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&');

/** Deny beats allow; what is not allowed is refused, an empty list included. */
export function refuseTool(capabilities: Capabilities, tool: string): Refusal | undefined {
  const denied = capabilities.tool_denylist.some((pattern) => matches(pattern, tool));
  if (!denied && capabilities.tool_allowlist.some((pattern) => matches(pattern, tool))) return undefined;
  return { code: 'tool_not_allowed', message: `the instance's grant has no tool ${tool.slice(0, 80)}` };
}

/** `scope` is `.` or a path below the repository; a scope covers itself and everything below it. */
const covers = (scope: string, path: string): boolean => {
  const trimmed = scope.replace(/^\.\//, '').replace(/\/$/, '');
  return trimmed === '.' || path === trimmed || path.startsWith(`${trimmed}/`);
};

/** `path` must already be a plain relative path. */
export function refuseWrite(capabilities: Capabilities, path: string): Refusal | undefined {
  if (capabilities.fs_scopes.write.some((scope) => covers(scope, path))) return undefined;
  return { code: 'path_not_allowed', message: 'the path is outside the write scopes of the instance' };
}
