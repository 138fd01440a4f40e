import type { Message, SubjectParams, TeamId } from '@countersign/contracts';
import { publish } from '@countersign/bus';
import { Database } from '@countersign/database';
import { LOGGER, type Logger } from '@countersign/service';
import { Inject, Injectable } from '@nestjs/common';

/** A subject speaks at most this often; what comes between is replaced by what comes after. */
const QUIET_MS = 500;

/** Messages that tell and decide nothing: the latest of each subject, at most twice a second. */
@Injectable()
export class Announcer {
  private readonly waiting = new Map<string, () => Promise<void>>();
  private readonly quiet = new Set<string>();

  constructor(
    private readonly database: Database,
    @Inject(LOGGER) private readonly log: Logger,
  ) {}

  readonly announce = <T extends object, S extends string>(message: Message<T, S>, params: SubjectParams<S>, body: NoInfer<T>): void => {
    const { teamId } = params as unknown as { teamId: TeamId };
    const key = JSON.stringify([message.name, params]);
    const send = (): Promise<void> =>
      this.database.withTeam(teamId, (tx) => {
        tx.ledgerOnly();
        publish(tx, message, params, body);
        return Promise.resolve();
      });
    this.waiting.set(key, send);
    if (!this.quiet.has(key)) this.send(key);
  };

  private send(key: string): void {
    const send = this.waiting.get(key);
    this.waiting.delete(key);
    if (!send) return void this.quiet.delete(key);
    this.quiet.add(key);
    send().catch((error: unknown) => this.log.warn({ err: error }, 'progress was not announced'));
    setTimeout(() => this.send(key), QUIET_MS).unref();
  }
}
