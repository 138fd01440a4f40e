import type { Delivery } from '@countersign/bus';
import { AppError, type ApprovalId, type ApprovalRequested, type DeliverableId, type TeamId } from '@countersign/contracts';
import { Database, DatabaseError, GuardError, type Tx } from '@countersign/database';
import { LOGGER, type Logger } from '@countersign/service';
import { Inject, Injectable } from '@nestjs/common';
import { AskApproval } from './adapters/postgres/ask-approval.js';

const AT_ONCE = 50;

interface Unasked {
  readonly team_id: TeamId;
  readonly id: DeliverableId;
  readonly epoch: number;
}

/** Asks people about proposed deliverables: when told, and by looking, so that a lost message loses nothing. */
@Injectable()
export class Asking {
  private readonly complained = new Set<string>();
  /** Where the next look goes on; null: with the first. */
  private after: DeliverableId | null = null;

  constructor(
    private readonly database: Database,
    private readonly approvals: AskApproval,
    @Inject(LOGGER) private readonly log: Logger,
  ) {}

  async onRequest({ deliverableId, epoch }: ApprovalRequested, delivery: Delivery): Promise<void> {
    await orAskedMeanwhile(() => delivery.apply(this.database, this.question(delivery.teamId, deliverableId, epoch), { fence: epoch }));
  }

  /**
   * Asks about the next page of proposals that nobody was asked about, and begins anew after the last one. One that cannot be
   * asked about holds up no other; it is named once for each reason, in the log and to whoever looks at its goal.
   */
  async askUnasked(): Promise<void> {
    const unasked = await this.database.ops<Unasked>('unasked_deliverables', this.after, AT_ONCE);
    this.after = unasked.length < AT_ONCE ? null : unasked[AT_ONCE - 1]!.id;
    for (const { team_id, id, epoch } of unasked) {
      try {
        await orAskedMeanwhile(() => this.database.withTeam(team_id, this.question(team_id, id, epoch), { fence: epoch }));
      } catch (error) {
        this.complain(error, team_id, id);
        if (stays(error)) await this.database.withTeam(team_id, (tx) => this.approvals.failed(tx, team_id, id, codeOf(error)), { fence: epoch }).catch((again: unknown) => this.complain(again, team_id, id));
      }
    }
  }

  private complain(error: unknown, teamId: TeamId, deliverableId: DeliverableId): void {
    const reason = `${deliverableId} ${error instanceof AppError ? error.code : String(error)}`;
    if (!this.complained.has(reason)) this.log.error({ err: error, teamId, deliverableId }, 'a proposal cannot be put to a person');
    this.complained.add(reason);
  }

  private question(teamId: TeamId, deliverableId: DeliverableId, epoch: number): (tx: Tx) => Promise<ApprovalId | undefined> {
    return async (tx) => {
      const id = await this.approvals.ask(tx, teamId, deliverableId, epoch);
      if (id !== undefined) this.log.info({ teamId, approvalId: id }, 'a person is asked');
      return id;
    };
  }
}

/** Whether the next look finds it again: neither a team that has moved on nor a connection that was lost is a reason to tell anybody. */
const stays = (error: unknown): boolean => !(error instanceof GuardError) && !(error instanceof AppError && error.retryable);
const codeOf = (error: unknown): string => (error instanceof AppError ? error.code : 'not_askable');

/** Message and sweep may come at once; the second finds the approval there. */
async function orAskedMeanwhile(ask: () => Promise<unknown>): Promise<void> {
  try {
    await ask();
  } catch (error) {
    if (!(error instanceof DatabaseError) || error.code !== 'already_exists') throw error;
  }
}
