import { createHash } from 'node:crypto';
import { conditionsOf } from './conditions.js';
import { ForbiddenSyscallError, UnknownSyscallError } from './errors.js';
import { compileRules, isSyscallName } from './libseccomp.js';
import type { Rule } from './libseccomp.js';
import { FORBIDDEN, PRESETS, expandNames } from './presets.js';
import type { SandboxProfile } from './types.js';

/** A compiled allow-list. */
export interface CompiledFilter {
  readonly program: Buffer;
  /** Processes may be started; the sandbox then needs a first process that collects them. */
  readonly children: boolean;
}

/** Any of these makes a child, or only has a meaning with one. */
const CHILD_CALLS = ['fork', 'vfork', 'execve'];
/** Runtimes probe these and fall back when told they do not exist; their flags hide behind pointers. */
const ABSENT = ['clone3', 'io_uring_setup'];
/** The programs of a shell copy permissions this way first, and by chmod when there is no such thing. */
const ABSENT_TO_PROGRAMS = ['setxattr', 'fsetxattr', 'lsetxattr'];

/** Harmless in namespaces of one's own. Elsewhere a socket reaches the machine's network, and a process that leaves its group outlives it. */
const NEEDS_NAMESPACES: ReadonlySet<string> = new Set(['socket', 'setsid', 'setpgid']);

const cache = new Map<string, CompiledFilter>();

/** Names in `names` that are neither a system call of any architecture nor a preset. */
export function checkSyscalls(names: readonly string[]): string[] {
  return names.filter((name) => (name.startsWith('@') ? !(name in PRESETS) : !isSyscallName(name)));
}

/** Names in `names` that exist but are never granted. */
export function forbiddenSyscalls(names: readonly string[]): string[] {
  return expandNames(names).filter((name) => FORBIDDEN.has(name));
}

/**
 * Compiles an allow-list with the argument conditions always added. `handoverFd` is the one descriptor the launcher may
 * send the listener over; it lies above the worker's own limit of open files, so no worker can ever hold it.
 * Throws {@link UnknownSyscallError} or {@link ForbiddenSyscallError}.
 */
export function compileFilter(profile: SandboxProfile, names: readonly string[], handoverFd: number, namespaces = true): CompiledFilter {
  const unknown = checkSyscalls(names);
  if (unknown.length > 0) throw new UnknownSyscallError(unknown);
  const forbidden = forbiddenSyscalls(names);
  if (forbidden.length > 0) throw new ForbiddenSyscallError(forbidden);
  const plain = expandNames(profile === 'checks' ? ['@checks', ...names] : names).filter((name) => namespaces || !NEEDS_NAMESPACES.has(name)).sort();
  const key = createHash('sha256').update(JSON.stringify([handoverFd, namespaces, plain])).digest('hex');
  const known = cache.get(key);
  if (known !== undefined) return known;
  const compiled = compile(plain, handoverFd, namespaces);
  cache.set(key, compiled);
  return compiled;
}

function compile(names: readonly string[], handoverFd: number, namespaces: boolean): CompiledFilter {
  const children = names.some((name) => CHILD_CALLS.includes(name));
  // execve is never part of the allow-list: the listener lets the first one pass (all of them where children are allowed),
  // and a filter that allowed it would leave the launch phase open for ever.
  const allowed = names.filter((name) => name !== 'execve');
  const rules: Rule[] = allowed.flatMap((syscall) =>
    conditionsOf(syscall, { children, namespaces }).map((comparisons): Rule => ({ syscall, action: 'allow', comparisons })),
  );
  rules.push(...[...ABSENT, ...(children ? ABSENT_TO_PROGRAMS.filter((name) => !allowed.includes(name)) : [])].map((syscall): Rule => ({ syscall, action: 'enosys', comparisons: [] })));
  if (!allowed.includes('sendmsg')) {
    rules.push({ syscall: 'sendmsg', action: 'allow', comparisons: [{ arg: 0, op: 'masked', mask: 0xffffffffn, value: BigInt(handoverFd) }] });
  }
  return { program: compileRules(rules), children };
}
