import { Readable } from 'node:stream';
import { exportChain } from '@countersign/audit';
import { CommandClient } from '@countersign/bus';
import { AuditQuery, checkpoint, RefusedError, routes, TeamPath, type CheckpointReply, type CheckpointView, type TeamId } from '@countersign/contracts';
import { Database } from '@countersign/database';
import { Controller, Param, Query, Res, StreamableFile } from '@nestjs/common';
import { AuditEntries } from '../postgres/audit-entries.js';
import { TeamAccess } from '../postgres/team-access.js';
import { By, Operation, type GatewayReply, type Session } from './operation.js';

/** A team's record, for whoever may see the team: personal fields stand in it as commitments. */
@Controller()
export class AuditController {
  constructor(
    private readonly entries: AuditEntries,
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
    await this.sign(teamId);
    return this.entries.checkpoint(teamId);
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
