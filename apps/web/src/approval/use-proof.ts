import type { ApprovalArtifact, ApprovalDetail, Manifest } from '@countersign/contracts';
import { digestWords } from '@countersign/contracts/digest-words';
import { canHash, differenceFrom, sha256Hex, type Proof } from '@countersign/view';
import { useQueryClient, type QueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { ApiProblem, getBytes, Unreachable } from '../api/http.js';
import { bytesQuery } from '../api/queries.js';

export type FileProof = 'matches' | 'differs' | 'unreadable';
export interface Proven {
  readonly proof: Proof;
  /** By artifact id, as far as they are checked. */
  readonly files: Readonly<Record<string, FileProof>>;
  /** The digest that this device computed, as words. */
  readonly words: string | undefined;
  /** Starts again, after something could not be read. */
  readonly again: () => void;
}
type Progress = Omit<Proven, 'again'>;

const AT_ONCE = 4;
const BEGUN: Progress = { proof: { state: 'checking', checked: 0, of: 0 }, files: {}, words: undefined };

/**
 * Hashes on this device what a person is about to countersign: the manifest, whose digest is what gets approved; that
 * everything on the screen stands in it; and every file it names.
 */
export function useProof(approval: ApprovalDetail, wanted: boolean): Proven {
  const client = useQueryClient();
  const [progress, setProgress] = useState(BEGUN);
  const [round, setRound] = useState(0);
  const { id, digest } = approval;
  useEffect(() => {
    if (!wanted) return;
    const stopped = new AbortController();
    const report = (change: (before: Progress) => Progress): void => {
      if (!stopped.signal.aborted) setProgress(change);
    };
    report(() => BEGUN);
    prove(client, approval, report, stopped.signal).catch((error: unknown) => {
      if (!stopped.signal.aborted) report((before) => ({ ...before, proof: { state: 'unreadable', why: whyNot(error) } }));
    });
    return () => stopped.abort();
    // The manifest of a request never changes: what has its id and digest is proven once.
  }, [client, id, digest, wanted, round]);
  return { ...progress, again: () => setRound((before) => before + 1) };
}

type Report = (change: (before: Progress) => Progress) => void;

async function prove(client: QueryClient, approval: ApprovalDetail, report: Report, signal: AbortSignal): Promise<void> {
  if (!canHash()) throw new Error('this address is not secure, so the browser offers no hashing');
  const bytes = await getBytes(`/v1/approvals/${approval.id}/manifest`, signal);
  const digest = await sha256Hex(bytes);
  const differs = (what: string): void => report((before) => ({ ...before, proof: { state: 'differs', what } }));
  if (digest !== approval.digest) return differs('the digest');
  const difference = await differenceFrom(approval, JSON.parse(new TextDecoder().decode(bytes)) as Manifest);
  if (difference !== undefined) return differs(difference);
  report((before) => ({ ...before, words: digestWords(digest) }));
  const wrong = await proveFiles(client, approval.artifacts, report, signal);
  if (wrong !== undefined) return differs(wrong.path);
  report((before) => ({ ...before, proof: { state: 'matches', of: approval.artifacts.length } }));
}

/** Resolves with the first file that is not what the manifest names; rejects when one cannot be read. */
async function proveFiles(client: QueryClient, files: readonly ApprovalArtifact[], report: Report, signal: AbortSignal): Promise<ApprovalArtifact | undefined> {
  const wrong: ApprovalArtifact[] = [];
  const failed: unknown[] = [];
  const waiting = [...files];
  let checked = 0;
  report((before) => ({ ...before, proof: { state: 'checking', checked, of: files.length } }));
  const worker = async (): Promise<void> => {
    for (let file = waiting.shift(); file !== undefined && !signal.aborted; file = waiting.shift()) {
      const { id } = file;
      const outcome = await proveFile(client, file).catch((error: unknown) => {
        failed.push(error);
        return 'unreadable' as const;
      });
      if (outcome === 'differs') wrong.push(file);
      checked += 1;
      report((before) => ({ ...before, files: { ...before.files, [id]: outcome }, proof: { state: 'checking', checked, of: files.length } }));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  if (wrong.length === 0 && failed.length > 0) throw failed[0];
  return wrong[0];
}

/** A deleted file has no bytes: that it is to be deleted stands in the manifest. */
async function proveFile(client: QueryClient, { contentUrl, deleted, sha256, size }: ApprovalArtifact): Promise<FileProof> {
  if (deleted) return 'matches';
  if (contentUrl === null) return 'unreadable';
  const bytes = await client.fetchQuery(bytesQuery(contentUrl));
  return bytes.length === size && (await sha256Hex(bytes)) === sha256 ? 'matches' : 'differs';
}

function whyNot(error: unknown): string {
  if (error instanceof Unreachable) return 'there is no connection';
  if (error instanceof ApiProblem) return error.message;
  return error instanceof Error ? error.message : 'something failed';
}
