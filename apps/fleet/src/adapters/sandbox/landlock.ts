import { SandboxUnavailableError } from './errors.js';
import type { LandlockOrders, LandlockRule } from './launch-orders.js';
import { loadLibc } from './native.js';
import type { SandboxProfile } from './types.js';

/** landlock(7), the same number on every architecture. */
const CREATE_RULESET = 444;
const VERSION_FLAG = 1;

const EXECUTE = 1 << 0;
const WRITE_FILE = 1 << 1;
const READ_FILE = 1 << 2;
const READ_DIR = 1 << 3;
const REMOVE_DIR = 1 << 4;
const REMOVE_FILE = 1 << 5;
const MAKE_DIR = 1 << 7;
const MAKE_REG = 1 << 8;
const MAKE_SYM = 1 << 12;
const REFER = 1 << 13;
const TRUNCATE = 1 << 14;
/** How many file rights each ABI version handles: the highest bit first appeared in versions 1, 2, 3 and 5. */
const FS_RIGHTS_BY_ABI = [0, 13, 14, 15, 15, 16];
const NET_BIND_AND_CONNECT = 3;
const SCOPE_ABSTRACT_SOCKETS_AND_SIGNALS = 3;

/** How a bound path may be used. */
export type Use = 'read' | 'execute' | 'write' | 'device';

let abi: number | undefined;

/** The kernel's Landlock version; 0 where it is missing or switched off. */
export function landlockAbi(): number {
  abi ??= Math.max(0, loadLibc().syscall(CREATE_RULESET, 0, 0, VERSION_FLAG, 0));
  return abi;
}

function handledFs(): number {
  const rights = FS_RIGHTS_BY_ABI[Math.min(landlockAbi(), FS_RIGHTS_BY_ABI.length - 1)] ?? 0;
  return (1 << rights) - 1;
}

/** The rule for one path. A rule on a file must not carry directory rights: the kernel refuses it. */
export function landlockRule(path: string, use: Use, directory: boolean, profile: SandboxProfile): LandlockRule {
  return { path, access: rightsFor(use, directory, profile === 'checks') & handledFs() };
}

function rightsFor(use: Use, directory: boolean, checks: boolean): number {
  const read = READ_FILE | (directory ? READ_DIR : 0);
  if (use === 'device') return READ_FILE | WRITE_FILE | TRUNCATE;
  if (use === 'execute') return read | EXECUTE;
  // A repository's commands live in its own tree and in its dependencies; what they start runs under the same filter.
  const shared = checks ? read | EXECUTE : read;
  if (use === 'read') return shared;
  if (!directory) return shared | WRITE_FILE | TRUNCATE;
  return shared | WRITE_FILE | TRUNCATE | REMOVE_DIR | REMOVE_FILE | MAKE_DIR | MAKE_REG | REFER | (checks ? MAKE_SYM : 0);
}

/** The walls of Landlock stand alone where there are no namespaces: then signals must be kept in, which version 6 brought. */
const SCOPES_SINCE = 6;

/** Everything not named by a rule is refused. `checks` keeps TCP inside its own empty network namespace, if it has one. */
export function landlockOrders(rules: readonly LandlockRule[], profile: SandboxProfile, namespaces = true): LandlockOrders {
  const version = landlockAbi();
  if (version < 1) throw new SandboxUnavailableError('the kernel has no Landlock');
  if (!namespaces && version < SCOPES_SINCE) throw new SandboxUnavailableError(`the kernel's Landlock is version ${version}; without namespaces ${SCOPES_SINCE} is needed`);
  return {
    handledFs: handledFs(),
    handledNet: version >= 4 && (profile === 'worker' || !namespaces) ? NET_BIND_AND_CONNECT : 0,
    scoped: version >= SCOPES_SINCE ? SCOPE_ABSTRACT_SOCKETS_AND_SIGNALS : 0,
    rules,
  };
}
