import { append, entryHash, noteSigner, originOf, rootOf, signCheckpoint, vkeyOf, type NoteSigner } from '@countersign/audit';
import type { Health, Logger } from '@countersign/service';

import type { HeadChange, HeadStore } from './adapters/head-store/head-store.js';
import type { SigningKey } from './adapters/key-store/key-store.js';
import type { ChainStore } from './adapters/postgres/chain-store.js';
import { decideCheckpoint, decideRecheck, emptyHead, type CheckpointDecision, type Hashing, type Head, type Refusal, type StoredChain } from './domain/decide-checkpoint.js';

export interface NotaryParts {
  readonly chains: ChainStore;
  readonly heads: HeadStore;
  readonly key: SigningKey;
  readonly health: Pick<Health, 'report'>;
  readonly log: Pick<Logger, 'info' | 'warn' | 'fatal'>;
  readonly nowMs?: () => number;
  /** Called between the steps of a round; a test stops the process there. */
  readonly onStep?: (step: 'claimed' | 'signed' | 'published') => void;
}

/** What a caller who wants a signed head gets. */
export type CheckpointOutcome =
  | { readonly ok: true; readonly size: number; readonly note: string; readonly vkey: string }
  | { readonly ok: false; readonly code: Refusal['reason'] | 'no_entries'; /** Where the history is not the one that was signed. */ readonly seq?: number };

/** Entries read at a time; a longer backlog takes several rounds. */
const BATCH = 4_096;
/** Chains worked on at once: as many as leave the pool a connection for the others. */
const AT_ONCE = 4;

const hashing: Hashing = { entryHash, append, rootOf };
const EMPTY = emptyHead(hashing);

/**
 * Signs the heads of all chains, each only after the last one on record, and never two that differ.
 *
 * A round reads what is new, claims the next heads in the head store, and only when they are on disk there signs and
 * publishes them. A crash between any two of these steps leaves a claim that the next start finishes.
 */
export class Notary {
  private readonly claimed = new Map<string, Head>();
  private readonly refused = new Map<string, Refusal>();
  private readonly patrolled = new Set<string>();
  private turn: Promise<unknown> = Promise.resolve();

  constructor(private readonly parts: NotaryParts) {}

  /** Reads the record and compares every claimed head with the database. Until then nothing is signed. */
  async start(): Promise<void> {
    for (const [teamId, head] of this.parts.heads.all()) this.claimed.set(teamId, head);
    await this.serially(async () => {
      const stored = await this.parts.chains.chains();
      await inGroups([...this.claimed.keys()], (teamId) => this.recheck(teamId, stored.get(teamId)));
    });
    this.parts.log.info({ chains: this.claimed.size, refused: this.refused.size, env: this.parts.key.env }, 'heads compared');
  }

  /** One round over all chains. Resolves with true when some have more entries than one round takes. */
  round(): Promise<boolean> {
    return this.serially(() => this.work());
  }

  /** A signed head over everything that was committed when it was asked for. */
  checkpoint(teamId: string): Promise<CheckpointOutcome> {
    return this.serially(async () => {
      while (await this.work(teamId)) continue;
      const refusal = this.refused.get(teamId);
      if (refusal !== undefined) return { ok: false, code: refusal.reason, seq: refusal.seq };
      const head = this.claimed.get(teamId);
      return head === undefined ? { ok: false, code: 'no_entries' } : { ok: true, size: head.size, note: this.sign(teamId, head), vkey: vkeyOf(this.signer(teamId)) };
    });
  }

  /**
   * Reads one whole chain anew, another one each time: what was changed under a head is noticed while running, too. It reads
   * beside the turns, as a claimed head stays what it is; only a refusal takes one. Rejects when `stopping` is aborted.
   */
  async patrol(stopping?: AbortSignal): Promise<void> {
    const next = [...this.claimed.keys()].find((teamId) => !this.patrolled.has(teamId) && !this.refused.has(teamId));
    if (next === undefined) return this.patrolled.clear();
    this.patrolled.add(next);
    const claimed = this.claimed.get(next)!; // before the chain: that is then at least as long
    const decision = await this.compare(next, claimed, (await this.parts.chains.chains(next)).get(next), stopping);
    if (decision.kind !== 'refuse') return;
    await this.serially(() => Promise.resolve(this.refused.has(next) || this.refuse(next, decision)));
  }

  private async work(only?: string): Promise<boolean> {
    const stored = await this.parts.chains.chains(only);
    const due = (only === undefined ? new Set([...stored.keys(), ...this.claimed.keys()]) : [only]) as Iterable<string>;
    const open = [...due].map((teamId) => ({ teamId, chain: stored.get(teamId) ?? { size: 0, signedSize: 0 } })).filter((one) => this.isDue(one.teamId, one.chain));
    const decided = await inGroups(open, async ({ teamId, chain }) => ({ teamId, chain, decision: await this.decide(teamId, chain) }));
    for (const { teamId, decision } of decided) if (decision.kind === 'refuse') this.refuse(teamId, decision);
    this.claim(decided.flatMap(({ teamId, decision }) => (decision.kind === 'advance' ? [{ teamId, from: this.claimed.get(teamId), to: decision.head }] : [])));
    await inGroups(decided.filter(({ decision }) => decision.kind !== 'refuse'), ({ teamId }) => this.publish(teamId));
    return decided.some(({ teamId, chain, decision }) => decision.kind === 'advance' && chain.size > this.claimed.get(teamId)!.size);
  }

  /** Something to sign, or something wrong: either way the chain is looked at. */
  private isDue(teamId: string, { size, signedSize }: StoredChain): boolean {
    const claimed = this.claimed.get(teamId)?.size ?? 0;
    return !this.refused.has(teamId) && (size !== claimed || signedSize !== claimed);
  }

  private async decide(teamId: string, stored: StoredChain): Promise<CheckpointDecision> {
    const head = this.claimed.get(teamId) ?? EMPTY;
    const entries = stored.size > head.size ? await this.parts.chains.entries(teamId, head.size, stored.size, BATCH) : [];
    return decideCheckpoint(head, stored, entries, this.nowMs(), hashing);
  }

  private claim(changes: readonly HeadChange[]): void {
    this.parts.heads.swap(changes);
    for (const { teamId, to } of changes) this.claimed.set(teamId, to);
    if (changes.length > 0) this.parts.onStep?.('claimed');
  }

  private async publish(teamId: string): Promise<void> {
    const head = this.claimed.get(teamId)!;
    const note = this.sign(teamId, head);
    this.parts.onStep?.('signed');
    const stored = await this.parts.chains.publish(teamId, { size: head.size, root: head.root, note });
    if (!stored) this.refuse(teamId, { reason: 'head_store_behind', seq: head.size, what: 'signed_elsewhere' });
    this.parts.onStep?.('published');
  }

  private async recheck(teamId: string, stored: StoredChain | undefined): Promise<void> {
    const decision = await this.compare(teamId, this.claimed.get(teamId)!, stored);
    if (decision.kind === 'refuse') this.refuse(teamId, decision);
  }

  private async compare(teamId: string, claimed: Head, stored: StoredChain = { size: 0, signedSize: 0 }, stopping?: AbortSignal): Promise<CheckpointDecision> {
    return stored.size < claimed.size ? decideCheckpoint(claimed, stored, [], this.nowMs(), hashing) : this.walk(teamId, claimed, stopping);
  }

  /** Reads the entries under a claimed head from the first one on. */
  private async walk(teamId: string, claimed: Head, stopping?: AbortSignal): Promise<CheckpointDecision> {
    let walked = EMPTY;
    while (walked.size < claimed.size) {
      stopping?.throwIfAborted();
      const entries = await this.parts.chains.entries(teamId, walked.size, claimed.size, BATCH);
      const decision = decideCheckpoint(walked, { size: claimed.size, signedSize: 0 }, entries, this.nowMs(), hashing);
      if (decision.kind !== 'advance') return decision;
      walked = decision.head;
    }
    return decideRecheck(claimed, walked);
  }

  /** No more heads for this chain until a person has looked and started the notary again; the others go on. */
  private refuse(teamId: string, refusal: Refusal): void {
    this.refused.set(teamId, refusal);
    this.parts.health.report(`chain ${teamId}`, `${refusal.reason}: ${refusal.what} at seq ${refusal.seq}`);
    this.parts.log.fatal({ sev: 1, teamId, reason: refusal.reason, what: refusal.what, seq: refusal.seq }, 'no more heads are signed for this chain');
  }

  private sign(teamId: string, head: Head): string {
    return signCheckpoint(head, this.signer(teamId));
  }

  private signer(teamId: string): NoteSigner {
    return noteSigner(originOf(this.parts.key.env, teamId), this.parts.key.privateKey);
  }

  private nowMs(): number {
    return (this.parts.nowMs ?? Date.now)();
  }

  /** Rounds and requests take turns: each starts from the heads the one before has claimed. */
  private serially<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.turn.then(work);
    this.turn = mine.catch(() => undefined);
    return mine;
  }
}

async function inGroups<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (let at = 0; at < items.length; at += AT_ONCE) results.push(...(await Promise.all(items.slice(at, at + AT_ONCE).map(work))));
  return results;
}
