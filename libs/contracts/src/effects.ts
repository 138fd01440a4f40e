import type { ArtifactId, DraftId, TaskId } from './ids.js';

/**
 * What an approved push does, complete: two executors that read it make the same commit id.
 *
 * Stored in `app.deliverable.effect`; the manifest carries it member for member as `effects[].params`.
 */
export interface GitPushEffect {
  readonly kind: 'git.push';
  /** Name of the bare mirror, among those of the team's customer, that holds `base`; a single path segment. */
  readonly mirror: string;
  /** The one the mirror was adopted with. */
  readonly remote: string;
  /** Short name; the ref is `refs/heads/<branch>`. */
  readonly branch: string;
  /** The only parent of the commit. */
  readonly base: string;
  /** Git tree the files must add up to on top of `base`. */
  readonly tree: string;
  readonly commit: GitCommitText;
  /** What the branch must show before the push; null: the branch must not exist. */
  readonly expectedHead: string | null;
}
export interface GitCommitText {
  readonly author: { readonly name: string; readonly email: string };
  /** ISO 8601 UTC, whole seconds. */
  readonly date: string;
  readonly message: string;
}

/** Puts the files into a new folder below the executor's publishing folder; `folder` is a single path segment. */
export interface FilePublishEffect {
  readonly kind: 'file.publish';
  readonly folder: string;
}

export type Effect = GitPushEffect | FilePublishEffect;
export const EFFECT_KINDS = ['git.push', 'file.publish'] as const;

/**
 * Why an effect would not go to a repository of the team's customer; undefined when it does, or needs none. `adoptedRemote` is
 * the one its mirror was adopted with; null where the customer has no such mirror.
 */
export function strayPush(effect: Effect, adoptedRemote: string | null): 'mirror_foreign' | 'remote_not_adopted' | undefined {
  if (effect.kind !== 'git.push') return undefined;
  if (adoptedRemote === null) return 'mirror_foreign';
  return adoptedRemote === effect.remote ? undefined : 'remote_not_adopted';
}

/** One file of a deliverable in its final state: the stored row of `app.deliverable.files`. */
export interface DeliverableFile {
  readonly artifactId: ArtifactId;
  readonly path: string;
  readonly mode: '100644' | '100755';
  readonly mediaType: string;
  /** SHA-256 of the bytes, lower-case hex; of no bytes when deleted. */
  readonly sha256: string;
  readonly size: number;
  readonly deleted: boolean;
}

/** One acceptance check behind a deliverable: the stored row of `app.deliverable.checks`. */
export interface DeliverableCheck {
  readonly taskId: TaskId;
  readonly taskKey: string;
  readonly draftId: DraftId;
  readonly criterion: string;
  readonly kind: string;
  readonly passed: boolean;
}
