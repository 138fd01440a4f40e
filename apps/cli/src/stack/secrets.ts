import { writeSecret } from '@countersign/bus';
import { SERVICES, type Service } from '@countersign/contracts';
import { newServiceSecrets, type ServiceSecrets } from '@countersign/database';
import { randomBytes } from 'node:crypto';
import { chownSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Home } from './home.js';
import type { Identity } from './identity.js';

/** Everything secret of a home. Made once at its first start, kept in `<home>/secrets.json` (mode 0600), shown nowhere. */
export interface Secrets {
  /** Names this home where its path will not do: another home may come to lie there. */
  readonly id: string;
  readonly superuser: string;
  readonly cli: string;
  /** Wraps the data keys of personal fields in the audit trail; hex. Losing it makes them unreadable. */
  readonly audit: string;
  readonly services: Readonly<Record<Service, ServiceSecrets>>;
}

interface StoredSecrets {
  id: string;
  superuser: string;
  cli: string;
  audit: string;
  services: Record<string, { password: string; kid: string; key: string }>;
}

const secret = (): string => randomBytes(24).toString('base64url');

/**
 * Reads the secrets of the home, after making what is not there yet. Files that hold everything are not touched, others are
 * replaced in one step: a start that is killed, or finds the disk full, loses nothing that was there.
 */
export function ensureSecrets(home: Home): Secrets {
  const kept = existsSync(home.secrets) ? readFileSync(home.secrets, 'utf8') : '{}';
  const stored = JSON.parse(kept) as Partial<StoredSecrets>;
  const services = Object.fromEntries(SERVICES.map((service) => [service, fromStored(stored.services?.[service]) ?? newServiceSecrets(service)]));
  const secrets: Secrets = {
    id: stored.id ?? randomBytes(6).toString('hex'),
    superuser: stored.superuser ?? secret(),
    cli: stored.cli ?? secret(),
    audit: stored.audit ?? randomBytes(32).toString('hex'),
    services: services as Record<Service, ServiceSecrets>,
  };
  const text = JSON.stringify(toStored(secrets), undefined, 1);
  if (text !== kept) writeSecret(home.secrets, text);
  if (!existsSync(home.cliSecret) || readFileSync(home.cliSecret, 'utf8') !== secrets.cli) writeSecret(home.cliSecret, secrets.cli);
  return secrets;
}

function fromStored(stored: StoredSecrets['services'][string] | undefined): ServiceSecrets | undefined {
  return stored && { password: stored.password, contextKey: { kid: stored.kid, key: Buffer.from(stored.key, 'hex') } };
}

function toStored({ services, ...rest }: Secrets): StoredSecrets {
  const entries = Object.entries(services).map(([name, { password, contextKey }]) => [name, { password, kid: contextKey.kid, key: contextKey.key.toString('hex') }]);
  return { ...rest, services: Object.fromEntries(entries) as StoredSecrets['services'] };
}

/**
 * Writes a file that only the given user can read, and returns its path. The folder belongs to the person, so no part can
 * lead the write elsewhere with a link.
 */
export function handSecret(home: Home, name: string, content: string | Buffer, identity: Identity): string {
  const path = join(home.keys, name);
  mkdirSync(home.keys, { recursive: true, mode: 0o711 });
  rmSync(path, { force: true });
  writeFileSync(path, content, { mode: 0o600, flag: 'wx' });
  if (identity) chownSync(path, identity.uid, identity.gid);
  return path;
}

/** Files that one part was handed; `restore` hands out again what is no longer there. */
export class Handout {
  private readonly given = new Map<string, string>();

  constructor(
    private readonly home: Home,
    private readonly identity: Identity,
  ) {}

  hand(name: string, content: string): string {
    this.given.set(name, content);
    return handSecret(this.home, name, content, this.identity);
  }

  restore(): void {
    for (const [name, content] of this.given) if (!existsSync(join(this.home.keys, name))) handSecret(this.home, name, content, this.identity);
  }
}
