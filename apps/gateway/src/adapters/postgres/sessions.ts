import { createHash, randomBytes } from 'node:crypto';
import type { PersonId } from '@countersign/contracts';
import { Database, json, sql } from '@countersign/database';
import { Injectable } from '@nestjs/common';

/** A browser session lives this long, used or not. */
export const SESSION_LIFE_SECONDS = 12 * 3600;
/** A person looks for a finger or a key in this time. */
const PASSKEY_SECONDS = 300;

/** What a session's secret is stored and looked up as. */
export const sessionKeyOf = (secret: string): string => createHash('sha256').update(secret).digest('base64url');

/**
 * Browser sessions, and the device each session or token is bound to. Only the hash of a session's secret is stored.
 *
 * They live beside the issuer's records; they are credentials, not business, so no audit entry goes with them.
 */
@Injectable()
export class Sessions {
  constructor(private readonly database: Database) {}

  /** Returns the secret for the cookie. */
  async open(personId: PersonId): Promise<string> {
    const secret = randomBytes(32).toString('base64url');
    await this.put('WebSession', sessionKeyOf(secret), { personId }, SESSION_LIFE_SECONDS);
    return secret;
  }

  async close(secret: string): Promise<void> {
    await this.database.withPlatform(async (tx) => {
      tx.ledgerOnly();
      tx.write(sql`delete from app.oidc_record where kind = 'WebSession' and id = ${sessionKeyOf(secret)}`);
      return Promise.resolve();
    });
  }

  /** Ends every browser session of a person that is bound to a device. */
  async closeOnDevice(personId: PersonId, deviceId: string): Promise<void> {
    await this.database.withPlatform((tx) => {
      tx.ledgerOnly();
      // a binding is named by the session's key, which is `cookie:` and what the session itself is named by
      tx.write(sql`delete from app.oidc_record s using app.oidc_record b where s.kind = 'WebSession' and s.payload ->> 'personId' = ${personId}
        and b.kind = 'DeviceBinding' and b.payload ->> 'deviceId' = ${deviceId} and b.payload ->> 'personId' = ${personId}
        and b.id = translate(rtrim(encode(sha256(convert_to('cookie:' || s.id, 'UTF8')), 'base64'), '='), '+/', '-_')`);
      return Promise.resolve();
    });
  }

  /** Binds a session, by its key, to a device; a session has one. */
  bind(sessionKey: string, personId: PersonId, deviceId: string): Promise<void> {
    return this.put('DeviceBinding', sessionKeyOf(sessionKey), { personId, deviceId }, SESSION_LIFE_SECONDS);
  }

  /** Remembers for a little while what a person's new passkey is asked for with. */
  askPasskey(challenge: string, personId: PersonId): Promise<void> {
    return this.put('PasskeyChallenge', challenge, { personId }, PASSKEY_SECONDS);
  }

  /** Whether it was asked of this person; from then on it was not. */
  takePasskey(challenge: string, personId: PersonId): Promise<boolean> {
    return this.database.withPlatform(async (tx) => {
      tx.ledgerOnly();
      const found = await tx.one(sql`select 1 from app.oidc_record where kind = 'PasskeyChallenge' and id = ${challenge} and payload ->> 'personId' = ${personId} and expires_at > clock_timestamp() for update`);
      tx.write(sql`delete from app.oidc_record where kind = 'PasskeyChallenge' and id = ${challenge}`);
      return found !== undefined;
    });
  }

  private put(kind: string, id: string, payload: object, lifeSeconds: number): Promise<void> {
    return this.database.withPlatform((tx) => {
      tx.ledgerOnly();
      tx.write(sql`insert into app.oidc_record (kind, id, payload, expires_at) values (${kind}, ${id}, ${json(payload)}, clock_timestamp() + make_interval(secs => ${lifeSeconds}))
        on conflict (kind, id) do update set payload = excluded.payload, expires_at = excluded.expires_at`);
      return Promise.resolve();
    });
  }
}
