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

/** A signed webhook (Standard Webhooks 1.0): one POST with the bytes of one approved file as its body. */
export interface HttpPostEffect {
  readonly kind: 'http.post';
  /** As it is asked for, in the parsed form (WHATWG). */
  readonly url: string;
  readonly contentType: string;
  /** Path of the file. */
  readonly body: string;
}

/** One message to everybody named, from the operator's address for the customer. Addresses are bare: no names beside them. */
export interface EmailSendEffect {
  readonly kind: 'email.send';
  readonly from: string;
  readonly to: readonly string[];
  readonly cc: readonly string[];
  readonly subject: string;
  /** Path of the text, sent as it stands. */
  readonly body: string;
  /** Paths of files that come with it. */
  readonly attachments: readonly string[];
}

/** What other people's systems and inboxes get: it cannot be taken back. */
export type OutgoingEffect = HttpPostEffect | EmailSendEffect;
export type Effect = GitPushEffect | FilePublishEffect | OutgoingEffect;
export const EFFECT_KINDS = ['git.push', 'file.publish', 'http.post', 'email.send'] as const;
/** What a bundle can say alone; of the others a person says with each goal where they go. */
export const BUNDLE_EFFECT_KINDS = ['git.push', 'file.publish'] as const;

/** What a person says with a goal about its effect: nothing more for a push or a folder, all of it for what leaves for other people. */
export type NamedEffect = { readonly kind: 'git.push' } | { readonly kind: 'file.publish' } | OutgoingEffect;

/** Paths of what leaves by an effect, the body first: a deliverable for it holds these files and no other. */
export const sentPaths = (effect: OutgoingEffect): readonly string[] => (effect.kind === 'http.post' ? [effect.body] : [effect.body, ...effect.attachments]);

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
  /** The goal's first version of this path: what that one took the place of is what stands there without this goal, whatever its later work began from. Absent: this is the first. */
  readonly firstId?: ArtifactId;
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
