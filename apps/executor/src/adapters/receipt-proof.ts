import { consistencyRanges, entryHash, inclusionRanges, sha256, verifyConsistency, verifyInclusion, type ExportEntry, type LeafRange, type TreeHead } from '@countersign/audit';

/** What a decision's entry must be about. */
export interface DecidedOn {
  readonly id: string;
  readonly digest: string;
}

/** The entry that says that an approval was granted; the yeses before it, and one that was held, have entries of their own. */
const GRANTED = 'MOBILE-APPROVAL-GRANTED';

/** Whether these entries say of exactly this approval and these bytes what people decided, the last that it is granted. */
export function saysGranted(entries: readonly ExportEntry[], { id, digest }: DecidedOn): boolean {
  const said = entries.map(readEntry);
  return said.every((entry) => entry?.body['approval_id'] === id && entry.body['digest'] === digest) && said.some((entry) => entry?.action === GRANTED);
}

function readEntry({ payload, payloadHash }: ExportEntry): { readonly action: unknown; readonly body: Readonly<Record<string, unknown>> } | undefined {
  if (payload === null || !sha256(payload).equals(payloadHash)) return undefined;
  const { action, body } = JSON.parse(payload.toString('utf8')) as { action?: unknown; body?: Readonly<Record<string, unknown>> };
  return { action, body: body ?? {} };
}

/** The ranges whose roots show that the entries stand under a head, and that its history begins with an earlier one. */
export const rangesOf = (entries: readonly ExportEntry[], earlier: TreeHead, head: TreeHead): LeafRange[] => [
  ...(earlier.size === 0 ? [] : consistencyRanges(earlier.size, head.size)),
  ...entries.flatMap(({ seq }) => inclusionRanges(seq, head.size)),
];

/** Whether they do, by the roots of those ranges. */
export function standsUnder(entries: readonly ExportEntry[], earlier: TreeHead, head: TreeHead, roots: readonly Buffer[]): boolean {
  const start = earlier.size === 0 ? 0 : consistencyRanges(earlier.size, head.size).length;
  if (earlier.size > 0 && !verifyConsistency({ from: earlier, to: head, path: roots.slice(0, start) })) return false;
  let at = start;
  return entries.every((entry) => {
    const path = roots.slice(at, (at += inclusionRanges(entry.seq, head.size).length));
    return verifyInclusion({ leaf: entryHash(entry), index: entry.seq, ...head, path });
  });
}
