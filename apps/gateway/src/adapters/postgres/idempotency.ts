import { uuidv7, type PersonId } from '@countersign/contracts';
import { Database, json, sql, type Statement } from '@countersign/database';
import { Injectable } from '@nestjs/common';

export interface StoredAnswer {
  readonly status: number;
  readonly body: unknown;
  readonly headers: Readonly<Record<string, string>>;
}
/** One try at a request. Only the try that holds the key says what became of it. */
export interface HeldKey {
  readonly personId: PersonId;
  readonly key: string;
  readonly token: string;
}
/** `resourceId` is the id that what is made will have, also when an earlier try is taken up again. */
export type Claim =
  | { readonly outcome: 'first'; readonly resourceId: string; readonly held: HeldKey }
  | { readonly outcome: 'answered'; readonly answer: StoredAnswer }
  | { readonly outcome: 'running' }
  | { readonly outcome: 'reused' };

/** After this long without an answer, the process that had the request is taken for dead. */
export const ABANDONED_SECONDS = 20;

interface Row {
  readonly same: boolean;
  readonly status: number | null;
  readonly body: unknown;
  readonly headers: Record<string, string> | null;
}

/** What was answered under which `Idempotency-Key`, per person; a day long. */
@Injectable()
export class IdempotencyKeys {
  constructor(private readonly database: Database) {}

  /** Claims a key for a request, or says what became of the request that has it. */
  claim(personId: PersonId, key: string, requestHash: Buffer): Promise<Claim> {
    const token = uuidv7();
    return this.database.withPlatform(async (tx) => {
      tx.ledgerOnly();
      const [mine, rows] = await Promise.all([
        tx.one<{ resource_id: string }>(sql`insert into app.idempotency as i (person_id, key, request_hash, resource_id, claim) values (${personId}, ${key}, ${requestHash}, ${uuidv7()}, ${token})
          on conflict (person_id, key) do update set claim = excluded.claim, claimed_at = clock_timestamp(), uncertain = true
            where i.status is null and i.request_hash = excluded.request_hash and (i.claim is null or i.claimed_at < clock_timestamp() - make_interval(secs => ${ABANDONED_SECONDS}))
          returning resource_id`),
        tx.read<Row>(sql`select request_hash = ${requestHash} as same, status, body, headers from app.idempotency where person_id = ${personId} and key = ${key}`),
      ]);
      return mine ? { outcome: 'first', resourceId: mine.resource_id, held: { personId, key, token } } : claimed(rows[0]);
    });
  }

  answered(held: HeldKey, { status, body, headers }: StoredAnswer): Promise<void> {
    return this.write(sql`update app.idempotency set status = ${status}, body = ${json(body ?? null)}, headers = ${json(headers)}, claim = null ${whereHeld(held)}`);
  }

  /** The request was refused and changed nothing: the key is free again, unless an earlier try may have done it. */
  refused(held: HeldKey): Promise<void> {
    return this.write(sql`delete from app.idempotency ${whereHeld(held)} and not uncertain`, sql`update app.idempotency set claim = null ${whereHeld(held)}`);
  }

  /** Nobody knows whether it was done: the same request again is taken up at once, with the same ids. */
  interrupted(held: HeldKey): Promise<void> {
    return this.write(sql`update app.idempotency set claim = null, uncertain = true ${whereHeld(held)}`);
  }

  private write(...statements: Statement[]): Promise<void> {
    return this.database.withPlatform((tx) => {
      tx.ledgerOnly();
      tx.write(...statements);
      return Promise.resolve();
    });
  }
}

const whereHeld = ({ personId, key, token }: HeldKey): Statement => sql`where person_id = ${personId} and key = ${key} and claim = ${token}`;

function claimed(row: Row | undefined): Claim {
  if (row === undefined) return { outcome: 'running' }; // released between the two statements: the caller looks again
  if (!row.same) return { outcome: 'reused' };
  if (row.status === null) return { outcome: 'running' };
  return { outcome: 'answered', answer: { status: row.status, body: row.body, headers: row.headers ?? {} } };
}
