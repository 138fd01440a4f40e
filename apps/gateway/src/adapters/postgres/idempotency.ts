import { uuidv7, type PersonId } from '@countersign/contracts';
import { Database, json } from '@countersign/database';
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
const DEAD_AFTER_SECONDS = 20;

interface Row {
  readonly resource_id: string | null;
  /** Null: freed between two looks. */
  readonly same: boolean | null;
  readonly status: number | null;
  readonly body: unknown;
  readonly headers: Record<string, string> | null;
}

/** What was answered under which `Idempotency-Key`, per person; a day long. */
@Injectable()
export class IdempotencyKeys {
  constructor(private readonly database: Database) {}

  /** Claims a key for a request, or says what became of the request that has it. */
  async claim(personId: PersonId, key: string, requestHash: Buffer): Promise<Claim> {
    const token = uuidv7();
    const [row] = await this.database.ops<Row>('request_claim', personId, key, requestHash, uuidv7(), token, DEAD_AFTER_SECONDS);
    return claimed(row!, { personId, key, token });
  }

  async answered({ personId, key, token }: HeldKey, { status, body, headers }: StoredAnswer): Promise<void> {
    await this.database.ops('request_answered', personId, key, token, status, json(body ?? null), json(headers));
  }

  /** The request was refused and changed nothing: the key is free again, unless an earlier try may have done it. */
  async refused({ personId, key, token }: HeldKey): Promise<void> {
    await this.database.ops('request_refused', personId, key, token);
  }

  /** Nobody knows whether it was done: the same request again is taken up at once, with the same ids. */
  async interrupted({ personId, key, token }: HeldKey): Promise<void> {
    await this.database.ops('request_interrupted', personId, key, token);
  }
}

function claimed({ resource_id, same, status, body, headers }: Row, held: HeldKey): Claim {
  if (resource_id !== null) return { outcome: 'first', resourceId: resource_id, held };
  if (same === false) return { outcome: 'reused' };
  return status === null ? { outcome: 'running' } : { outcome: 'answered', answer: { status, body, headers: headers ?? {} } };
}
