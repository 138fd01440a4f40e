import { sha256 } from './leaf.js';
import { consistencyRanges, consistencySteps, follow, inclusionRanges, inclusionSteps, largestPowerBelow, type ConsistencyClaim, type InclusionClaim, type LeafRange } from './proof.js';

/**
 * The compact range [0, size) of an RFC 6962 tree: one hash per perfect subtree, widest (leftmost) first.
 *
 * There is one hash per set bit of `size`. These nodes are also the fixed part of a consistency proof from `size`,
 * so proofs need nothing beyond a frontier and the leaf hashes after it.
 */
export interface Frontier {
  readonly size: number;
  readonly hashes: readonly Buffer[];
}

export const EMPTY_FRONTIER: Frontier = Object.freeze({ size: 0, hashes: Object.freeze([]) });

/** The root of the empty tree: `SHA-256("")` (RFC 6962 §2.1). */
export const EMPTY_ROOT: Buffer = sha256();

const NODE_PREFIX = Buffer.from([0x01]);

/** RFC 6962 §2.1 inner node. */
export const nodeHash = (left: Uint8Array, right: Uint8Array): Buffer => sha256(NODE_PREFIX, left, right);

/** The frontier with these leaf hashes appended in order; the given frontier is not changed. */
export function append(frontier: Frontier, leaves: Iterable<Buffer>): Frontier {
  const hashes = [...frontier.hashes];
  let size = frontier.size;
  for (const leaf of leaves) {
    let node = leaf;
    // A trailing one-bit of the old size is a perfect subtree that this leaf completes (sizes may pass 2^31: no bit operators).
    for (let rest = size; rest % 2 === 1; rest = (rest - 1) / 2) node = nodeHash(hashes.pop()!, node);
    hashes.push(node);
    size += 1;
  }
  return { size, hashes };
}

/** The RFC 6962 root over a frontier. */
export function rootOf(frontier: Frontier): Buffer {
  const last = frontier.hashes.at(-1);
  if (last === undefined) return EMPTY_ROOT;
  return frontier.hashes.slice(0, -1).reduceRight((right, left) => nodeHash(left, right), last);
}

/** True when the number of hashes fits the size; a stored frontier is checked with it before use. */
export function isFrontier(frontier: Frontier): boolean {
  let ones = 0;
  for (let rest = frontier.size; rest > 0; rest = Math.floor(rest / 2)) ones += rest % 2;
  return Number.isSafeInteger(frontier.size) && frontier.size >= 0 && frontier.hashes.length === ones && frontier.hashes.every((hash) => hash.length === 32);
}

/** Hashes of a tree that somebody holds: of every leaf at least, and of any wider range besides. */
export type KnownHashes = (range: LeafRange) => Buffer | undefined;

/** The root over a range of leaves as a proof names it; a range that is not known is put together from its two parts. */
export function rangeRoot({ from, to }: LeafRange, known: KnownHashes): Buffer {
  const held = known({ from, to });
  if (held !== undefined) return held;
  if (to - from <= 1) throw new RangeError(`no hash of leaf ${from}`);
  const middle = from + largestPowerBelow(to - from);
  return nodeHash(rangeRoot({ from, to: middle }, known), rangeRoot({ from: middle, to }, known));
}

/** The path that shows leaf `index` in the tree of the first `size` leaves (RFC 9162 §2.1.3.1). */
export const inclusionProof = (known: KnownHashes, index: number, size: number): Buffer[] => inclusionRanges(index, size).map((range) => rangeRoot(range, known));

/** The path that shows the first `from` leaves to be the beginning of the first `to` (RFC 9162 §2.1.4.1). */
export const consistencyProof = (known: KnownHashes, from: number, to: number): Buffer[] => consistencyRanges(from, to).map((range) => rangeRoot(range, known));

/** True when the path leads from the leaf to the root. */
export const verifyInclusion = (claim: InclusionClaim): boolean => follow(inclusionSteps(claim), nodeHash);

/** True when the path shows the one tree to be the beginning of the other. */
export const verifyConsistency = (claim: ConsistencyClaim): boolean => follow(consistencySteps(claim), nodeHash);
