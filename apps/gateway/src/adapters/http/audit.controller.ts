import { Readable } from 'node:stream';
import { DECISION_RECEIPT_EXTENSION, decisionReceiptText, exportChain } from '@countersign/audit';
import { ApprovalId, AuditProofQuery, AuditQuery, IdPath, InvalidInputError, ReceiptQuery, routes, TeamPath, type AuditProofView, type CheckpointView, type DecisionList } from '@countersign/contracts';
import { Database } from '@countersign/database';
import { Controller, Param, Query, Res, StreamableFile } from '@nestjs/common';
import { mayReadContent } from '../../domain/access.js';
import { HttpRefusal } from '../../domain/problem.js';
import { SignedHeads } from '../nats/signed-heads.js';
import { AuditEntries } from '../postgres/audit-entries.js';
import { AuditProofs, type EntryChoice } from '../postgres/audit-proofs.js';
import { DecisionReceipts } from '../postgres/decision-receipts.js';
import { TeamAccess } from '../postgres/team-access.js';
import { DecisionDesk } from './decision-desk.js';
import { By, Operation, type GatewayReply, type Session } from './operation.js';

/** A team's record, for whoever may see the team: personal fields stand in it as commitments. */
@Controller()
export class AuditController {
  constructor(
    private readonly entries: AuditEntries,
    private readonly proofs: AuditProofs,
    private readonly receipts: DecisionReceipts,
    private readonly desk: DecisionDesk,
    private readonly access: TeamAccess,
    private readonly heads: SignedHeads,
    private readonly database: Database,
  ) {}

  @Operation(routes.listEntries)
  async list(@By() by: Session, @Param() path: TeamPath, @Query() query: AuditQuery) {
    const { teamId } = await this.access.team(by, path.teamId);
    return this.entries.page(teamId, query.after, query.limit);
  }

  @Operation(routes.readCheckpoint)
  async checkpoint(@By() by: Session, @Param() path: TeamPath): Promise<CheckpointView> {
    const { teamId } = await this.access.team(by, path.teamId);
    const { vkey } = await this.heads.sign(teamId);
    return { ...(await this.entries.checkpoint(teamId)), vkey };
  }

  @Operation(routes.readProof)
  async proof(@By() by: Session, @Param() path: TeamPath, @Query() query: AuditProofQuery): Promise<AuditProofView> {
    const { teamId } = await this.access.team(by, path.teamId);
    const wanted = wantedProof(query);
    if (wanted.size === undefined) await this.heads.sign(teamId);
    return 'from' in wanted ? this.proofs.consistency(teamId, wanted.from, wanted.size) : this.proofs.inclusion(teamId, wanted.entry, wanted.size);
  }

  @Operation(routes.readReceipt)
  async receipt(@By() by: Session, @Param() { id }: IdPath, @Query() { decision }: ReceiptQuery, @Res({ passthrough: true }) reply: GatewayReply): Promise<StreamableFile> {
    const { approvalId, teamId, customerId } = await this.decided(by, id);
    const text = decisionReceiptText(await this.receipts.of(teamId, customerId, approvalId, decision));
    void reply.header('content-disposition', `attachment; filename="${approvalId}${DECISION_RECEIPT_EXTENSION}"`);
    return new StreamableFile(Buffer.from(text), { type: 'application/json' });
  }

  @Operation(routes.listDecisions)
  async decisions(@By() by: Session, @Param() { id }: IdPath): Promise<DecisionList> {
    const { approvalId, teamId } = await this.decided(by, id);
    const made = await this.receipts.list(teamId, approvalId);
    return { items: await Promise.all(made.map(async ({ entry, by: whose }) => ({ ...entry, ...(await this.desk.names(by, whose)) }))) };
  }

  /** For the customer's people alone. */
  private async decided(by: Session, id: string) {
    const approvalId = ApprovalId.parse(id);
    const { teamId, customerId } = await this.access.approval(by, approvalId);
    if (!mayReadContent(by, customerId)) throw new HttpRefusal('content_not_yours', "the receipt belongs to the team's customer");
    return { approvalId, teamId, customerId };
  }

  @Operation(routes.exportChain)
  async export(@By() by: Session, @Param() path: TeamPath, @Res({ passthrough: true }) reply: GatewayReply): Promise<StreamableFile> {
    const { teamId } = await this.access.team(by, path.teamId);
    const { origin, vkey } = await this.heads.sign(teamId);
    void reply.header('content-disposition', `attachment; filename="audit-${teamId}.ndjson"`);
    return new StreamableFile(Readable.from(exportChain(this.database, { team: teamId, origin, vkey })), { type: 'application/x-ndjson' });
  }
}

type WantedProof = { readonly entry: EntryChoice; readonly size: number | undefined } | { readonly from: number; readonly size: number | undefined };

/** One question at a time: about an entry, or about an earlier head. */
function wantedProof({ index, entryId, size, from, to }: AuditProofQuery): WantedProof {
  const asked = [index, entryId, from].filter((one) => one !== undefined);
  const stray = from === undefined ? to : size;
  if (asked.length !== 1 || stray !== undefined) {
    throw new InvalidInputError('a proof is asked for with index or entryId (and size), or with from (and to)', [{ pointer: '', rule: 'oneOf', message: 'index, entryId or from' }]);
  }
  if (from !== undefined) return { from, size: to };
  return { entry: index === undefined ? { entryId: entryId! } : { index }, size };
}
