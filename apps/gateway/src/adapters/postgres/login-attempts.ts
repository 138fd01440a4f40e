import { createHash, randomBytes } from 'node:crypto';
import { Database, json, sql } from '@countersign/database';
import { Injectable } from '@nestjs/common';

const LOGIN_LIFE_SECONDS = 600;
/** Whoever came too late is still led to what they came for: the cookie outlives the attempt, about as long as its row lies there. */
export const LOGIN_COOKIE_SECONDS = LOGIN_LIFE_SECONDS + 3_600;

export interface LoginAttempt {
  readonly verifier: string;
  readonly state: string;
  readonly nonce: string;
  /** Where the browser wanted to go; a path of ours. */
  readonly returnTo: string;
}

const keyOf = (secret: string): string => createHash('sha256').update(secret).digest('base64url');

/** Sign-ins that have begun: each can be finished once, by the browser that began it. */
@Injectable()
export class LoginAttempts {
  constructor(private readonly database: Database) {}

  /** Returns the secret for the browser's cookie. */
  async begin(attempt: LoginAttempt): Promise<string> {
    const secret = randomBytes(24).toString('base64url');
    await this.database.withPlatform((tx) => {
      tx.ledgerOnly();
      tx.write(sql`insert into app.oidc_record (kind, id, payload, expires_at) values ('WebLogin', ${keyOf(secret)}, ${json(attempt)}, clock_timestamp() + make_interval(secs => ${LOGIN_LIFE_SECONDS}))`);
      return Promise.resolve();
    });
    return secret;
  }

  /** `inTime`: it may be finished; else it only says where it was to lead. */
  async take(secret: string): Promise<(LoginAttempt & { readonly inTime: boolean }) | undefined> {
    const row = await this.database.withPlatform((tx) => {
      tx.ledgerOnly();
      return tx.one<{ payload: LoginAttempt; in_time: boolean }>(sql`delete from app.oidc_record where kind = 'WebLogin' and id = ${keyOf(secret)} returning payload, expires_at > clock_timestamp() as in_time`);
    });
    return row && { ...row.payload, inTime: row.in_time };
  }
}
