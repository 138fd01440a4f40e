import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Database } from '@countersign/database';
import { LOGGER, type Logger } from '@countersign/service';
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import type { JSONWebKeySet, JWK } from 'jose';
import { Provider } from 'oidc-provider';
import { GatewayConfig } from '../../config.js';
import { OidcRecords } from '../postgres/oidc-records.js';
import { People } from '../postgres/people.js';
import { DpopProofs } from './dpop-proofs.js';
import { issuerConfiguration } from './issuer-configuration.js';
import { openIssuerKeys, type IssuerKeys } from './issuer-keys.js';
import { addPersonaGrant } from './persona-grant.js';
import { PersonaPages } from './persona-pages.js';

const MOUNT = '/oidc';

export const localIssuerUrl = (publicUrl: string): string => `${publicUrl}${MOUNT}`;

type RawHandler = (request: IncomingMessage, response: ServerResponse) => void;
/** Koa under a mount point finds out where it is mounted by comparing `url` with this. */
type Mounted = IncomingMessage & { originalUrl?: string };

/**
 * An OpenID provider for one's own machine: personas instead of passwords. Not there when another issuer is configured,
 * and never in production (`readGatewayConfig`).
 */
@Injectable()
export class LocalIssuer implements OnModuleInit {
  private handler: RawHandler | undefined;
  private keys: IssuerKeys | undefined;

  constructor(
    private readonly config: GatewayConfig,
    private readonly database: Database,
    private readonly people: People,
    private readonly proofs: DpopProofs,
    @Inject(LOGGER) private readonly log: Logger,
  ) {}

  async onModuleInit(): Promise<void> {
    if (this.config.oidc) return;
    this.keys = await openIssuerKeys(this.config.home);
    const { publicUrl, personaSecretFile } = this.config;
    const cliSecret = personaSecretFile === undefined ? undefined : readFileSync(personaSecretFile, 'utf8').trim();
    const adapter = (kind: string): OidcRecords => new OidcRecords(this.database, kind);
    const provider = new Provider(localIssuerUrl(publicUrl), issuerConfiguration({ publicUrl, keys: this.keys, adapter, cliSecret, people: this.people }));
    if (cliSecret !== undefined) addPersonaGrant(provider, this.people, this.proofs, publicUrl);
    provider.on('server_error', (_, error) => this.log.error({ err: error }, 'local issuer failed'));
    const callback = provider.callback();
    const pages = new PersonaPages(provider, this.people, this.log);
    this.handler = (request, response) => (pages.isTheirs(request.url!) ? pages.handle(request, response) : void callback(request, response));
  }

  /** The handler for an address below /oidc; undefined for any other, and when there is no local issuer. */
  handlerOf(url: string): RawHandler | undefined {
    if (this.handler === undefined || !/^\/oidc(?:[/?]|$)/.test(url)) return undefined;
    return (request: Mounted, response) => {
      request.originalUrl = url;
      const below = url.slice(MOUNT.length);
      request.url = below.startsWith('/') ? below : `/${below}`; // `/oidc` and `/oidc?…` too have a path below it
      this.handler!(request, response);
    };
  }

  publicKeys(): JSONWebKeySet {
    return { keys: (this.keys?.jwks.keys ?? []).map(publicPart) };
  }
}

const publicPart = ({ d: _, ...jwk }: JWK): JWK => jwk;
