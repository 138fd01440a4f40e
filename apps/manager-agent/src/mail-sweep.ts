import { LOGGER, Sweep, type Logger } from '@countersign/service';
import { Inject, Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { MailDesk } from './mail-desk.js';

const SWEEP_MS = 10 * 60_000;

/** Puts messages away that nobody has, in teams to which nobody writes as well. */
@Injectable()
export class MailSweep implements OnModuleInit, OnModuleDestroy {
  private readonly sweep: Sweep;

  constructor(mail: MailDesk, @Inject(LOGGER) log: Logger) {
    this.sweep = new Sweep('messages', SWEEP_MS, () => mail.putAwayOld(), log);
  }

  onModuleInit(): void {
    this.sweep.start();
  }

  onModuleDestroy(): Promise<void> {
    return this.sweep.stop();
  }
}
