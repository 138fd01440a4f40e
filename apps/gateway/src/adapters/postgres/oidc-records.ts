import { Database, json, sql } from '@countersign/database';
import type { Adapter, AdapterPayload } from 'oidc-provider';

/** The issuer's storage: one table for all its models (`app.oidc_record`), in the platform's scope. */
export class OidcRecords implements Adapter {
  constructor(
    private readonly database: Database,
    private readonly kind: string,
  ) {}

  upsert(id: string, payload: AdapterPayload, expiresInSeconds: number): Promise<void> {
    const seconds = Number.isFinite(expiresInSeconds) ? expiresInSeconds : null;
    return this.write(sql`insert into app.oidc_record (kind, id, grant_id, user_code, uid, payload, expires_at)
      values (${this.kind}, ${id}, ${payload.grantId ?? null}, ${payload.userCode ?? null}, ${payload.uid ?? null}, ${json(payload)}, clock_timestamp() + make_interval(secs => ${seconds}))
      on conflict (kind, id) do update set grant_id = excluded.grant_id, user_code = excluded.user_code, uid = excluded.uid, payload = excluded.payload, expires_at = excluded.expires_at`);
  }

  find(id: string): Promise<AdapterPayload | undefined> {
    return this.read(sql`id = ${id}`);
  }

  findByUserCode(userCode: string): Promise<AdapterPayload | undefined> {
    return this.read(sql`user_code = ${userCode}`);
  }

  findByUid(uid: string): Promise<AdapterPayload | undefined> {
    return this.read(sql`uid = ${uid}`);
  }

  /** Marks a one-time value (an authorization code) as used. */
  consume(id: string): Promise<void> {
    return this.write(sql`update app.oidc_record set consumed_at = coalesce(consumed_at, clock_timestamp()) where kind = ${this.kind} and id = ${id}`);
  }

  destroy(id: string): Promise<void> {
    return this.write(sql`delete from app.oidc_record where kind = ${this.kind} and id = ${id}`);
  }

  revokeByGrantId(grantId: string): Promise<void> {
    return this.write(sql`delete from app.oidc_record where kind = ${this.kind} and grant_id = ${grantId}`);
  }

  private write(statement: ReturnType<typeof sql>): Promise<void> {
    return this.database.withPlatform((tx) => {
      tx.ledgerOnly(); // credentials in motion, not business: no audit entry
      tx.write(statement);
      return Promise.resolve();
    });
  }

  private async read(condition: ReturnType<typeof sql>): Promise<AdapterPayload | undefined> {
    const row = await this.database.withPlatform((tx) =>
      tx.one<{ payload: AdapterPayload; consumed: number | null }>(sql`select payload, extract(epoch from consumed_at)::bigint as consumed from app.oidc_record
        where kind = ${this.kind} and ${condition} and (expires_at is null or expires_at > clock_timestamp())`),
    );
    return row && { ...row.payload, ...(row.consumed === null ? {} : { consumed: row.consumed }) };
  }
}

/** Removes what has expired: issuer records, sessions, kept answers, proofs that are too old to be taken again. */
export async function removeExpired(database: Database): Promise<void> {
  await database.ops('request_prune');
  await database.ops('proof_prune');
  await database.ops('account_notice_prune');
  await database.withPlatform((tx) => {
    tx.ledgerOnly();
    tx.write(sql`delete from app.oidc_record where expires_at < clock_timestamp() - interval '1 hour'`);
    return Promise.resolve();
  });
}
