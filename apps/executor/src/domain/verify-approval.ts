import { readOrder, type Order, type OrderedFile } from './order.js';
import { refuse, type Refusal, type Refused } from './refusal.js';
import { verifySignatures, type Decided, type Witness } from './verify-signature.js';

/** An approval and the bytes behind it, as they are stored now. */
export interface ApprovalFacts {
  readonly id: string;
  /** The team's. */
  readonly customerId: string;
  readonly teamId: string;
  readonly goalId: string;
  readonly deliverableId: string;
  readonly state: string;
  readonly epoch: number;
  readonly digest: string;
  /** People's "approve" decisions. */
  readonly decided: readonly Decided[];
  readonly manifest: Uint8Array;
  readonly expired: boolean;
  readonly team: { readonly state: string; readonly epoch: number };
  readonly artifacts: readonly StoredArtifact[];
}

export interface StoredArtifact {
  readonly id: string;
  readonly path: string;
  readonly mode: string;
  readonly deleted: boolean;
  /** Null when the content was erased. */
  readonly content: Uint8Array | null;
}

/** An order whose every byte is the one a person countersigned. */
export interface VerifiedOrder extends Order {
  readonly digest: string;
  readonly bytes: ReadonlyMap<string, Uint8Array>;
  /** Which yeses it stands on. */
  readonly yeses: readonly string[];
}
export type Verified = { readonly ok: true; readonly order: VerifiedOrder } | Refused;

/** Lower-case hex. */
export type Sha256 = (bytes: Uint8Array) => string;

/**
 * Says whether an approval may be carried out now, and with which bytes (P5). The database checks state, epoch and expiry
 * once more when the approval is used; this finds what it cannot: bytes that are no longer those that were shown, and a yes that
 * no key of the approver's signed.
 */
export function verifyApproval(approval: ApprovalFacts, witness: Witness, sha256: Sha256): Verified {
  const ended = endedBy(approval);
  return ended ? refuse(ended) : verifyBytes(approval, witness, sha256);
}

/** Why nothing of it is begun, by what its rows say of it; the bytes and the signatures aside. */
export function endedBy({ team, epoch, state, expired }: Pick<ApprovalFacts, 'team' | 'epoch' | 'state' | 'expired'>): Refusal | undefined {
  if (isStale({ team, epoch })) return 'stale_epoch';
  if (state !== 'approved') return 'approval_not_granted';
  return expired ? 'approval_expired' : undefined;
}

/** Its team was stopped since it asked. */
const isStale = ({ team, epoch }: Pick<ApprovalFacts, 'team' | 'epoch'>): boolean => team.state !== 'active' || team.epoch !== epoch;

/** What a person countersigned, whatever became of the files since: the manifest is the one that was decided about, this approval's, and signed for. */
export function readCountersigned(approval: ApprovalFacts, witness: Witness, sha256: Sha256): { readonly ok: true; readonly order: Order; readonly yeses: readonly string[] } | Refused {
  const found = sha256(approval.manifest);
  if (found !== approval.digest) return refuse('digest_mismatch', found);
  const decided = approval.decided.filter(({ digest }) => digest === approval.digest);
  if (decided.length === 0) return refuse('approval_not_granted');
  const read = readOrder(approval.manifest);
  if (!read.ok) return read;
  const { order } = read;
  const same = order.approvalId === approval.id && (['customerId', 'teamId', 'goalId', 'deliverableId'] as const).every((name) => order[name] === approval[name]);
  if (!same) return refuse('digest_mismatch');
  const signed = verifySignatures(order, approval.digest, decided, witness);
  return signed.ok ? { ok: true, order, yeses: signed.yeses } : signed;
}

/** The part of the check that stays true after the approval was used: the order that was countersigned, and every file of it. */
export function verifyBytes(approval: ApprovalFacts, witness: Witness, sha256: Sha256): Verified {
  const read = readCountersigned(approval, witness, sha256);
  if (!read.ok) return read;
  const { order, yeses } = read;
  const bytes = new Map<string, Uint8Array>();
  for (const file of order.files) {
    const stored = approval.artifacts.find(({ id }) => id === file.id);
    const mismatch = mismatchOf(file, stored, sha256);
    if (mismatch) return mismatch;
    bytes.set(file.path, stored?.content ?? new Uint8Array());
  }
  return { ok: true, order: { ...order, digest: approval.digest, bytes, yeses } };
}

function mismatchOf(file: OrderedFile, stored: StoredArtifact | undefined, sha256: Sha256): Refused | undefined {
  if (!stored || stored.path !== file.path || stored.mode !== file.mode || stored.deleted !== file.deleted) return refuse('digest_mismatch');
  const content = stored.content ?? (file.deleted ? new Uint8Array() : null);
  if (content === null) return refuse('digest_mismatch');
  const found = sha256(content);
  return found === file.sha256 && content.length === file.size ? undefined : refuse('digest_mismatch', found);
}
