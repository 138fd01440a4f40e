import type { ApprovalArtifact } from '@countersign/contracts';

/** One file as it was in the earlier version and as it is now. */
export interface ChangedFile {
  /** As it is now, with the earlier version for its base. */
  readonly artifact: ApprovalArtifact;
  /** What the earlier bytes must hash to; undefined where they are no artifact's. */
  readonly baseSha256: string | undefined;
  /** Earlier it was to be changed, now it is left as it is. */
  readonly dropped: boolean;
}

/** What differs between two versions of a request, file by file, by content; `same` counts the files that do not. */
export function changedSince(earlier: readonly ApprovalArtifact[], now: readonly ApprovalArtifact[]): { readonly changed: ChangedFile[]; readonly same: number } {
  const before = new Map(earlier.map((file) => [file.path, file]));
  const after = new Set(now.map(({ path }) => path));
  const changed = now.flatMap((file) => {
    const old = before.get(file.path);
    if (old && old.deleted === file.deleted && old.sha256 === file.sha256) return [];
    if (old === undefined) return [{ artifact: file, baseSha256: undefined, dropped: false }];
    return [{ artifact: { ...file, baseContentUrl: old.deleted ? null : old.contentUrl }, baseSha256: old.deleted ? undefined : old.sha256, dropped: false }];
  });
  const dropped = earlier.filter(({ path }) => !after.has(path)).map((file) => ({
    artifact: { ...file, deleted: file.baseContentUrl === null, contentUrl: file.baseContentUrl, baseContentUrl: file.deleted ? null : file.contentUrl },
    baseSha256: file.deleted ? undefined : file.sha256,
    dropped: true,
  }));
  return { changed: [...changed, ...dropped].sort((a, b) => (a.artifact.path < b.artifact.path ? -1 : 1)), same: now.length - changed.length };
}
