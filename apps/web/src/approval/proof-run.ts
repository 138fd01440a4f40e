import type { ApprovalArtifact, ApprovalDetail, Manifest } from '@countersign/contracts';
import { digestWords } from '@countersign/contracts/digest-words';
import { canHash, differenceFrom, sha256Hex, shownFiles, shownOf, type Proof } from '@countersign/view';
import type { QueryClient } from '@tanstack/react-query';
import { ApiProblem, mayPass, Unreachable } from '../api/http.js';
import { manifestQuery, OtherBytes, provenBytesQuery } from '../api/queries.js';

export type FileProof = 'matches' | 'differs' | 'unreadable';
export interface Progress {
  readonly proof: Proof;
  /** By artifact id, as far as they are checked. */
  readonly files: Readonly<Record<string, FileProof>>;
  /** The digest that this device computed, as words. */
  readonly words: string | undefined;
  /** Something could not be read, and may be in a while. */
  readonly mayPass: boolean;
}

const AT_ONCE = 4;
/** So many requests stay proven while one goes from one to the next. */
const MOST_KEPT = 20;
/** Whoever only turns to another part of the page is back within it. */
const LEFT_MS = 1_000;

/**
 * Hashes on this device what a person is about to countersign: the manifest, whose digest is what gets approved; that
 * everything on the screen stands in it; and every file it names, with what that is compared with. It begins before the screen is drawn, and ends when nobody looks any more.
 */
export class ProofRun {
  private progress: Progress = { proof: { state: 'checking', checked: 0, of: 0 }, files: {}, words: undefined, mayPass: false };
  private readonly listeners = new Set<() => void>();
  private over = false;
  private readonly client: QueryClient;
  private readonly approval: ApprovalDetail;
  private readonly left: (run: ProofRun) => void;

  constructor(client: QueryClient, approval: ApprovalDetail, left: (run: ProofRun) => void) {
    [this.client, this.approval, this.left] = [client, approval, left];
    this.prove().catch((error: unknown) => this.report({ proof: { state: 'unreadable', why: whyNot(error) }, mayPass: error instanceof Unreachable || mayPass(error) }));
  }

  readonly current = (): Progress => this.progress;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => {
      this.listeners.delete(listener);
      setTimeout(() => this.leave(), LEFT_MS);
    };
  };

  /** Whether the bytes that it speaks of are still there. What has to be fetched again has to be proven again. */
  holds(): boolean {
    const isThere = ({ url, sha256 }: Side): boolean => url !== null && this.client.getQueryData(provenBytesQuery(url, sha256).queryKey) !== undefined;
    return this.progress.proof.state !== 'matches' || shownFiles(this.approval).flatMap(sidesOf).every(isThere);
  }

  private leave(): void {
    if (this.listeners.size > 0 || this.progress.proof.state === 'matches') return;
    this.over = true;
    this.left(this);
  }

  private report(change: Partial<Progress>): void {
    this.progress = { ...this.progress, ...change };
    for (const listener of this.listeners) listener();
  }

  private async prove(): Promise<void> {
    if (!canHash()) throw new Error('this address is not secure, so the browser offers no hashing');
    const { approval, client } = this;
    const manifest = manifestQuery(approval.id);
    const bytes = await client.fetchQuery(manifest);
    const digest = await sha256Hex(bytes);
    if (digest !== approval.digest) {
      client.removeQueries({ queryKey: manifest.queryKey, exact: true }); // whoever looks again gets what the server has then
      return this.differs('the digest');
    }
    const difference = await differenceFrom(approval, JSON.parse(new TextDecoder().decode(bytes)) as Manifest);
    if (difference !== undefined) return this.differs(difference);
    this.report({ words: digestWords(digest) });
    const wrong = await this.proveFiles(shownFiles(approval));
    if (wrong !== undefined) return this.differs(wrong.path);
    if (!this.over) this.report({ proof: { state: 'matches', of: approval.artifacts.length } });
  }

  private differs(what: string): void {
    this.report({ proof: { state: 'differs', what } });
  }

  /** Resolves with the first file that is not what the manifest names; rejects when one cannot be read. */
  private async proveFiles(files: readonly ApprovalArtifact[]): Promise<ApprovalArtifact | undefined> {
    const wrong: ApprovalArtifact[] = [];
    const failed: unknown[] = [];
    const waiting = [...files];
    let checked = 0;
    this.report({ proof: { state: 'checking', checked, of: files.length } });
    const worker = async (): Promise<void> => {
      for (let file = waiting.shift(); file !== undefined && !this.over; file = waiting.shift()) {
        const { id } = file;
        const outcome = await this.proveFile(file).catch((error: unknown) => {
          failed.push(error);
          return 'unreadable' as const;
        });
        if (outcome === 'differs') wrong.push(file);
        checked += 1;
        this.report({ files: { ...this.progress.files, [id]: outcome }, proof: { state: 'checking', checked, of: files.length } });
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    if (wrong.length === 0 && failed.length > 0) throw failed[0];
    return wrong[0];
  }

  private async proveFile(file: ApprovalArtifact): Promise<FileProof> {
    const proofs = await Promise.all(sidesOf(file).map((side) => this.proveSide(side)));
    return proofs.find((proof) => proof !== 'matches') ?? 'matches';
  }

  private async proveSide({ what, url, sha256, size }: Side): Promise<FileProof> {
    if (url === null) throw new Error(`${what} not kept any more`);
    try {
      const bytes = await this.client.fetchQuery(provenBytesQuery(url, sha256));
      return size === undefined || bytes.length === size ? 'matches' : 'differs';
    } catch (error) {
      if (error instanceof OtherBytes) return 'differs';
      throw error;
    }
  }
}

/** Bytes that are shown of a file, and what the manifest says of them. */
interface Side {
  readonly what: string;
  /** Null where they are gone. */
  readonly url: string | null;
  readonly sha256: string;
  readonly size?: number;
}

/** The file itself, and what it is compared with. A deleted file has no bytes: that it is to be deleted stands in the manifest. */
const sidesOf = ({ path, deleted, contentUrl, sha256, size, baseContentUrl, baseSha256 }: ApprovalArtifact): Side[] => [
  ...(deleted ? [] : [{ what: `the bytes of ${path} are`, url: contentUrl, sha256, size }]),
  ...(baseSha256 === null && baseContentUrl === null ? [] : [{ what: `what stood at ${path} is`, url: baseContentUrl, sha256: baseSha256 ?? '' }]),
];

const runs = new Map<string, ProofRun>();

/** By everything that is compared: an answer of the server that says something else is proven anew. */
export const proofName = (approval: ApprovalDetail): string => JSON.stringify(shownOf(approval));

/** The proof of what is shown of a request, begun once for the bytes that are there. */
export function proofOf(client: QueryClient, approval: ApprovalDetail): ProofRun {
  const name = proofName(approval);
  const known = runs.get(name);
  const run = known?.holds() ? known : new ProofRun(client, approval, (ended) => void (runs.get(name) === ended && runs.delete(name)));
  runs.delete(name);
  runs.set(name, run);
  for (const oldest of [...runs.keys()].slice(0, -MOST_KEPT)) runs.delete(oldest);
  return run;
}

export const forgetProof = (approval: ApprovalDetail): boolean => runs.delete(proofName(approval));

function whyNot(error: unknown): string {
  if (error instanceof Unreachable) return 'there is no connection';
  if (error instanceof ApiProblem) return error.message;
  return error instanceof Error ? error.message : 'something failed';
}
