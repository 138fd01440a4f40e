import { messageId, outletsOf, refuseOutgoing, unsendable, type EgressFile, type EmailSendEffect } from '@countersign/contracts';
import type { MailServer } from '@countersign/service';
import type { Order } from '../../domain/order.js';
import { refuse } from '../../domain/refusal.js';
import type { VerifiedOrder } from '../../domain/verify-approval.js';
import type { Performer, Plan, Planned, Target } from '../performer.js';
import { sha256 } from '../sha256.js';
import { composeMail } from './compose.js';
import { deliver } from './smtp.js';

const LIMIT_MS = 60_000;

export interface MailMeans {
  readonly egress: EgressFile | undefined;
  readonly server: MailServer | undefined;
  /** How long handing a message over may take. */
  readonly limitMs?: number;
}

interface MailPlan extends Plan {
  readonly kind: 'email.send';
  readonly customerId: string;
  readonly messageId: string;
  readonly from: string;
  readonly to: string;
  readonly cc: string;
  readonly subject: string;
}

/**
 * `email.send`: one message to everybody the approved manifest names, through the operator's mail server.
 *
 * No mail server can be asked whether it has a message, so one whose answer is lost stays unknown and is not sent again.
 */
export class MailPerformer implements Performer {
  readonly alone = true;
  readonly actMs: number;
  private readonly limitMs: number;

  constructor(private readonly means: MailMeans) {
    this.limitMs = means.limitMs ?? LIMIT_MS;
    this.actMs = this.limitMs;
  }

  async prepare(order: VerifiedOrder): Promise<Planned> {
    const known = await this.recall(order);
    if (!known.ok) return known;
    const effect = order.effect as EmailSendEffect;
    const refused = this.refusalOf(order.customerId, effect);
    if (refused) return refuse(refused);
    const unfit = unsendable(effect, order.files, order.bytes.get(effect.body));
    if (unfit) return refuse(unfit);
    await compose(order); // which throws where it would not say what was approved
    return known;
  }

  recall({ customerId, approvalId, effect }: Order): Promise<Planned> {
    if (effect.kind !== 'email.send' || this.means.server === undefined) return Promise.resolve(refuse('effect_unsupported'));
    const { kind, from, to, cc, subject } = effect;
    const plan: MailPlan = { kind, customerId, messageId: messageId(approvalId, from), from, to: to.join(', '), cc: cc.join(', '), subject };
    return Promise.resolve({ ok: true, plan });
  }

  target(noted: Plan, order: VerifiedOrder | undefined): Promise<Target> {
    const plan = noted as MailPlan;
    const list = (text: string): string[] => (text === '' ? [] : text.split(', '));
    const everybody = { kind: plan.kind, from: plan.from, to: list(plan.to), cc: list(plan.cc), subject: plan.subject, body: '', attachments: [] };
    const receipt = { message_id: plan.messageId };
    return Promise.resolve({
      place: { kind: 'email.send', refused: this.refusalOf(plan.customerId, everybody) },
      look: () => Promise.resolve({ kind: 'blind' }),
      act: async (signal) => {
        const message = await compose(order!);
        const status = await deliver({ from: plan.from, to: [...everybody.to, ...everybody.cc], message }, this.means.server!, this.limitMs, AbortSignal.any([signal, AbortSignal.timeout(this.limitMs)]));
        return { ...receipt, status, sha256: sha256(message), bytes: String(message.length) };
      },
      receipt,
    } satisfies Target);
  }

  private refusalOf(customerId: string, effect: EmailSendEffect): ReturnType<typeof refuseOutgoing> {
    return refuseOutgoing(effect, outletsOf(this.means.egress, customerId));
  }
}

const compose = (order: VerifiedOrder): Promise<Buffer> => composeMail(order as VerifiedOrder & { readonly effect: EmailSendEffect });
