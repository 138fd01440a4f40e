import type { Service } from '@countersign/contracts';

import type { ActionName, BodyOf } from './actions.js';
import { objectOf, splitBody, type PersonalField } from './body.js';
import { commitment, COMMITMENT_ALG, sealValue, subjectRef, type ServiceKey, type SubjectKeys } from './commitment.js';
import { UnfitPayloadError } from './errors.js';
import { canonicalJson } from './json.js';

export const PAYLOAD_VERSION = 1;

/** Who acted. A person's id is personal data: it is committed to, never written into the chain. */
export type Actor = { readonly kind: 'person'; readonly id: string } | { readonly kind: 'agent' | 'instance' | 'service'; readonly id: string };

export type EntryResult = 'ok' | 'denied' | 'failed';

/** Everything an entry says, before personal fields are taken out. `at` is the writer's clock; the chain adds the database's. */
export interface EntryFacts<A extends ActionName> {
  readonly teamId: string;
  readonly entryId: string;
  readonly at: Date;
  /** Who writes it; the database takes no other name than the session's own. */
  readonly service: Service;
  readonly actor: Actor;
  readonly action: A;
  readonly body: BodyOf<A>;
  readonly result?: EntryResult;
  /** Revision of the object after this action. */
  readonly rev?: number;
  readonly requestId?: string;
  readonly correlationId?: string;
}

/** One row for `audit.personal`. */
export interface SealedField {
  readonly field: string;
  readonly subjectRef: string;
  readonly ciphertext: Buffer;
}

export interface BuiltEntry {
  readonly entryId: string;
  /** The bytes that are hashed and stored. */
  readonly payload: Buffer;
  readonly sealed: readonly SealedField[];
}

/** An entry taken apart, waiting for its subjects' keys. */
export interface DraftEntry {
  readonly subjectRefs: readonly string[];
  /** Builds the payload; `keysOf` is asked once per personal field and must know every one of `subjectRefs`. */
  build(keysOf: (subjectRef: string) => SubjectKeys): BuiltEntry;
}

/** Takes an entry apart and says whose keys it needs. Throws `UnfitPayloadError` when a value may not stand in the chain. */
export function draftEntry<A extends ActionName>(facts: EntryFacts<A>, key: ServiceKey): DraftEntry {
  const { plain, personal } = splitBody(facts.action, facts.body);
  if (plain['team_id'] !== undefined && plain['team_id'] !== facts.teamId) throw new UnfitPayloadError('/body/team_id', 'names another team than the chain');
  const fields = [...actorField(facts.actor), ...personal].map((field) => ({ ...field, ref: subjectRef(key, facts.teamId, field.subject) }));
  const envelope = {
    v: PAYLOAD_VERSION,
    entry_id: facts.entryId,
    at: facts.at.toISOString(),
    actor: facts.actor.kind === 'person' ? { kind: facts.actor.kind } : { kind: facts.actor.kind, id: facts.actor.id },
    action: facts.action,
    object: { ...objectOf(facts.action, facts.body), rev: facts.rev },
    result: facts.result ?? 'ok',
    request_id: facts.requestId,
    correlation_id: facts.correlationId,
    service: facts.service,
    body: plain,
  };
  canonicalJson(envelope); // a body that cannot be stored is refused before anything is read or written
  const build: DraftEntry['build'] = (keysOf) => {
    const pii = fields.map(({ field, ref, value }) => ({ field, subject_ref: ref, alg: COMMITMENT_ALG, c: commitment(keysOf(ref), value) }));
    const sealed = fields.map(({ field, ref, value }) => {
      const place = { teamId: facts.teamId, entryId: facts.entryId, field, subjectRef: ref };
      return { field, subjectRef: ref, ciphertext: sealValue(keysOf(ref), place, value) };
    });
    return { entryId: facts.entryId, payload: canonicalJson({ ...envelope, pii }), sealed };
  };
  return { subjectRefs: [...new Set(fields.map(({ ref }) => ref))].sort(), build };
}

const actorField = (actor: Actor): PersonalField[] => (actor.kind === 'person' ? [{ field: 'actor.id', subject: actor.id, value: actor.id }] : []);
