import { auditor, readAuditKey, type Audit } from '@countersign/audit';
import { Bus, CommandClient } from '@countersign/bus';
import { Database } from '@countersign/database';
import { Module, type DynamicModule, type Provider } from '@nestjs/common';
import { ConfigError, ServiceConfig } from './config.js';
import { EnrolmentSeal } from './enrolment-seal.js';
import { Health } from './health.js';
import type { Logger } from './logger.js';

/** Inject with `@Inject(AUDIT) audit: Audit`: the function that writes entries as this service. */
export const AUDIT = Symbol('AUDIT');
/** Inject with `@Inject(LOGGER) log: Logger`. */
export const LOGGER = Symbol('LOGGER');

export interface ServiceParts {
  readonly config: ServiceConfig;
  readonly log: Logger;
  readonly database: Database;
  readonly bus: Bus;
  readonly health: Health;
}

/**
 * What every module of a service may inject: `ServiceConfig`, `Database`, `Bus`, `CommandClient`, `Health`, `AUDIT`, `LOGGER`.
 *
 * `createService` brings it; an app's module does not import it.
 */
@Module({})
export class ServiceModule {
  static with({ config, log, database, bus, health }: ServiceParts): DynamicModule {
    const providers: Provider[] = [
      { provide: ServiceConfig, useValue: config },
      { provide: Database, useValue: database },
      { provide: Bus, useValue: bus },
      { provide: CommandClient, useValue: new CommandClient(bus) },
      { provide: Health, useValue: health },
      { provide: LOGGER, useValue: log },
      { provide: AUDIT, useValue: auditOf(config) },
      { provide: EnrolmentSeal, useValue: sealOf(config) },
    ];
    return { module: ServiceModule, global: true, providers, exports: providers };
  }
}

const sealOf = ({ auditKeyFile }: ServiceConfig): EnrolmentSeal | undefined => (auditKeyFile === undefined ? undefined : EnrolmentSeal.of(auditKeyFile));

/** The function that writes entries as this service; one that has no key for it cannot. */
export function auditOf({ service, auditKeyFile }: ServiceConfig): Audit {
  if (auditKeyFile !== undefined) return auditor({ service, key: readAuditKey(auditKeyFile) });
  return () => Promise.reject(new ConfigError(['AUDIT_KEY_FILE is needed to write entries']));
}
