import { readFileSync } from 'node:fs';

import { EntryId, type Service } from '@countersign/contracts';
import { sql, type Statement, type Tx } from '@countersign/database';

import type { ActionName, BodyOf } from './actions.js';
import { personal } from './fields.js';
import { newSubjectKeys, serviceKey, subjectRef, unwrapSubjectKeys, wrapSubjectKeys, type ServiceKey, type SubjectKeys } from './commitment.js';
import { draftEntry, type Actor, type EntryResult, type SealedField } from './entry.js';

export interface AuditorOptions {
  /** Stands in every entry as its writer, and as the actor when the context names nobody else. */
  readonly service: Service;
  /** Seals personal values; shared by the services that write entries. */
  readonly key: ServiceKey;
}

export interface EntryDetails {
  /** Instead of whom the context names: the service itself, or the manager of the context's team (its own service only). The database refuses any other. */
  readonly actor?: Exclude<Actor, { kind: 'person' }>;
  /** `ok` unless said otherwise. */
  readonly result?: EntryResult;
  /** Revision of the object after this action. */
  readonly rev?: number;
  readonly requestId?: string;
  readonly correlationId?: string;
}

/**
 * Queues one entry on the unit of work; it commits with the state change or not at all (P1).
 *
 * Resolves with the entry's id before it is durable: it is when the unit of work resolves, and under a signed head when a
 * checkpoint covers it. Entries of one transaction stand in the chain in the order of the calls. An entry with personal
 * fields makes one read for its subjects' keys (creating them at first use); others make none.
 */
export type Audit = <A extends ActionName>(tx: Tx, action: A, body: BodyOf<A>, details?: EntryDetails) => Promise<EntryId>;

/** Erases what lies beside the chains of one person. */
export interface Eraser {
  /** How the person is called in these chains. */
  refsIn(chains: readonly string[], personId: string): string[];
  /**
   * Queues it for the context's chain, with its entry: the sealed values and the keys go for good, the chain stays as it is. Its
   * commitments to this person then open nothing and can be guessed by nobody; `reason` is the words of `by`, who has it done. Resolves with how many values there were.
   */
  erase(tx: Tx, personId: string, reason: { readonly by: string; readonly words: string }): Promise<number>;
}

/** With which the service that writes `PERSONAL-DATA-ERASED` erases. */
export function eraser(options: AuditorOptions): Eraser {
  const audit = auditor(options);
  return {
    refsIn: (chains, personId) => chains.map((chain) => subjectRef(options.key, chain, personId)),
    async erase(tx, personId, { by, words }) {
      const ref = subjectRef(options.key, tx.chainId, personId);
      const [row] = await tx.read<{ erase: number }>(sql`select audit.erase(${ref}::uuid)`);
      await audit(tx, 'PERSONAL-DATA-ERASED', { subject_ref: ref, values: row!.erase, reason: personal(by, words) });
      return row!.erase;
    },
  };
}

/** The function with which a service writes entries. */
export function auditor({ service, key }: AuditorOptions): Audit {
  return async (tx, action, body, details = {}) => {
    const entryId = EntryId.next();
    const actor = details.actor ?? actorOf(tx.principal, service);
    const draft = draftEntry({ ...details, service, actor, action, body, entryId, teamId: tx.chainId, at: new Date() }, key);
    const keys = await subjectKeys(tx, key, draft.subjectRefs);
    const entry = draft.build((ref) => keys.get(ref)!.keys);
    const kept = entry.sealed.filter(({ subjectRef: ref }) => !keys.get(ref)!.erased);
    if (kept.length > 0) tx.write(sealedRows(entryId, kept)); // before the messages and the entry, so that their locks are held shorter
    tx.auditLast(entries, { entryId, payload: entry.payload });
    return entryId;
  };
}

const entries = (made: readonly { readonly entryId: EntryId; readonly payload: Buffer }[]): Statement => sql`select audit.append(${made.map(({ entryId }) => entryId)}::uuid[], ${made.map(({ payload }) => payload)}::bytea[])`;

const sealedRows = (entryId: EntryId, sealed: readonly SealedField[]): Statement =>
  sql`insert into audit.personal (team_id, entry_id, field, subject_ref, ciphertext) select sec.chain(), ${entryId}::uuid, field, subject_ref, ciphertext
    from unnest(${sealed.map(({ field }) => field)}::text[], ${sealed.map(({ subjectRef }) => subjectRef)}::uuid[], ${sealed.map(({ ciphertext }) => ciphertext)}::bytea[]) as made (field, subject_ref, ciphertext)`;

/** The principal of a context (`person:<id>`, `agent:<id>`, `instance:<id>`) for an actor; `actorOf` reads it back. */
export const principalOf = ({ kind, id }: Actor): string => `${kind}:${id}`;

function actorOf(principal: string, service: Service): Actor {
  const [, kind, id] = /^(person|agent|instance):(.+)$/.exec(principal) ?? [];
  return kind === undefined || id === undefined ? { kind: 'service', id: service } : { kind: kind as Actor['kind'], id };
}

/** Reads the 32-byte key that services share for personal data: 64 hex digits, as whoever sets the stack up writes them. */
export function readAuditKey(file: string): ServiceKey {
  return serviceKey(Buffer.from(readFileSync(file, 'utf8').trim(), 'hex'));
}

/**
 * The keys of these subjects, made at first use.
 *
 * The insert waits for another transaction that is just making the same subject's keys; the select then sees the
 * keys that won, so no value is ever sealed under keys that are not stored.
 */
async function subjectKeys(tx: Tx, key: ServiceKey, refs: readonly string[]): Promise<ReadonlyMap<string, FoundKeys>> {
  if (refs.length === 0) return new Map();
  const stored = (): Promise<SubjectRow[]> => tx.read<SubjectRow>(sql`select subject_ref, wrapped_keys from audit.subject_key where team_id = (select sec.chain()) and subject_ref = any (${refs}::uuid[])`);
  let rows = await stored();
  if (rows.length < refs.length) {
    const fresh = refs.map((ref) => wrapSubjectKeys(key, tx.chainId, ref, newSubjectKeys()));
    const made = tx.read(sql`insert into audit.subject_key (team_id, subject_ref, wrapped_keys)
      select sec.chain(), ref, keys from unnest(${refs}::uuid[], ${fresh}::bytea[]) as made (ref, keys) on conflict do nothing`);
    [, rows] = await Promise.all([made, stored()]);
  }
  return new Map(rows.map((row) => [row.subject_ref, openKeys(tx, key, row)]));
}

interface SubjectRow {
  readonly subject_ref: string;
  readonly wrapped_keys: Buffer | null;
}

/** `erased`: nothing is kept under them. */
interface FoundKeys {
  readonly keys: SubjectKeys;
  readonly erased: boolean;
}

/**
 * What is said of somebody after their data was erased (that a goal of theirs has ended) is committed to under keys that are thrown
 * away with the entry: the work goes on, and nothing of the person comes back.
 */
function openKeys(tx: Tx, key: ServiceKey, { subject_ref: ref, wrapped_keys: wrapped }: SubjectRow): FoundKeys {
  return wrapped === null ? { keys: newSubjectKeys(), erased: true } : { keys: unwrapSubjectKeys(key, tx.chainId, ref, wrapped), erased: false };
}
