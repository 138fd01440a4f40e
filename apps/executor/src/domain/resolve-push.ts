import type { Sight } from './resolve-effect.js';

/** What the remote shows of the branch. */
export interface RemoteFacts {
  /** Commit the branch points to; null: no such branch. */
  readonly head: string | null;
  /** A working tree of the remote repository has the branch checked out. */
  readonly checkedOut: boolean;
  /** The branch's present history contains our commit, although it is not its head. */
  readonly containsOurs: boolean;
}

/** Compares the remote with what the push wants and with what it was approved to replace. */
export function seePush(remote: RemoteFacts, commit: string, expectedHead: string | null): Sight {
  if (remote.head === commit || remote.containsOurs) return { kind: 'ours' };
  if (remote.checkedOut) return { kind: 'foreign', code: 'branch_checked_out' };
  return remote.head === expectedHead ? { kind: 'before' } : { kind: 'foreign', code: 'remote_moved' };
}
