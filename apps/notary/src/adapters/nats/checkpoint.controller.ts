import { OnCommand } from '@countersign/bus';
import { checkpoint, type CheckpointReply, type CheckpointRequest } from '@countersign/contracts';
import { Controller, Inject } from '@nestjs/common';

import { Notary } from '../../notary.js';

/** `cmd.notary.checkpoint`: a signed head now, for a person who is about to see or keep it. */
@Controller()
export class CheckpointController {
  constructor(@Inject(Notary) private readonly notary: Notary) {}

  @OnCommand(checkpoint)
  async checkpoint({ teamId }: CheckpointRequest): Promise<CheckpointReply> {
    const outcome = await this.notary.checkpoint(teamId);
    return outcome.ok ? { ...outcome, code: 'ok' } : outcome;
  }
}
