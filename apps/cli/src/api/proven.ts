import type { ApprovalArtifact, ApprovalDetail, Manifest } from '@countersign/contracts';
import { differenceFrom, shownFiles } from '@countersign/view';
import { createHash } from 'node:crypto';
import { SetupError } from '../../../../scripts/lib/report.mjs';
import type { ApiClient } from './client.js';

/** A file of an approval as it was read once: what is shown is what was hashed. */
export interface ReadFile {
  readonly artifact: ApprovalArtifact;
  readonly after: Buffer;
  readonly before: Buffer;
  /** Whether the bytes, and those that they are compared with, are the ones that the approval names; a deleted file has none. */
  readonly fits: boolean;
  /** Its own bytes are those, and what they are to be compared with is not kept any more. */
  readonly baseGone: boolean;
}
export type ProvenFiles = readonly ReadFile[];

/** Reads the files of an approval and hashes each. */
export async function filesOf(client: ApiClient, approval: ApprovalDetail): Promise<ReadFile[]> {
  const files: ReadFile[] = [];
  for (const artifact of shownFiles(approval)) files.push(await readFile(client, artifact));
  return files;
}

async function readFile(client: ApiClient, artifact: ApprovalArtifact): Promise<ReadFile> {
  const [after, before] = await Promise.all([artifact.contentUrl, artifact.baseContentUrl].map((url) => (url ? client.bytes(url) : Promise.resolve(Buffer.alloc(0)))));
  const [bytes, old] = [after ?? Buffer.alloc(0), before ?? Buffer.alloc(0)];
  const baseFits = (artifact.baseContentUrl === null ? null : hashOf(old)) === artifact.baseSha256;
  const isItself = artifact.deleted || (bytes.length === artifact.size && hashOf(bytes) === artifact.sha256);
  return { artifact, after: bytes, before: old, fits: baseFits && isItself, baseGone: isItself && artifact.baseContentUrl === null && artifact.baseSha256 !== null };
}

/**
 * What is approved is a hash. This terminal makes it itself from the manifest's bytes, finds in the manifest all that it shows, and
 * hashes every file that the manifest names; it takes the server's word for none of it. Rejects at the first difference.
 * Resolves with the digest to be approved and the files as they were hashed.
 */
export async function proven(client: ApiClient, approval: ApprovalDetail): Promise<{ readonly digest: string; readonly files: ProvenFiles }> {
  const bytes = await client.manifest(approval.id);
  const digest = hashOf(bytes);
  if (digest !== approval.digest) throw differs(`the digest that is shown (${approval.digest})`);
  const difference = await differenceFrom(approval, JSON.parse(bytes.toString('utf8')) as Manifest);
  if (difference !== undefined) throw differs(difference);
  const files = await filesOf(client, approval);
  const strange = files.find(({ fits }) => !fits);
  if (strange) throw differs(strange.artifact.path);
  return { digest, files };
}

const hashOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

const differs = (what: string): SetupError => new SetupError(`what is shown is not what would be approved: ${what} differs`, { hint: 'do not approve; tell the operator' });
