import { CommandClient } from '@countersign/bus';
import { checkpoint, RefusedError, type CheckpointReply, type TeamId } from '@countersign/contracts';
import { Injectable } from '@nestjs/common';
import { AuditProofs } from '../postgres/audit-proofs.js';

/** A log, by its key (C2SP vkey) and the name in it. */
export interface LogKey {
  readonly origin: string;
  readonly vkey: string;
}

/** The notary, as it is asked for heads. */
@Injectable()
export class SignedHeads {
  constructor(
    private readonly commands: CommandClient,
    private readonly proofs: AuditProofs,
  ) {}

  /** Has the notary sign what is there now. A notary that refuses (a rewritten history) is told as it stands, with the entries concerned. */
  async sign(teamId: TeamId): Promise<LogKey> {
    const { ok, code, seq, vkey = '' }: CheckpointReply = await this.commands.request(checkpoint, { teamId });
    if (!ok) throw new RefusedError(code, 'the notary does not sign this history', { ...(seq === undefined ? {} : { seq }), ...(await this.proofs.misfitOf(teamId)) });
    return { origin: vkey.slice(0, vkey.indexOf('+')), vkey }; // name+id+key, and the name is the log's origin
  }
}
