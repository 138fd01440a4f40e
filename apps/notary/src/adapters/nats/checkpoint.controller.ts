import { OnCommand } from '@countersign/bus';
import { checkpoint, cover, type CheckpointReply, type CheckpointRequest } from '@countersign/contracts';
import { Controller, Inject } from '@nestjs/common';

import { Notary } from '../../notary.js';

/** A signed head now: `cmd.notary.checkpoint` for a person who is about to see or keep it, `cmd.notary.cover` for the executor before it acts. */
@Controller()
export class CheckpointController {
  constructor(@Inject(Notary) private readonly notary: Notary) {}

  @OnCommand(checkpoint)
  async checkpoint({ teamId }: CheckpointRequest): Promise<CheckpointReply> {
    const outcome = await this.notary.checkpoint(teamId);
    return outcome.ok ? { ...outcome, code: 'ok' } : outcome;
  }

  @OnCommand(cover)
  cover(request: CheckpointRequest): Promise<CheckpointReply> {
    return this.checkpoint(request);
  }
}
