import { SandboxSpecError } from './errors.js';
import type { SandboxSpec } from './types.js';

/** Whom the worker runs as; empty: whoever the supervisor is. */
export interface Identity {
  readonly uid?: number;
  readonly gid?: number;
}

/** Root gives its worker another identity; everybody else's worker is themselves. Throws {@link SandboxSpecError}. */
export function identityOf(spec: Pick<SandboxSpec, 'uid' | 'gid'>): Identity {
  const own = process.getuid?.();
  if (own === 0) {
    if (spec.uid === undefined || spec.gid === undefined) throw new SandboxSpecError('a supervisor that is root must name the uid and gid of its workers');
    if (spec.uid === 0 || spec.gid === 0) throw new SandboxSpecError('a worker is never root');
    return { uid: spec.uid, gid: spec.gid };
  }
  if (spec.uid !== undefined && spec.uid !== own) throw new SandboxSpecError('only root can give a worker another uid');
  return {};
}
