import { buryForged, readRefusal } from '@countersign/bus';
import { databaseRole, type TeamId } from '@countersign/contracts';
import { Database } from '@countersign/database';
import { LOGGER, Sweep, type Logger } from '@countersign/service';
import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import type { BrokerLog } from '../../config.js';
import { attemptsOf, type Refused } from '../../domain/bus-attempts.js';
import { SignalWatch } from '../postgres/signal-watch.js';
import { readTeam } from '../postgres/spawn-rows.js';
import { GrownFile } from './grown-file.js';

export const BROKER_LOG = Symbol('broker log');
const EVERY_MS = 500;
const CONSUMER = `${databaseRole('spawn-gate')}:refused`;

/**
 * Follows what the broker refused the managers' credential, whoever has it. What was tried in the name of a team is kept beside its forged
 * messages and counts as one more of them; the rest is raised in the platform's own record. A line that is read again says nothing new.
 */
@Injectable()
export class BrokerWatch implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly rounds: Sweep | undefined;
  private readonly file: GrownFile | undefined;
  private waiting: readonly Refused[] = [];

  constructor(
    private readonly database: Database,
    private readonly signals: SignalWatch,
    @Inject(BROKER_LOG) private readonly broker: BrokerLog | undefined,
    @Inject(LOGGER) private readonly log: Logger,
  ) {
    if (!broker) return;
    this.file = new GrownFile(broker.path);
    this.rounds = new Sweep('refused by the broker', EVERY_MS, () => this.follow(), log);
  }

  onApplicationBootstrap(): void {
    if (!this.rounds) this.log.warn('nobody follows what the broker refuses: COUNTERSIGN_BROKER_LOG is not set');
    this.rounds?.start();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.rounds?.stop();
  }

  /** What could not be noted is noted in the next round; noted twice, it stands there once. */
  private async follow(): Promise<void> {
    for (let more = true; more; ) {
      const read = await this.file!.lines();
      more = read.more;
      this.waiting = [...this.waiting, ...read.lines.map(readRefusal).filter((one) => one !== undefined)];
      await this.note();
    }
  }

  private async note(): Promise<void> {
    const { ofTeams, elsewhere, hidden } = attemptsOf(this.waiting, this.broker!.managerKey);
    for (const [teamId, tried] of ofTeams) await this.noteOfTeam(teamId, tried);
    if (elsewhere.length > 0) await this.signals.triedElsewhere('credential', elsewhere);
    if (hidden.length > 0) await this.signals.triedElsewhere('hidden', hidden);
    this.waiting = [];
  }

  private async noteOfTeam(teamId: TeamId, tried: readonly Refused[]): Promise<void> {
    if (!(await this.database.withTeam(teamId, readTeam))) return;
    for (const { subject, line } of tried) await buryForged(this.database, { teamId, consumer: CONSUMER, subject, place: line, headers: {}, payload: Buffer.from(line), sender: 'manager-agent' });
    this.signals.soon(teamId);
  }
}
