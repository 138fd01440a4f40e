import { createHash } from 'node:crypto';
import { canonicalJson, type Json } from '@countersign/audit';
import { ApprovalId, BatchSyncBody, routes, type BatchSynced, type DecisionRecorded, type SavedDecision, type SyncedDecision } from '@countersign/contracts';
import { LOGGER, type Logger } from '@countersign/service';
import { Body, Controller, Inject } from '@nestjs/common';
import { HttpRefusal, isRefusal, problemOf } from '../../domain/problem.js';
import { DecisionDesk } from './decision-desk.js';
import { Once } from './once.js';
import { By, Operation, RequestId, type Session } from './operation.js';
import { asRefusal } from './refusal.js';

/** Decisions that were made without a connection. */
@Controller()
export class BatchSyncController {
  constructor(
    private readonly desk: DecisionDesk,
    private readonly once: Once,
    @Inject(LOGGER) private readonly log: Logger,
  ) {}

  /** One after the other, in the order in which they were made; each stands or falls alone. */
  @Operation(routes.batchSync)
  async sync(@By() by: Session, @RequestId() requestId: string, @Body() { personId, decisions }: BatchSyncBody): Promise<BatchSynced> {
    if (personId !== undefined && personId !== by.personId) throw new HttpRefusal('decisions_not_yours', 'these are decisions of somebody else: they can sign in and send them');
    const synced: SyncedDecision[] = [];
    for (const saved of decisions) synced.push(await this.one(by, saved, requestId));
    return { decisions: synced };
  }

  private async one(by: Session, saved: SavedDecision, requestId: string): Promise<SyncedDecision> {
    const { approvalId, idempotencyKey } = saved;
    try {
      const { answer, replayed } = await this.once.run(nameOf(by, saved), async (decisionId) => ({ status: 200, body: await this.take(by, saved, decisionId), headers: {} }));
      return { approvalId, idempotencyKey, outcome: replayed ? 'replayed' : 'recorded', recorded: answer.body as DecisionRecorded, problem: null };
    } catch (error) {
      const refusal = asRefusal(error);
      const { status, problem } = problemOf(refusal, requestId);
      if (status >= 500) this.log.error({ err: error, requestId, approvalId }, 'a saved decision could not be recorded');
      const known = isRefusal(refusal) && status < 500 && problem.code !== 'request_in_progress';
      return { approvalId, idempotencyKey, outcome: known ? 'refused' : 'failed', recorded: null, problem };
    }
  }

  private take(by: Session, { approvalId, teamId, version, idempotencyKey: _, decidedAt, ...body }: SavedDecision, decisionId: string): Promise<DecisionRecorded> {
    return this.desk.take(by, { approvalId: ApprovalId.parse(approvalId), teamId, body, version, decisionId, decidedOfflineAt: new Date(decidedAt) });
  }
}

/** The same decision in another batch is the same; a key that comes with another one is not. How long it may be its own rules say: a review in some scripts is longer than what the chain takes. */
const nameOf = ({ personId }: Session, saved: SavedDecision) => ({
  personId,
  key: `${routes.batchSync.path} ${saved.approvalId} ${saved.idempotencyKey}`,
  hash: createHash('sha256').update(canonicalJson(JSON.parse(JSON.stringify(saved)) as Json, Infinity)).digest(),
});
