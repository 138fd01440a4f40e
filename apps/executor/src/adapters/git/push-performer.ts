import { seePush } from '../../domain/resolve-push.js';
import { refuse, type Refused } from '../../domain/refusal.js';
import type { VerifiedOrder } from '../../domain/verify-approval.js';
import type { Performer, Plan, Target } from '../performer.js';
import { personConfig } from './person-config.js';
import { Remote } from './remote.js';
import { Workshop } from './workshop.js';

/** `git.push`: one commit with the approved tree, pushed to one branch with the person's credentials. */
export class PushPerformer implements Performer {
  private readonly workshop: Workshop;
  constructor(
    private readonly home: string,
    mirrors: string,
  ) {
    this.workshop = new Workshop(home, mirrors);
  }

  async prepare({ effect, files, bytes }: VerifiedOrder): Promise<{ ok: true; plan: Plan } | Refused> {
    if (effect.kind !== 'git.push') return refuse('effect_unsupported');
    const built = await this.workshop.build({ effect, files, bytes });
    if (!built.ok) return built;
    const { kind, mirror, remote, branch, base, tree, expectedHead } = effect;
    return { ok: true, plan: { kind, mirror, remote, branch, base, tree, expectedHead, commit: built.commit } };
  }

  async target(plan: Plan): Promise<Target> {
    const { mirror, base, remote, branch, commit, tree, expectedHead } = plan as { [name: string]: string } & Plan;
    const order = { gitDir: await this.workshop.repository({ mirror: mirror!, base: base! }), remote: remote!, branch: branch!, commit: commit!, expectedHead: expectedHead ?? null };
    const config = await personConfig(this.home);
    return {
      look: async () => {
        const facts = await new Remote(config).look(order);
        return 'silent' in facts ? { kind: 'silent', why: facts.silent } : seePush(facts, order.commit, order.expectedHead);
      },
      act: (signal) => new Remote(config, signal).push(order),
      receipt: { remote: order.remote, branch: order.branch, commit: order.commit, tree: tree! },
    };
  }
}
