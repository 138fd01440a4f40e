import { buryForged, readRefusal } from '@countersign/bus';
import { databaseRole, type TeamId } from '@countersign/contracts';
import { Database } from '@countersign/database';
import { Health, LOGGER, Sweep, type Logger } from '@countersign/service';
import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import type { BrokerLog } from '../../config.js';
import { attemptsOf, type Refused } from '../../domain/bus-attempts.js';
import { SignalWatch } from '../postgres/signal-watch.js';
import { GrownFile, type Grown } from './grown-file.js';

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
    private readonly health: Health,
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
    await this.file?.close();
  }

  /** One round. What could not be noted is noted in the next one, before anything else is read; noted twice, it stands there once. */
  async follow(): Promise<void> {
    for (let more = true; more; ) {
      await this.note();
      const read = await this.read();
      more = read?.more ?? false;
      this.waiting = (read?.lines ?? []).map(readRefusal).filter((one) => one !== undefined);
    }
    await this.note();
  }

  private async read(): Promise<Grown | undefined> {
    const gone = (why: string): void => this.health.report('broker log', `nobody follows what the broker refuses: its log ${this.broker!.path} ${why}`);
    try {
      const read = await this.file!.lines();
      if (read) this.health.report('broker log', undefined);
      else gone('is not there');
      return read;
    } catch (error) {
      gone('cannot be read');
      throw error;
    }
  }

  private async note(): Promise<void> {
    const { ofTeams, elsewhere, hidden } = attemptsOf(this.waiting, this.broker!.managerKey);
    const there = await this.teamsAmong([...ofTeams.keys()]);
    const nobodys = [...elsewhere, ...[...ofTeams].flatMap(([teamId, tried]) => (there.has(teamId) ? [] : tried))];
    for (const [teamId, tried] of ofTeams) if (there.has(teamId)) await this.noteOfTeam(teamId, tried);
    if (nobodys.length > 0) await this.signals.triedElsewhere('credential', nobodys);
    if (hidden.length > 0) await this.signals.triedElsewhere('hidden', hidden);
    this.waiting = [];
  }

  private async teamsAmong(wanted: readonly TeamId[]): Promise<ReadonlySet<TeamId>> {
    if (wanted.length === 0) return new Set();
    const rows = await this.database.ops<{ team_id: TeamId }>('teams_among', wanted);
    return new Set(rows.map(({ team_id }) => team_id));
  }

  private async noteOfTeam(teamId: TeamId, tried: readonly (Refused & { readonly subject: string })[]): Promise<void> {
    for (const { subject, line, at } of tried) await buryForged(this.database, { teamId, consumer: CONSUMER, subject, place: line, headers: {}, payload: Buffer.from(line), sender: 'manager-agent', at });
    this.signals.soon(teamId);
  }
}
