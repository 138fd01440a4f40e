import type { Amounts, InstanceId, ModelUsage, TeamId } from '@countersign/contracts';
import type { ModelBudget, Reservation } from '@countersign/models';
import { canPay } from '../../domain/slice.js';
import type { Gate } from '../nats/gate.js';

/** How long a call waits for what other calls hold. */
const MOST_WAIT_MS = 30_000;
/** What children give back is not heard of here. */
const LOOK_AGAIN_MS = 250;

const MOST_SETTLING_MS = 2_000;

type Answer = Awaited<ReturnType<ModelBudget['reserve']>>;

/** What the model calls of one run hold and have used. The gate decides about each; this only knows which ones it need not be asked about, and when to ask again. */
export class CallMeter {
  private used: Amounts = {};
  private readonly held = new Map<string, Amounts>();
  private readonly waiting = new Set<() => void>();

  constructor(
    private readonly gate: Pick<Gate, 'reserve' | 'settle'>,
    private readonly teamId: TeamId,
    private readonly instanceId: InstanceId,
    /** What the slice holds for this instance itself: children may have been given a part. */
    private readonly slice: () => Amounts,
    private readonly mostWaitMs = MOST_WAIT_MS,
  ) {}

  /** Tokens and money of every settled call. */
  get spent(): Amounts {
    return this.used;
  }

  /** Pays for one call. `optional`: what the slice could not pay in full is refused here (`budget_short`), and uses nothing up. */
  purse(optional: boolean): ModelBudget {
    return {
      reserve: (callId, wanted) => (optional ? this.reserveAll(callId, wanted) : this.reserve(callId, wanted)),
      settle: (callId, usage, model) => this.settle(callId, usage, model),
    };
  }

  private async reserveAll(callId: string, wanted: Reservation): Promise<Answer> {
    const short = { granted: false, code: 'budget_short' };
    if (!canPay(this.slice(), [this.used, ...this.held.values()], wanted.amounts)) return short;
    const reply = await this.ask(callId, { ...wanted, least: wanted.amounts });
    return reply.code === 'wait' || reply.code === 'paused' ? short : reply;
  }

  /**
   * Waits while others hold what would suffice: until one of them has settled, or a child may have ended. Where a person is asked for
   * more it waits for the answer: the question ends with the instance at the latest.
   */
  private async reserve(callId: string, wanted: Reservation): Promise<Answer> {
    for (const deadline = performance.now() + this.mostWaitMs; ; ) {
      const reply = await this.ask(callId, wanted);
      if (reply.code !== 'wait' && reply.code !== 'paused') return reply;
      if (reply.code === 'wait' && performance.now() >= deadline) return { granted: false, code: 'reservation_timeout' };
      await this.change();
    }
  }

  private async ask(callId: string, wanted: Reservation): Promise<Answer> {
    this.held.set(callId, wanted.amounts);
    const reply = await this.gate.reserve(this.teamId, this.instanceId, callId, wanted);
    if (reply.granted) this.held.set(callId, reply.amounts ?? wanted.amounts);
    else this.held.delete(callId);
    return reply;
  }

  private async settle(callId: string, usage: ModelUsage, model: string): Promise<void> {
    await this.gate.settle(this.teamId, this.instanceId, callId, usage, model);
    this.held.delete(callId);
    this.used = { tokens: (this.used.tokens ?? 0) + usage.inputTokens + usage.outputTokens, usd_micros: (this.used.usd_micros ?? 0) + usage.usdMicros };
    for (const wake of this.waiting) wake();
  }

  /** Waits, not for long, until no call is under way: those of a worker that is gone have been aborted. */
  async settled(): Promise<void> {
    for (const deadline = performance.now() + MOST_SETTLING_MS; this.held.size > 0 && performance.now() < deadline; ) await this.change();
  }

  private change(): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        clearTimeout(timer);
        this.waiting.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, LOOK_AGAIN_MS);
      this.waiting.add(wake);
    });
  }
}
