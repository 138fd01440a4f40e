import type { Delivery } from '@countersign/bus';
import { RefusedError, type ApprovalId, type ApprovalRequested, type DeliverableId, type TeamId } from '@countersign/contracts';
import { Database, DatabaseError, GuardError, type Tx } from '@countersign/database';
import { LOGGER, type Logger } from '@countersign/service';
import { Inject, Injectable } from '@nestjs/common';
import { AskApproval } from './adapters/postgres/ask-approval.js';

interface Unasked {
  readonly team_id: TeamId;
  readonly id: DeliverableId;
  readonly epoch: number;
}

/** Asks people about proposed deliverables: when told, and by looking, so that a lost message loses nothing. */
@Injectable()
export class Asking {
  private readonly complained = new Set<string>();

  constructor(
    private readonly database: Database,
    private readonly approvals: AskApproval,
    @Inject(LOGGER) private readonly log: Logger,
  ) {}

  async onRequest({ deliverableId, epoch }: ApprovalRequested, delivery: Delivery): Promise<void> {
    await orAskedMeanwhile(() => delivery.apply(this.database, this.question(delivery.teamId, deliverableId, epoch), { fence: epoch }));
  }

  /** Asks about every proposal that nobody was asked about. One that cannot be asked about is named once in the log. */
  async askUnasked(): Promise<void> {
    for (const { team_id, id, epoch } of await this.database.ops<Unasked>('unasked_deliverables')) {
      try {
        await orAskedMeanwhile(() => this.database.withTeam(team_id, this.question(team_id, id, epoch), { fence: epoch }));
      } catch (error) {
        if (!(error instanceof RefusedError) && !(error instanceof GuardError)) throw error;
        if (!this.complained.has(id)) this.log.error({ err: error, teamId: team_id, deliverableId: id }, 'a proposal cannot be put to a person');
        this.complained.add(id);
      }
    }
  }

  private question(teamId: TeamId, deliverableId: DeliverableId, epoch: number): (tx: Tx) => Promise<ApprovalId | undefined> {
    return async (tx) => {
      const id = await this.approvals.ask(tx, teamId, deliverableId, epoch);
      if (id !== undefined) this.log.info({ teamId, approvalId: id }, 'a person is asked');
      return id;
    };
  }
}

/** Message and sweep may come at once; the second finds the approval there. */
async function orAskedMeanwhile(ask: () => Promise<unknown>): Promise<void> {
  try {
    await ask();
  } catch (error) {
    if (!(error instanceof DatabaseError) || error.code !== 'already_exists') throw error;
  }
}
