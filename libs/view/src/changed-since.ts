import type { ApprovalArtifact } from '@countersign/contracts';

/** One file as it was in the earlier version and as it is now. */
export interface ChangedFile {
  /** As it is now, with the earlier version for its base. */
  readonly artifact: ApprovalArtifact;
  /** What it is compared with is the earlier version, and not what stands there now. */
  readonly earlier: boolean;
  /** Earlier it was to be changed, now it is left as it is. */
  readonly dropped: boolean;
}

const asBase = ({ deleted, contentUrl, sha256 }: ApprovalArtifact): Pick<ApprovalArtifact, 'baseContentUrl' | 'baseSha256'> => (deleted ? { baseContentUrl: null, baseSha256: null } : { baseContentUrl: contentUrl, baseSha256: sha256 });

/** What differs between two versions of a request, file by file, by content and mode; `same` counts the files that do not. */
export function changedSince(earlier: readonly ApprovalArtifact[], now: readonly ApprovalArtifact[]): { readonly changed: ChangedFile[]; readonly same: number } {
  const before = new Map(earlier.map((file) => [file.path, file]));
  const after = new Set(now.map(({ path }) => path));
  const changed = now.flatMap((file) => {
    const old = before.get(file.path);
    if (old && old.deleted === file.deleted && old.sha256 === file.sha256 && old.mode === file.mode) return [];
    if (old === undefined) return [{ artifact: file, earlier: false, dropped: false }];
    return [{ artifact: { ...file, ...asBase(old) }, earlier: true, dropped: false }];
  });
  // of a file that was to be deleted where nothing stood there is nothing left to say
  const dropped = earlier.filter(({ path, deleted, baseSha256 }) => !after.has(path) && !(deleted && baseSha256 === null)).map((file) => ({
    artifact: { ...file, deleted: file.baseSha256 === null, contentUrl: file.baseContentUrl, sha256: file.baseSha256 ?? '', ...asBase(file) },
    earlier: true,
    dropped: true,
  }));
  return { changed: [...changed, ...dropped].sort((a, b) => (a.artifact.path < b.artifact.path ? -1 : 1)), same: now.length - changed.length };
}
