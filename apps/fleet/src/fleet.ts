import { Database } from '@countersign/database';
import { modelsFromEnv } from '@countersign/models';
import { LocalRemotes, LOGGER, ServiceConfig, Sweep, type Logger, THE_WIRE } from '@countersign/service';
import { Inject, Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { mkdir } from 'node:fs/promises';
import { AgentShelf } from './adapters/agents/shelf.js';
import type { SandboxUse } from './adapters/checks/check-sandbox.js';
import { DraftChecker } from './adapters/checks/draft-checker.js';
import { CommitQueue } from './adapters/git/commit-queue.js';
import { Mirrors } from './adapters/git/mirrors.js';
import { FleetModels } from './adapters/models.js';
import { Announcer } from './adapters/nats/announcer.js';
import { Gate } from './adapters/nats/gate.js';
import { TeamLine } from './adapters/nats/team-line.js';
import { DraftStore } from './adapters/postgres/draft-store.js';
import { forgetTraces } from './adapters/postgres/forget-traces.js';
import { MirrorStore } from './adapters/postgres/mirror-store.js';
import { RunStore } from './adapters/postgres/run-store.js';
import { removeTree } from './adapters/remove-tree.js';
import { establishLevel } from './adapters/sandbox/index.js';
import { SecretFiles } from './adapters/tools/secret-files.js';
import { SkillFiles } from './adapters/skill-files.js';
import { openWorkFolder } from './adapters/work-folder.js';
import { Adoption } from './adoption.js';
import { readFleetConfig } from './config.js';
import { DraftDesk } from './draft-desk.js';
import { MirrorKeeper } from './mirror-keeper.js';
import { RunLoop } from './run-loop.js';

/** A fleet that runs as root gives its workers this uid (nobody): nothing of a repository or an agent is ever root. */
const NOBODY = { uid: 65_534, gid: 65_534 };
const MIRRORS_EVERY_MS = 3_600_000;
const TRACES_EVERY_MS = 10 * 60_000;

/** Everything of this process that lives: made when Nest starts, ended when it stops. */
@Injectable()
export class Fleet implements OnModuleInit, OnModuleDestroy {
  loop!: RunLoop;
  desk!: DraftDesk;
  adoption!: Adoption;
  private shelf: AgentShelf | undefined;
  private workFolder: string | undefined;
  private keeper: Sweep | undefined;
  private traces: Sweep | undefined;

  constructor(
    private readonly service: ServiceConfig,
    private readonly database: Database,
    readonly runs: RunStore,
    private readonly drafts: DraftStore,
    private readonly mirrorRows: MirrorStore,
    private readonly gate: Gate,
    private readonly team: TeamLine,
    private readonly announcer: Announcer,
    @Inject(LOGGER) private readonly log: Logger,
  ) {}

  async onModuleInit(): Promise<void> {
    const config = readFleetConfig(this.service.home, process.env);
    await mkdir(config.mirrorsDir, { recursive: true });
    this.workFolder = await openWorkFolder(config.workDir);
    const dropTo = process.getuid?.() === 0 ? NOBODY : undefined;
    const report = await establishLevel({ product: config.sandbox, ...dropTo });
    this.log.info({ level: report.level, product: report.product, evidence: report.evidence, reason: report.reason }, 'sandbox level established');
    const sandbox: SandboxUse = { level: report.level, workDir: this.workFolder, dropTo };
    this.shelf = await AgentShelf.open(config.agentsDir, this.log);
    const mirrors = new Mirrors(config.mirrorsDir);
    this.adoption = new Adoption(mirrors, this.mirrorRows, new LocalRemotes(this.service.home, config.mirrorsDir, process.env['NODE_ENV'] === 'production'));
    const parts = {
      log: this.log, runs: this.runs, drafts: this.drafts, gate: this.gate, team: this.team, mirrors, commits: new CommitQueue(), checker: new DraftChecker(sandbox), models: new FleetModels(modelsFromEnv(process.env)),
      sandbox, web: { wire: THE_WIRE, searchUrl: config.searchUrl }, secrets: new SecretFiles(config.secretsDir), skills: new SkillFiles(config.policiesDir), agents: this.shelf.agents, announce: this.announcer.announce,
    };
    this.desk = new DraftDesk(parts, this.database);
    this.loop = new RunLoop(parts, this.database, config.concurrency);
    this.keeper = new Sweep('mirrors', MIRRORS_EVERY_MS, () => new MirrorKeeper(mirrors, this.mirrorRows, config.mirrorsKeptHours, this.log).round(), this.log);
    this.keeper.start();
    this.traces = new Sweep('traces of runs', TRACES_EVERY_MS, () => forgetTraces(this.database, config.tracesKeptHours), this.log);
    this.traces.start();
    this.desk.start();
    this.loop.start();
  }

  async onModuleDestroy(): Promise<void> {
    this.shelf?.close();
    await this.keeper?.stop();
    await this.traces?.stop();
    await this.loop?.close();
    await this.desk?.close();
    if (this.workFolder) await removeTree(this.workFolder);
  }
}
