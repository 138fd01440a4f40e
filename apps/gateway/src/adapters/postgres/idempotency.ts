import { uuidv7, type PersonId } from '@countersign/contracts';
import { Database, json, sql } from '@countersign/database';
import { Injectable } from '@nestjs/common';

export interface StoredAnswer {
  readonly status: number;
  readonly body: unknown;
  readonly headers: Readonly<Record<string, string>>;
}
/** `resourceId` is the id that what is made will have, also when a crashed request is taken up again. */
export type Claim =
  | { readonly outcome: 'first'; readonly resourceId: string }
  | { readonly outcome: 'answered'; readonly answer: StoredAnswer }
  | { readonly outcome: 'running' }
  | { readonly outcome: 'reused' };

/** After this long without an answer, the process that had the request is taken for dead. */
const ABANDONED_SECONDS = 20;

interface Row {
  readonly same: boolean;
  readonly status: number | null;
  readonly body: unknown;
  readonly headers: Record<string, string> & { readonly resourceId?: string };
}

/** What was answered under which `Idempotency-Key`, per person; a day long. */
@Injectable()
export class IdempotencyKeys {
  constructor(private readonly database: Database) {}

  /** Claims a key for a request, or says what became of the request that has it. */
  async claim(personId: PersonId, key: string, requestHash: Buffer): Promise<Claim> {
    const resourceId = uuidv7();
    return this.database.withPlatform(async (tx) => {
      tx.ledgerOnly();
      const [mine, rows] = await Promise.all([
        tx.one<{ resource_id: string }>(sql`insert into app.idempotency as i (person_id, key, request_hash, headers) values (${personId}, ${key}, ${requestHash}, ${json({ resourceId })})
          on conflict (person_id, key) do update set created_at = clock_timestamp()
            where i.status is null and i.request_hash = excluded.request_hash and i.created_at < clock_timestamp() - make_interval(secs => ${ABANDONED_SECONDS})
          returning headers ->> 'resourceId' as resource_id`),
        tx.read<Row>(sql`select request_hash = ${requestHash} as same, status, body, headers from app.idempotency where person_id = ${personId} and key = ${key}`),
      ]);
      if (mine) return { outcome: 'first', resourceId: mine.resource_id };
      return claimed(rows[0]);
    });
  }

  answered(personId: PersonId, key: string, { status, body, headers }: StoredAnswer): Promise<void> {
    return this.write(sql`update app.idempotency set status = ${status}, body = ${json(body ?? null)}, headers = headers || ${json(headers)}::jsonb where person_id = ${personId} and key = ${key}`);
  }

  /** The request was refused and changed nothing: the key is free again. */
  release(personId: PersonId, key: string): Promise<void> {
    return this.write(sql`delete from app.idempotency where person_id = ${personId} and key = ${key} and status is null`);
  }

  private write(statement: ReturnType<typeof sql>): Promise<void> {
    return this.database.withPlatform((tx) => {
      tx.ledgerOnly();
      tx.write(statement);
      return Promise.resolve();
    });
  }
}

function claimed(row: Row | undefined): Claim {
  if (row === undefined) return { outcome: 'running' }; // released between the two statements: the caller looks again
  if (!row.same) return { outcome: 'reused' };
  if (row.status === null) return { outcome: 'running' };
  const { resourceId: _, ...headers } = row.headers;
  return { outcome: 'answered', answer: { status: row.status, body: row.body, headers } };
}
