import { IsIn, IsOptional } from 'class-validator';
import { defineCommand } from '../command.js';
import { IsCount, IsId, IsListOf, IsNested, IsText } from '../rules.js';
import { EFFECT_STATES, SETTLEMENTS, type EffectState, type Settlement } from '../states.js';
import type { ApprovalId, CustomerId, TeamId } from '../ids.js';
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
/** Says "look": the executor reads the customer's enrolments again, pins what it has not pinned, and ends what was removed. */
export class PinKeys {
  @IsId() customerId!: CustomerId;
}
export class PinnedAt {
  @IsId() keyId!: string;
  /** Milliseconds since 1970, by the executor's clock. */
  @IsCount() effectiveFrom!: number;
  /** The same of what cannot be undone. */
  @IsCount() highestFrom!: number;
}
export class PinReply extends CommandReply {
  @IsListOf(() => PinnedAt, 10_000) keys!: PinnedAt[];
}
export const pinKeys = defineCommand({ service: 'executor', verb: 'pin_keys', caller: 'gateway', request: PinKeys, reply: PinReply });
export const settleEffect = defineCommand({ service: 'executor', verb: 'settle_effect', caller: 'gateway', request: SettleEffect, reply: SettleReply });
