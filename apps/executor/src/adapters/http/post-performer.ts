import { outletFor, outletsOf, refuseOutgoing, STATUS_ID, unsendable, webhookId, type EgressFile, type HttpOutlet, type HttpPostEffect } from '@countersign/contracts';
import type { Wire } from '@countersign/service';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Order } from '../../domain/order.js';
import { refuse } from '../../domain/refusal.js';
import type { Sight } from '../../domain/resolve-effect.js';
import type { VerifiedOrder } from '../../domain/verify-approval.js';
import { readKeys, readPostAnswer, readStatusAnswer, retryAfterMs, webhookHeaders, type WebhookKey } from '../../domain/webhook.js';
import { RejectedError, UnsentError } from '../answers.js';
import type { Performer, Plan, Planned, Target } from '../performer.js';
import type { SecretFiles } from '../secret-files.js';
import { ask } from './ask.js';

export interface PostLimits {
  readonly postMs: number;
  readonly statusMs: number;
  /** How long a receiver may still be busy with a message whose answer got lost. */
  readonly settleMs: number;
}
const LIMITS: PostLimits = { postMs: 30_000, statusMs: 10_000, settleMs: 5_000 };

export interface PostMeans {
  readonly egress: EgressFile | undefined;
  readonly secrets: SecretFiles;
  readonly wire: Wire;
  readonly limits?: PostLimits;
}

interface PostPlan extends Plan {
  readonly kind: 'http.post';
  readonly customerId: string;
  readonly url: string;
  readonly contentType: string;
  /** SHA-256 of the body. */
  readonly sha256: string;
  readonly bytes: string;
  readonly webhookId: string;
}

/**
 * `http.post`: one signed webhook with the approved file as its body, to a host that the operator lets the customer reach.
 *
 * A receiver with a status address is asked before anything is sent a second time. One without is sent to once: an answer that is lost
 * stays unknown.
 */
export class PostPerformer implements Performer {
  readonly alone = true;
  readonly actMs: number;
  private readonly limits: PostLimits;

  constructor(private readonly means: PostMeans) {
    this.limits = means.limits ?? LIMITS;
    this.actMs = this.limits.postMs + this.limits.settleMs;
  }

  async prepare(order: VerifiedOrder): Promise<Planned> {
    const known = await this.recall(order);
    if (!known.ok) return known;
    const plan = known.plan as PostPlan;
    const refused = this.refusalOf(plan);
    if (refused) return refuse(refused);
    const unfit = unsendable(order.effect, order.files, undefined);
    if (unfit) return refuse(unfit);
    return (await this.keysFor(plan)) ? known : refuse('secret_missing');
  }

  recall({ customerId, approvalId, effect, files }: Order): Promise<Planned> {
    const file = files[0];
    if (effect.kind !== 'http.post' || !file) return Promise.resolve(refuse('effect_unsupported'));
    const { kind, url, contentType } = effect;
    const plan: PostPlan = { kind, customerId, url, contentType, sha256: file.sha256, bytes: String(file.size), webhookId: webhookId(approvalId) };
    return Promise.resolve({ ok: true, plan });
  }

  target(noted: Plan, order: VerifiedOrder | undefined): Promise<Target> {
    const plan = noted as PostPlan;
    const status = this.outletFor(plan)?.status;
    const receipt = { webhook_id: plan.webhookId, host: new URL(plan.url).host, sha256: plan.sha256, bytes: plan.bytes };
    let lost = false;
    return Promise.resolve({
      place: { kind: 'http.post', refused: this.refusalOf(plan) },
      look: async () => {
        if (status === undefined) return { kind: 'blind' };
        if (lost) await sleep(this.limits.settleMs);
        lost = false;
        return this.look(plan, status);
      },
      act: async (signal) => {
        lost = true;
        return { ...receipt, status: String(await this.post(plan, (order!.effect as HttpPostEffect).body, order!, signal)) };
      },
      receipt,
    } satisfies Target);
  }

  private async post(plan: PostPlan, path: string, order: VerifiedOrder, signal: AbortSignal): Promise<number> {
    const body = order.bytes.get(path)!;
    const headers = { 'content-type': plan.contentType, ...(await this.signed(plan, body)) };
    const { status, retryAfter } = await ask({ method: 'POST', url: plan.url, headers, body }, this.means.wire, within(this.limits.postMs, signal));
    const answer = readPostAnswer(status);
    if (answer === 'refused') throw new RejectedError('post_refused', `the receiver answered ${status}`);
    if (answer === 'later') throw new UnsentError('post_deferred', `the receiver answered ${status}`, { afterMs: retryAfterMs(retryAfter, Date.now()) });
    if (answer === 'unclear') throw new UnclearAnswerError(status);
    return status;
  }

  private async look(plan: PostPlan, status: string): Promise<Sight> {
    try {
      const url = status.replace(STATUS_ID, plan.webhookId);
      const { status: code } = await ask({ method: 'GET', url, headers: await this.signed(plan, new Uint8Array()) }, this.means.wire, within(this.limits.statusMs));
      const answer = readStatusAnswer(code);
      if (answer === 'nothing') return { kind: 'silent', why: `the status address answers ${code}` };
      return { kind: answer === 'there' ? 'ours' : 'before' };
    } catch (cause) {
      return { kind: 'silent', why: (cause as Error).message };
    }
  }

  private async signed(plan: PostPlan, body: Uint8Array): Promise<Record<string, string>> {
    return webhookHeaders(plan.webhookId, Math.floor(Date.now() / 1000), body, (await this.keysFor(plan)) ?? missing());
  }

  private refusalOf({ customerId, url, contentType }: PostPlan): ReturnType<typeof refuseOutgoing> {
    return refuseOutgoing({ kind: 'http.post', url, contentType, body: '' }, outletsOf(this.means.egress, customerId));
  }

  private outletFor({ customerId, url }: PostPlan): HttpOutlet | undefined {
    return outletFor(url, outletsOf(this.means.egress, customerId).http);
  }

  private async keysFor(plan: PostPlan): Promise<readonly WebhookKey[] | undefined> {
    const outlet = this.outletFor(plan);
    const text = outlet && (await this.means.secrets.text(outlet.secret));
    return text === undefined ? undefined : readKeys(text);
  }
}

/** A server that answers that it is broken, too slow or in conflict may have taken the message all the same. */
class UnclearAnswerError extends Error {
  constructor(status: number) {
    super(`the receiver answered ${status}`);
  }
}

const within = (ms: number, signal?: AbortSignal): AbortSignal => (signal ? AbortSignal.any([AbortSignal.timeout(ms), signal]) : AbortSignal.timeout(ms));
const missing = (): never => {
  throw new RejectedError('secret_missing', 'the secret was taken away');
};
