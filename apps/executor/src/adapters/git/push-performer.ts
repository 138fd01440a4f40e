import { mayPush, outletsOf, type EgressFile, type GitPushEffect } from '@countersign/contracts';
import type { LocalRemotes } from '@countersign/service';
import type { Order } from '../../domain/order.js';
import { seePush } from '../../domain/resolve-push.js';
import { refuse, type Refusal } from '../../domain/refusal.js';
import type { VerifiedOrder } from '../../domain/verify-approval.js';
import type { Performer, Plan, Planned, Target } from '../performer.js';
import { personEnvironment } from './person-config.js';
import { PUSH_MS, Remote } from './remote.js';
import { Workshop } from './workshop.js';

interface PushPlan extends Plan {
  readonly customerId: string;
  readonly mirror: string;
  readonly remote: string;
  readonly branch: string;
  readonly base: string;
  readonly tree: string;
  readonly expectedHead: string | null;
  readonly commit: string;
}

/** `git.push`: one commit with the approved tree, pushed to one branch with the person's credentials. */
export class PushPerformer implements Performer {
  readonly alone = false;
  readonly actMs = PUSH_MS;
  private readonly workshop: Workshop;
  constructor(
    private readonly home: string,
    mirrors: string,
    private readonly remotes: LocalRemotes,
    /** The operator's word on where pushes may go. */
    private readonly border: { readonly egress: EgressFile | undefined; readonly pushAnywhere: boolean },
  ) {
    this.workshop = new Workshop(home, mirrors);
  }

  /** Lets go of what belonged to mirrors that are no more. */
  tidy(): Promise<void> {
    return this.workshop.tidy();
  }

  async prepare({ customerId, effect, files, bytes }: VerifiedOrder): Promise<Planned> {
    if (effect.kind !== 'git.push') return refuse('effect_unsupported');
    const refused = await this.refusalOf(customerId, effect.remote);
    if (refused) return refuse(refused); // the yes is not used up
    const built = await this.workshop.build({ customerId, effect, files, bytes });
    if (!built.ok) return built;
    return { ok: true, plan: planOf(customerId, effect, built.commit) };
  }

  async recall({ customerId, effect }: Order): Promise<Planned> {
    if (effect.kind !== 'git.push') return refuse('effect_unsupported');
    const commit = await this.workshop.find({ customerId, effect });
    return commit === undefined ? refuse('base_missing') : { ok: true, plan: planOf(customerId, effect, commit) };
  }

  private async refusalOf(customerId: string, remote: string): Promise<Refusal | undefined> {
    if (await this.remotes.bars(remote)) return 'remote_invalid';
    return mayPush(remote, outletsOf(this.border.egress, customerId), this.border.pushAnywhere) ? undefined : 'remote_not_allowed';
  }

  async target(plan: Plan): Promise<Target> {
    const { remote: url, branch, commit, tree, expectedHead, customerId, mirror, base } = plan as PushPlan;
    const order = { gitDir: await this.workshop.repository({ customerId, mirror, base }), remote: url, branch, commit, expectedHead };
    const remote = new Remote(await personEnvironment(this.home));
    return {
      place: { kind: 'git.push', remote: url, branch, refused: await this.refusalOf(customerId, url) },
      look: async () => {
        const facts = await remote.look(order);
        return 'silent' in facts ? { kind: 'silent', why: facts.silent } : seePush(facts, commit, expectedHead);
      },
      act: async (signal) => {
        await remote.push(order, signal);
        return undefined;
      },
      receipt: { remote: url, branch, commit, tree },
    };
  }
}

const planOf = (customerId: string, { kind, mirror, remote, branch, base, tree, expectedHead }: GitPushEffect, commit: string): PushPlan => ({ kind, customerId, mirror, remote, branch, base, tree, expectedHead, commit });
