import type { QuorumOf } from '../files/quorum.js';

/** Format and version of a manifest; its first member. */
export const MANIFEST_FORMAT = 'countersign/manifest/v2';

/**
 * What a person approves: built by the gateway from stored bytes and the typed effect, never from an agent's prose.
 *
 * Stored and served as RFC 8785 JSON (members in code-unit order, so `$format` stands first); every number is a decimal
 * string, absent values are `null`. The digest that is approved is the SHA-256 of exactly those bytes.
 */
export interface Manifest {
  readonly $format: typeof MANIFEST_FORMAT;
  readonly approval_id: string;
  readonly artifacts: readonly ManifestArtifact[];
  /** The team's newest signed head when it was asked, `0` and the empty tree's root before the first: what is carried out stands in a history that begins with it. */
  readonly checkpoint: { readonly root: string; readonly size: string };
  readonly checks: readonly ManifestCheck[];
  /** `rehearsal`: made-up prices are in it, because the deterministic provider answered; absent in manifests from before there was the word. */
  readonly cost: { readonly amount_micros: string; readonly currency: 'USD'; readonly rehearsal?: boolean };
  /** RFC 3339 UTC with milliseconds. */
  readonly created_at: string;
  readonly customer_id: string;
  readonly deliverable_id: string;
  readonly effects: readonly ManifestEffect[];
  /** When silence becomes its own outcome. */
  readonly expires_at: string;
  readonly goal_id: string;
  /** `valid_minutes`: how long after the signature's time, and the delay, a yes may be used. `delay_seconds`: how long after the last yes it is not used yet; absent: not at all. */
  readonly policy: { readonly delay_seconds?: string; readonly id: string; readonly valid_minutes: string; readonly version: string };
  /** Whose yes counts, and how many there must be; null or absent: one is enough. */
  readonly quorum?: ManifestQuorum | null;
  /** The member who asks; never a person who may approve. `parent_chain`: the instances above its own, the nearest first; `task`: what it was started for; both empty for a team's manager, which a person started. */
  readonly requested_by: { readonly agent: string; readonly member_id: string; readonly parent_chain: readonly string[]; readonly task: string | null };
  readonly revision: string;
  /** The approval this one replaces. */
  readonly supersedes: string | null;
  readonly taint: ManifestTaint;
  readonly team_id: string;
  readonly tier: string;
  readonly title: string;
}

/**
 * What the work came in touch with, from rows. `untrusted_input`: text that others can write: a repository, or a host that an agent
 * could reach; `private_data`: an agent held a secret; `external_effect`: something leaves for a place that is not a folder of the customer's.
 */
export interface ManifestTaint {
  readonly external_effect: boolean;
  readonly private_data: boolean;
  readonly untrusted_input: boolean;
}

/** `people`: ids of everybody who counts. Of `devices` several may be one person's. */
export interface ManifestQuorum {
  readonly need: string;
  readonly of: QuorumOf;
  readonly people: readonly string[];
}

/** One file as it will be after the effect. `sha256` and `size` are of the stored bytes; a deleted file has size 0 and the hash of nothing. */
export interface ManifestArtifact {
  /** What stands there now, with which a screen compares it: the base of this artifact, and what that hashes to. Null: nothing. A push is carried out only where just that is found; other effects are compared with nothing, and have none. */
  readonly base: { readonly artifact_id: string; readonly sha256: string } | null;
  readonly deleted: boolean;
  readonly id: string;
  readonly media_type: string;
  readonly mode: string;
  readonly path: string;
  readonly sha256: string;
  readonly size: string;
}

export interface ManifestCheck {
  readonly criterion: string;
  readonly passed: boolean;
  readonly task: string;
}

export interface ManifestEffect {
  readonly index: string;
  readonly kind: string;
  /** The typed effect of the deliverable, member for member. */
  readonly params: Readonly<Record<string, ManifestValue>>;
  /** One sentence from the server's own template. */
  readonly plain: string;
  readonly reversible: boolean;
  readonly target: string;
}

export type ManifestValue = string | boolean | null | readonly ManifestValue[] | { readonly [name: string]: ManifestValue };
