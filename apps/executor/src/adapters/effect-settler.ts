import { RefusedError, type EffectState, type SettleEffect } from '@countersign/contracts';
import { GuardError } from '@countersign/database';
import { setTimeout as sleep } from 'node:timers/promises';
import { wrongPlace } from '../domain/place.js';
import { resolveLook, type Sight } from '../domain/resolve-effect.js';
import { settleUnknown } from '../domain/settle-unknown.js';
import { readCountersigned } from '../domain/verify-approval.js';
import type { RunnerLog } from './effect-runner.js';
import type { Performer, Target } from './performer.js';
import type { Keyring } from './pins/keyring.js';
import type { EffectStore, SettledBy, StoredApproval, Underway } from './postgres/effect-store.js';
import { sha256 } from './sha256.js';

export interface SettlerOptions {
  readonly store: EffectStore;
  readonly keyring: Keyring;
  readonly performers: Readonly<Record<string, Performer>>;
  readonly log: RunnerLog;
  /** How long a person waits for the target's answer. */
  readonly lookMs?: number;
}
const LOOK_MS = 8_000;

/** Ends effects whose outcome is unknown, as a person wishes: by their word, or by another look at the target (P5). */
export class EffectSettler {
  constructor(private readonly options: SettlerOptions) {}

  /**
   * Resolves with the effect's state now: still `unknown` when the target gave no answer to a look. The same settlement again
   * is answered the same. Throws `RefusedError` where the rule says no, or where there is nothing left to look for.
   */
  async settle(request: SettleEffect): Promise<EffectState> {
    const { teamId, approvalId, settlementId, by, outcome, reason } = request;
    const loaded = await this.options.store.load(teamId, approvalId);
    const verdict = settleUnknown(request, loaded && { customerId: loaded.approval.customerId, effect: loaded.effect });
    if (!verdict.ok) throw new RefusedError(verdict.code, verdict.message);
    const { approval, effect } = loaded!;
    if (verdict.already) return effect!.state;
    const underway = { id: effect!.id, approval, kind: effect!.kind };
    const settledBy = { settlementId, personId: by.personId, reason };
    try {
      if (outcome === 'look') return await this.look(underway, settledBy);
      await this.options.store.said(underway, outcome, settledBy);
      this.options.log.info({ effectId: underway.id, outcome }, 'a person said what became of an effect');
      return outcome;
    } catch (cause) {
      // somebody settled it at the same moment: the rule says to whom that is an answer
      if (cause instanceof GuardError && cause.code === 'effect_settled') return this.settle(request);
      throw cause;
    }
  }

  private async look(effect: Underway, by: SettledBy): Promise<EffectState> {
    const target = await this.target(effect.approval);
    const step = target && resolveLook(await this.answered(target));
    if (!step) return 'unknown';
    if (step.do === 'record') await this.options.store.executed(effect, target.receipt, by);
    else await this.options.store.failed(effect, step.code, { by });
    this.options.log.info({ effectId: effect.id, outcome: step.do }, 'another look settled an effect');
    return step.do === 'record' ? 'executed' : 'failed';
  }

  /** Where to look, from what was countersigned; `effect_unverifiable` when that can no longer be read, undefined where there is no way to it just now. */
  private async target(approval: StoredApproval): Promise<Target | undefined> {
    const read = readCountersigned(approval, await this.options.keyring.witness(approval), sha256);
    const performer = read.ok ? this.options.performers[read.order.effect.kind] : undefined;
    const known = read.ok ? await performer?.recall(read.order) : undefined;
    if (!known?.ok) throw unverifiable();
    const target = await performer!.target(known.plan, undefined).catch((cause: unknown) => this.options.log.warn({ err: cause, approvalId: approval.id }, 'there is no way to the target just now'));
    if (target && wrongPlace(target.place)) throw unverifiable();
    return target ?? undefined;
  }

  /** A look that takes longer than a person waits is no answer. */
  private answered(target: Target): Promise<Sight> {
    const late = sleep(this.options.lookMs ?? LOOK_MS, { kind: 'silent', why: 'no answer in time' } as const, { ref: false });
    return Promise.race([target.look(), late]);
  }
}

const unverifiable = (): RefusedError => new RefusedError('effect_unverifiable', 'What was countersigned can no longer be verified here, so there is nothing to look for.');
