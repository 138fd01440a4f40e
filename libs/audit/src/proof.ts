/**
 * Proofs about an RFC 6962 tree: which hashes they are made of, and how they are checked (RFC 9162 §2.1.3 and §2.1.4).
 *
 * Nothing is imported, so that a browser can take this file as it stands. Checking is written as steps that ask for one node
 * hash after another: Node answers them at once, a browser's WebCrypto later, and the rule stands here once.
 */

/** 32 bytes. */
export type Hash = Uint8Array;

/** The leaves from `from` up to, not including, `to`; their root is one hash of a proof. */
export interface LeafRange {
  readonly from: number;
  readonly to: number;
}

/** "The leaf at `index` is one of the `size` under `root`." `path` starts at the leaf's sibling. */
export interface InclusionClaim {
  readonly leaf: Hash;
  readonly index: number;
  readonly size: number;
  readonly root: Hash;
  readonly path: readonly Hash[];
}

/** A tree's size and root. */
export interface Head {
  readonly size: number;
  readonly root: Hash;
}

/** "The tree `from` is the beginning of the tree `to`": what it held is there unchanged, in its places. */
export interface ConsistencyClaim {
  readonly from: Head;
  readonly to: Head;
  readonly path: readonly Hash[];
}

/** A check under way: asks for the node over (left, right) and ends with the verdict. */
export type ProofSteps = Generator<readonly [left: Hash, right: Hash], boolean, Hash>;

/** Where the hashes of the proof that leaf `index` is in the tree of `size` leaves come from, in the order of the path. */
export function inclusionRanges(index: number, size: number): LeafRange[] {
  if (!isCount(size) || !isCount(index) || index >= size) throw new RangeError(`no leaf ${index} in a tree of ${size}`);
  const path: LeafRange[] = [];
  for (let [from, to] = [0, size]; to - from > 1; ) {
    const middle = from + largestPowerBelow(to - from);
    path.push(index < middle ? { from: middle, to } : { from, to: middle });
    if (index < middle) to = middle;
    else from = middle;
  }
  return path.reverse();
}

/** Where the hashes of the proof that the tree of `first` leaves is the beginning of that of `size` leaves come from, in the order of the path. */
export function consistencyRanges(first: number, size: number): LeafRange[] {
  if (!isCount(size) || !isCount(first) || first === 0 || first > size) throw new RangeError(`no tree of ${first} leaves to be the beginning of one of ${size}`);
  const path: LeafRange[] = [];
  let [from, to] = [0, size];
  while (first < to) {
    const middle = from + largestPowerBelow(to - from);
    path.push(first <= middle ? { from: middle, to } : { from, to: middle });
    if (first <= middle) to = middle;
    else from = middle;
  }
  if (from > 0) path.push({ from, to }); // left out where it is the whole first tree, whose root the reader has
  return path.reverse();
}

/** RFC 9162 §2.1.3.2. The size is only as sure as the head that it comes with: the two are to be taken from one signed checkpoint. */
export function* inclusionSteps({ leaf, index, size, root, path }: InclusionClaim): ProofSteps {
  if (!isCount(size) || !isCount(index) || index >= size || ![leaf, root, ...path].every(isHash)) return false;
  const place = new Place(index, size - 1);
  let hash = leaf;
  for (const sibling of path) {
    if (place.last === 0) return false;
    hash = place.isRight ? yield [sibling, hash] : yield [hash, sibling];
    place.rise();
  }
  return place.last === 0 && areEqual(hash, root);
}

/** RFC 9162 §2.1.4.2. A tree is consistent with itself by an empty path; nothing is said about the empty tree, which has no beginning to keep. */
export function* consistencySteps({ from, to, path }: ConsistencyClaim): ProofSteps {
  if (!isCount(from.size) || !isCount(to.size) || from.size === 0 || from.size > to.size || ![from.root, to.root, ...path].every(isHash)) return false;
  if (from.size === to.size) return path.length === 0 && areEqual(from.root, to.root);
  const [start, ...rest] = isPowerOfTwo(from.size) ? [from.root, ...path] : path;
  if (start === undefined || path.length === 0) return false;
  const place = new Place(from.size - 1, to.size - 1);
  place.riseWhileOdd();
  let [before, now] = [start, start];
  for (const hash of rest) {
    if (place.last === 0) return false;
    if (place.isRight) [before, now] = [yield [hash, before], yield [hash, now]];
    else now = yield [now, hash];
    place.rise();
  }
  return place.last === 0 && areEqual(before, from.root) && areEqual(now, to.root);
}

/** The verdict of a check whose hashes are there at once. */
export function follow(steps: ProofSteps, node: (left: Hash, right: Hash) => Hash): boolean {
  let step = steps.next();
  while (!step.done) step = steps.next(node(...step.value));
  return step.value;
}

/** The verdict of a check whose hashes take their time: with `webNode` in a browser. */
export async function followLater(steps: ProofSteps, node: (left: Hash, right: Hash) => Promise<Hash> = webNode): Promise<boolean> {
  let step = steps.next();
  while (!step.done) step = steps.next(await node(...step.value));
  return step.value;
}

/** RFC 6962 §2.1 inner node, by WebCrypto; a browser has it in secure contexts only. */
export async function webNode(left: Hash, right: Hash): Promise<Hash> {
  const bytes = new Uint8Array(1 + left.length + right.length);
  bytes[0] = 0x01;
  bytes.set(left, 1);
  bytes.set(right, 1 + left.length);
  return new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
}

/** The largest power of two that is smaller than `count`, where a tree of `count` leaves divides (RFC 6962 §2.1). */
export function largestPowerBelow(count: number): number {
  let power = 1;
  while (power * 2 < count) power *= 2;
  return power;
}

/** A node and the last node of its level, both counted from the left; sizes may pass 2^31, so no bit operators. */
class Place {
  constructor(
    private node: number,
    public last: number,
  ) {}

  /** The next hash of the path stands left of this one: the node is a right child, or the last of its level and carried up. */
  get isRight(): boolean {
    return this.node % 2 === 1 || this.node === this.last;
  }

  /** Up to where the next hash of the path belongs; a last node that has no sibling is carried up unchanged. */
  rise(): void {
    if (this.isRight) while (this.node % 2 === 0 && this.node !== 0) this.up();
    this.up();
  }

  riseWhileOdd(): void {
    while (this.node % 2 === 1) this.up();
  }

  private up(): void {
    this.node = Math.floor(this.node / 2);
    this.last = Math.floor(this.last / 2);
  }
}

const isCount = (value: number): boolean => Number.isSafeInteger(value) && value >= 0;
const isHash = (hash: Hash): boolean => hash.length === 32;
const isPowerOfTwo = (count: number): boolean => count === 1 || largestPowerBelow(count) * 2 === count;
const areEqual = (one: Hash, other: Hash): boolean => one.length === other.length && one.every((byte, at) => byte === other[at]);
