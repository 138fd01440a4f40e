import { Readable } from 'node:stream';
import { exportChain } from '@countersign/audit';
import { CommandClient } from '@countersign/bus';
import { AuditProofQuery, AuditQuery, checkpoint, InvalidInputError, RefusedError, routes, TeamPath, type AuditProofView, type CheckpointReply, type CheckpointView, type TeamId } from '@countersign/contracts';
import { Database } from '@countersign/database';
import { Controller, Param, Query, Res, StreamableFile } from '@nestjs/common';
import { AuditEntries } from '../postgres/audit-entries.js';
import { AuditProofs, type EntryChoice } from '../postgres/audit-proofs.js';
import { TeamAccess } from '../postgres/team-access.js';
import { By, Operation, type GatewayReply, type Session } from './operation.js';

/** A team's record, for whoever may see the team: personal fields stand in it as commitments. */
@Controller()
export class AuditController {
  constructor(
    private readonly entries: AuditEntries,
    private readonly proofs: AuditProofs,
    private readonly access: TeamAccess,
    private readonly commands: CommandClient,
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
    const { vkey } = await this.sign(teamId);
    return { ...(await this.entries.checkpoint(teamId)), vkey };
  }

  @Operation(routes.readProof)
  async proof(@By() by: Session, @Param() path: TeamPath, @Query() query: AuditProofQuery): Promise<AuditProofView> {
    const { teamId } = await this.access.team(by, path.teamId);
    const wanted = wantedProof(query);
    if (wanted.size === undefined) await this.sign(teamId);
    return 'from' in wanted ? this.proofs.consistency(teamId, wanted.from, wanted.size) : this.proofs.inclusion(teamId, wanted.entry, wanted.size);
  }

  @Operation(routes.exportChain)
  async export(@By() by: Session, @Param() path: TeamPath, @Res({ passthrough: true }) reply: GatewayReply): Promise<StreamableFile> {
    const { teamId } = await this.access.team(by, path.teamId);
    const { origin, vkey } = await this.sign(teamId);
    void reply.header('content-disposition', `attachment; filename="audit-${teamId}.ndjson"`);
    return new StreamableFile(Readable.from(exportChain(this.database, { team: teamId, origin, vkey })), { type: 'application/x-ndjson' });
  }

  /** Has the notary sign what is there now. A notary that refuses (a rewritten history) is told as it stands. */
  private async sign(teamId: TeamId): Promise<{ origin: string; vkey: string }> {
    const reply: CheckpointReply = await this.commands.request(checkpoint, { teamId });
    if (!reply.ok) throw new RefusedError(reply.code, 'the notary does not sign this history');
    const vkey = reply.vkey ?? '';
    return { origin: vkey.slice(0, vkey.indexOf('+')), vkey }; // C2SP vkey: name+id+key, and the name is the log's origin
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
