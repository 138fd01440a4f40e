import type { Amounts, InstanceId, ModelUsage, TeamId } from '@countersign/contracts';
import type { ModelBudget } from '@countersign/models';
import { canPay } from '../../domain/slice.js';
import type { Gate } from '../nats/gate.js';

/** What the model calls of one run hold and have used. The gate decides about each; this only knows which ones it need not be asked about. */
export class CallMeter {
  private used: Amounts = {};
  private readonly held = new Map<string, Amounts>();

  constructor(
    private readonly gate: Pick<Gate, 'reserve' | 'settle'>,
    private readonly teamId: TeamId,
    private readonly instanceId: InstanceId,
    /** What the slice holds for this instance itself: children may have been given a part. */
    private readonly slice: () => Amounts,
  ) {}

  /** Tokens and money of every settled call. */
  get spent(): Amounts {
    return this.used;
  }

  /** Pays for one call. `optional`: what the slice could not pay is refused here (`budget_short`), and uses nothing up. */
  purse(optional: boolean): ModelBudget {
    return {
      reserve: (callId, amounts) => this.reserve(callId, amounts, optional),
      settle: (callId, usage, model) => this.settle(callId, usage, model),
    };
  }

  private async reserve(callId: string, amounts: Amounts, optional: boolean): Promise<{ granted: boolean; code: string }> {
    if (optional && !canPay(this.slice(), [this.used, ...this.held.values()], amounts)) return { granted: false, code: 'budget_short' };
    this.held.set(callId, amounts);
    const reply = await this.gate.reserve(this.teamId, this.instanceId, callId, amounts);
    if (!reply.granted) this.held.delete(callId);
    return reply;
  }

  private async settle(callId: string, usage: ModelUsage, model: string): Promise<void> {
    await this.gate.settle(this.teamId, this.instanceId, callId, usage, model);
    this.held.delete(callId);
    this.used = { tokens: (this.used.tokens ?? 0) + usage.inputTokens + usage.outputTokens, usd_micros: (this.used.usd_micros ?? 0) + usage.usdMicros };
  }
}
