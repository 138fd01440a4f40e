import { IsIn, IsOptional } from 'class-validator';
import { defineCommand } from '../command.js';
import { IsId, IsNested, IsText } from '../rules.js';
import { EFFECT_STATES, SETTLEMENTS, type EffectState, type Settlement } from '../states.js';
import type { ApprovalId, TeamId } from '../ids.js';
import { CommandReply, Requester } from './gateway.js';

/** A person settles an effect whose outcome is unknown (P5). The settlement's id makes the command idempotent. */
export class SettleEffect {
  @IsId() teamId!: TeamId;
  @IsId() approvalId!: ApprovalId;
  @IsId() settlementId!: string;
  @IsNested(() => Requester) by!: Requester;
  @IsIn(SETTLEMENTS) outcome!: Settlement;
  /** Needed with a word of their own; a look speaks for itself. */
  @IsText(2000, 0) reason!: string;
}
export class SettleReply extends CommandReply {
  /** Of the effect now; still `unknown` when the target gave no answer to a look. */
  @IsOptional() @IsIn(EFFECT_STATES) state?: EffectState;
}
export const settleEffect = defineCommand({ service: 'executor', verb: 'settle_effect', caller: 'gateway', request: SettleEffect, reply: SettleReply });
