import type { TreeHead } from './checkpoint.js';
import type { Finding } from './finding.js';
import { verifyConsistency } from './tree.js';

/**
 * What is wrong with a chain whose head is now this one, for somebody who remembers an earlier head of it; nothing when that is its beginning.
 *
 * Both heads have to be taken from notes whose signatures were checked, or be known by other means. The entries are named as far
 * as heads can: all that the remembered one covers, or those that are no longer there.
 */
export function checkRemembered(remembered: TreeHead, now: TreeHead, path: readonly Uint8Array[]): Finding | undefined {
  const toSeq = remembered.size - 1;
  if (now.size < remembered.size) return { code: 'tail_cut', seq: now.size, toSeq, message: `the remembered head covers ${remembered.size} entries, ${now.size} are here` };
  if (remembered.size === 0 || verifyConsistency({ from: remembered, to: now, path })) return undefined;
  return { code: 'history_rewritten', seq: 0, toSeq, message: `the chain of ${now.size} entries does not begin with the ${remembered.size} of the remembered head` };
}
