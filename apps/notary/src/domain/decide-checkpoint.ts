/** The compact range of an RFC 6962 tree: one hash per perfect subtree, widest first. */
export interface Frontier {
  readonly size: number;
  readonly hashes: readonly Buffer[];
}

/** The last head the notary claimed for a chain, with what is needed to go on from it. */
export interface Head {
  readonly size: number;
  readonly root: Buffer;
  readonly frontier: Frontier;
  /** Hash and time of the last entry under it. */
  readonly lastHash: Buffer;
  readonly lastAtMs: number;
  readonly claimedAtMs: number;
}

/** The hashed parts of a stored entry, and the hash stored with it. */
export interface ChainEntry {
  readonly teamId: string;
  readonly seq: number;
  readonly atMs: number;
  readonly prevHash: Buffer;
  readonly payloadHash: Buffer;
  readonly entryHash: Buffer;
}

/** The hashing of the chain's format; it is pure, and comes in so that the rule stays free of it. */
export interface Hashing {
  entryHash(entry: ChainEntry): Buffer;
  append(frontier: Frontier, leaves: Iterable<Buffer>): Frontier;
  rootOf(frontier: Frontier): Buffer;
}

/** Why no more heads are signed for a chain. Whatever it is, its history is not the one that was signed or cannot be trusted to be. */
export type Refusal =
  | { readonly reason: 'history_rewritten'; readonly seq: number; readonly what: 'shorter' | 'gap' | 'link' | 'hash' | 'time' | 'root' }
  | { readonly reason: 'head_store_behind'; readonly seq: number; readonly what: 'signed_elsewhere' };

export type CheckpointDecision =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'advance'; readonly head: Head }
  | ({ readonly kind: 'refuse' } & Refusal);

/** What the database says about a chain: how many entries it has, and the largest head signed so far. */
export interface StoredChain {
  readonly size: number;
  readonly signedSize: number;
}

/**
 * The next head of a chain, or why there is none.
 *
 * `entries` are those after the head in order of seq, all or the first of them. A head is only ever advanced over entries
 * that continue it: number, link, hash and time are checked for each.
 */
export function decideCheckpoint(head: Head, stored: StoredChain, entries: readonly ChainEntry[], nowMs: number, hashing: Hashing): CheckpointDecision {
  if (stored.size < head.size) return { kind: 'refuse', reason: 'history_rewritten', seq: stored.size, what: 'shorter' };
  if (stored.signedSize > head.size) return { kind: 'refuse', reason: 'head_store_behind', seq: head.size, what: 'signed_elsewhere' };
  if (entries.length === 0) return stored.size > head.size ? { kind: 'refuse', reason: 'history_rewritten', seq: head.size, what: 'gap' } : { kind: 'nothing' };
  const fault = firstFault(head, entries, hashing);
  if (fault !== undefined) return { kind: 'refuse', reason: 'history_rewritten', ...fault };
  return { kind: 'advance', head: extend(head, entries, nowMs, hashing) };
}

/** Whether a chain read anew from its first entry (`walked`) gives the head that was claimed for it. */
export function decideRecheck(claimed: Head, walked: Head): CheckpointDecision {
  const same = walked.size === claimed.size && walked.root.equals(claimed.root) && walked.lastHash.equals(claimed.lastHash);
  return same ? { kind: 'nothing' } : { kind: 'refuse', reason: 'history_rewritten', seq: 0, what: 'root' };
}

/** The head of a chain of which nothing has been signed. */
export function emptyHead(hashing: Hashing): Head {
  const frontier = { size: 0, hashes: [] };
  return { size: 0, root: hashing.rootOf(frontier), frontier, lastHash: Buffer.alloc(32), lastAtMs: 0, claimedAtMs: 0 };
}

function extend(head: Head, entries: readonly ChainEntry[], nowMs: number, hashing: Hashing): Head {
  const frontier = hashing.append(head.frontier, entries.map(({ entryHash }) => entryHash));
  const last = entries.at(-1)!;
  return { size: frontier.size, root: hashing.rootOf(frontier), frontier, lastHash: last.entryHash, lastAtMs: last.atMs, claimedAtMs: nowMs };
}

function firstFault(head: Head, entries: readonly ChainEntry[], hashing: Hashing): Pick<Extract<Refusal, { reason: 'history_rewritten' }>, 'seq' | 'what'> | undefined {
  let seq = head.size;
  let { lastHash, lastAtMs } = head;
  for (const entry of entries) {
    if (entry.seq !== seq) return { seq, what: 'gap' };
    if (!entry.prevHash.equals(lastHash)) return { seq, what: 'link' };
    if (!hashing.entryHash(entry).equals(entry.entryHash)) return { seq, what: 'hash' };
    if (entry.atMs < lastAtMs) return { seq, what: 'time' };
    ({ entryHash: lastHash, atMs: lastAtMs } = entry);
    seq += 1;
  }
  return undefined;
}
