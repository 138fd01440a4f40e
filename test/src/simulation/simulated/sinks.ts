import type { Sight } from '@countersign/executor/domain/resolve-effect';
import type { Clock, Steps } from './clock.js';
import type { Chance } from './service.js';

/** How an act ended, as its process heard of it. */
export type Heard = 'answered' | 'killed' | 'refused' | 'unsent';

/** What is outside: remotes that can be looked at, and receivers that cannot. What has left a process comes there or not, whatever becomes of the process. */
export class Sinks {
  /** By approval: when what it ordered came there; several times where the same was sent again. */
  readonly arrived = new Map<string, number[]>();

  constructor(
    private readonly clock: Clock,
    private readonly chance: Chance,
  ) {}

  /** Whether the target can tell a repeat from a first time. */
  static canBeSeen = (kind: string): boolean => kind === 'git.push';

  *look(kind: string, approvalId: string, silent: number): Steps<Sight> {
    if (!Sinks.canBeSeen(kind)) return { kind: 'blind' };
    yield this.chance.takes('look');
    if (this.chance.one(silent)) return { kind: 'silent', why: 'the remote did not answer' };
    return this.arrived.has(approvalId) ? { kind: 'ours' } : { kind: 'before' };
  }

  /** `stopped`: whoever acts is told to stop; what has not arrived by then does not. A process that falls over takes nothing back that it has sent. */
  *act(approvalId: string, silent: number, stopped: () => boolean): Steps<Heard> {
    if (this.chance.one(silent / 2)) return 'unsent';
    const [takes, part] = [this.chance.takes('sink'), this.chance.roll()];
    const until = this.clock.now + takes * part;
    let kept = true;
    const arrives = this.clock.in(takes * part, () => {
      if (kept) this.arrived.set(approvalId, [...(this.arrived.get(approvalId) ?? []), this.clock.now]);
    });
    while (this.clock.now < until) {
      yield Math.min(20, until - this.clock.now);
      if (!stopped() || this.clock.now >= until) continue;
      kept = false;
      arrives.off = true;
      return 'killed';
    }
    yield takes * (1 - part);
    // somebody cut the line while the answer was on its way
    return stopped() || this.chance.one(silent / 2) ? 'killed' : 'answered';
  }
}
