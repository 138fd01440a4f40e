import { createHash } from 'node:crypto';
import { plainPath } from './capability/paths.js';

/** What a worker hands in for one path; the last put of a path counts. */
export interface PutFile {
  readonly path: string;
  readonly mediaType: string;
  /** null: the file is to go. */
  readonly content: Buffer | null;
  readonly sha256: string;
}

export interface ArtifactLimits {
  readonly maxFiles: number;
  readonly maxFileBytes: number;
  readonly maxTotalBytes: number;
}
export const ARTIFACT_LIMITS: ArtifactLimits = { maxFiles: 500, maxFileBytes: 10 * 1024 * 1024, maxTotalBytes: 50 * 1024 * 1024 };

export type PutOutcome = { readonly ok: true; readonly files: ReadonlyMap<string, PutFile>; readonly file: PutFile } | { readonly ok: false; readonly code: 'path_refused' | 'path_in_the_way' | 'too_large' | 'too_many' | 'content_missing'; readonly message: string };

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

/** A path in its normal form inside the repository: no way up, no `.git`, no control characters, at most 400 characters. */
export const isArtifactPath = (path: string): boolean => path !== '.' && plainPath(path) === path;

/** Adds one put to what was put before; nothing is kept when it is refused. */
export function putFile(files: ReadonlyMap<string, PutFile>, put: { path: string; mediaType?: string; text?: string; contentBase64?: string; deleted?: boolean }, limits: ArtifactLimits = ARTIFACT_LIMITS): PutOutcome {
  if (!isArtifactPath(put.path)) return { ok: false, code: 'path_refused', message: 'the path must be relative, inside the repository and outside .git' };
  const content = contentOf(put);
  if (content === undefined) return { ok: false, code: 'content_missing', message: 'give exactly one of text, contentBase64, deleted' };
  if ((content?.length ?? 0) > limits.maxFileBytes) return { ok: false, code: 'too_large', message: `a file may have at most ${limits.maxFileBytes} bytes` };
  const file: PutFile = { path: put.path, mediaType: put.mediaType ?? 'text/plain', content, sha256: sha256(content ?? Buffer.alloc(0)) };
  const next = new Map(files).set(file.path, file);
  if (next.size > limits.maxFiles) return { ok: false, code: 'too_many', message: `a draft may have at most ${limits.maxFiles} files` };
  const total = [...next.values()].reduce((sum, { content: bytes }) => sum + (bytes?.length ?? 0), 0);
  if (total > limits.maxTotalBytes) return { ok: false, code: 'too_large', message: `a draft may have at most ${limits.maxTotalBytes} bytes` };
  return { ok: true, files: next, file };
}

function contentOf({ text, contentBase64, deleted }: { text?: string; contentBase64?: string; deleted?: boolean }): Buffer | null | undefined {
  if ([text !== undefined, contentBase64 !== undefined, deleted === true].filter(Boolean).length !== 1) return undefined;
  if (deleted) return null;
  return text !== undefined ? Buffer.from(text, 'utf8') : Buffer.from(contentBase64!, 'base64');
}
