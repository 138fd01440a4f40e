import { setTimeout as sleep } from 'node:timers/promises';
import type { Audit } from '@countersign/audit';
import { hireTeam, moveTeam, TeamId, type CustomerId, type PersonId, type Requester, type TeamState } from '@countersign/contracts';
import { Database, sql } from '@countersign/database';
import { AUDIT, LOGGER, type Logger } from '@countersign/service';
import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap, type OnModuleInit } from '@nestjs/common';
import { Bundles } from './adapters/postgres/bundles.js';
import { importBundles, type ImportStanding } from './adapters/postgres/import-bundles.js';
import { PeopleDesk } from './adapters/postgres/people-desk.js';
import { BOREALIS_TEAM, PERSONAS, seedPeople } from './adapters/postgres/personas.js';
import { Commands } from './adapters/http/commands.js';
import { GatewayConfig } from './config.js';
import { Loop } from './loop.js';

const BUNDLE = 'code-care';
const LOOK_EVERY_MS = 1_000;
/** While a start waits for the gate; afterwards a file that was refused is looked at again at leisure. */
const GATE_LOOK_MS = 250;
const IMPORT_EVERY_MS = 2_000;

const as = (login: string): Requester => {
  const { id, customerId, role } = PERSONAS.find((persona) => persona.login === login)!;
  return { personId: id as PersonId, customerId: customerId as CustomerId, roles: [role] };
};

/** The gateway starts all the same: the operator reads what to do. */
const TO_DO = {
  another_governs: 'OIDC_FIRST_GOVERNOR names nobody who is entered, and the issuer has another governor of the platform: that one enters them with `countersign person add`; then take the variable away',
  known_without_role: 'OIDC_FIRST_GOVERNOR names somebody who is entered already and does not govern the platform, and nobody of the issuer does: name another subject of it',
} as const;

/** Brings in bundles, and on the local issuer the tenants, the personas and the team that Borealis has from the start. */
@Injectable()
export class Seed implements OnModuleInit, OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly loop: Loop;
  private readonly importing: Loop;
  private readonly said = new Map<string, string>();

  constructor(
    private readonly config: GatewayConfig,
    private readonly database: Database,
    private readonly bundles: Bundles,
    private readonly commands: Commands,
    private readonly people: PeopleDesk,
    @Inject(AUDIT) private readonly audit: Audit,
    @Inject(LOGGER) private readonly log: Logger,
  ) {
    this.loop = new Loop('seed', LOOK_EVERY_MS, () => this.borealis(), log);
    this.importing = new Loop('bundles', IMPORT_EVERY_MS, () => this.importAll(), log);
  }

  async onModuleInit(): Promise<void> {
    if (this.config.seed !== 'none') await seedPeople(this.database, this.audit);
    await this.firstGovernor();
    await this.importAtStart();
  }

  onApplicationBootstrap(): void {
    this.importing.start();
    if (this.config.seed === 'people-and-team') this.loop.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await Promise.all([this.loop.stop(), this.importing.stop()]);
  }

  /** Who asks a gateway that has just started finds its bundles; but for a gate that does not come it starts all the same. */
  private async importAtStart(): Promise<void> {
    const until = Date.now() + this.config.gateWaitMs;
    while ((await this.importAll()) === 'waits' && Date.now() < until) await sleep(GATE_LOOK_MS);
  }

  /** The gate, which puts prices and templates in force, may not be there yet, and a file may be mended: the next round tries again. */
  private async importAll(): Promise<ImportStanding> {
    const standing = await importBundles({ database: this.database, audit: this.audit, log: this.log, said: this.said }, this.config.bundlesDir);
    if (standing === 'settled') this.importing.done();
    return standing;
  }

  /** At an issuer of the operator's own nobody can enter anybody until there is somebody who may. */
  private async firstGovernor(): Promise<void> {
    const { oidc, firstGovernor } = this.config;
    if (oidc === undefined || firstGovernor === undefined) return;
    const first = await this.people.enterFirst(oidc.issuer, firstGovernor);
    if (typeof first === 'object') this.log.info({ person: first.id }, 'the first governor of the platform was entered');
    else if (first !== 'entered_before') this.log.warn({ issuer: oidc.issuer }, TO_DO[first]);
  }

  /** One step of the team's life per round, through the same doors as everybody. The gate may not be there yet: the next round tries again. */
  private async borealis(): Promise<void> {
    const teamId = TeamId.parse(BOREALIS_TEAM);
    const state = await this.stateOf(teamId);
    if (state === undefined) {
      const version = (await this.bundles.list()).find(({ id }) => id === BUNDLE)?.version;
      if (version === undefined) return;
      await this.commands.carry(hireTeam, { teamId, by: as('ben'), bundleId: BUNDLE, bundleVersion: version, mode: 'production' });
    } else if (state === 'requested') await this.commands.carry(moveTeam, { teamId, by: as('genesis'), verb: 'certify', reason: 'shipped bundle' });
    else if (state === 'certified') await this.commands.carry(moveTeam, { teamId, by: as('ben'), verb: 'deploy', reason: '' });
    else this.loop.done();
  }

  private async stateOf(teamId: TeamId): Promise<TeamState | undefined> {
    const row = await this.database.withTeam(teamId, (tx) => tx.one<{ state: TeamState }>(sql`select state from app.team where team_id = ${teamId}`));
    return row?.state;
  }
}
