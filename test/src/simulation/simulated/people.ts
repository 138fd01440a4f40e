import { type ApprovalId, type PersonId, type TeamId } from '@countersign/contracts';
import { GuardError } from '@countersign/database';
import { refusesAnswer } from '@countersign/manager-agent/domain/clarify';
import type { Mover } from '@countersign/spawn-gate/domain/move-team';
import type { Steps } from './clock.js';
import type { Executor } from './executor.js';
import type { Gate } from './gate.js';
import type { Gateway } from './gateway.js';
import type { Manager } from './manager.js';
import { isAwaited, type ApprovalRow, type GoalRows } from './rows.js';
import { ask, NO_REPLY, Service } from './service.js';
import type { World } from './world.js';

const LOOKS_MS = 300;
const AGAIN_MS = 500;

/** The customer's people and the platform's: they answer what they are asked, stop a team and let it go on, and ask again where nobody answers them. */
export class People {
  readonly service: Service;
  /** What somebody is busy with already. */
  private readonly busy = new Set<string>();
  private readonly wished = new Set<string>();
  private readonly undone = new Set<string>();

  constructor(
    private readonly world: World,
    private readonly desks: { readonly gate: Gate; readonly manager: Manager; readonly gateway: Gateway; readonly executor: Executor },
    failed: (error: unknown) => void,
  ) {
    this.service = new Service('people', world.clock, world.chance, failed);
    this.service.every(LOOKS_MS, () => this.look());
  }

  /** Until the gate says that it is so; returns when it was first wanted. */
  *suspend(teamId: TeamId, reason: string): Steps<number> {
    const { chance, options, clock } = this.world;
    const wanted = clock.now;
    const flagged = chance.one(options.flagged);
    const customer: Mover = { customerId: this.world.rows.teams.get(teamId)!.customerId, roles: ['customer_governor'] };
    yield* this.insist(() => (flagged ? this.desks.gate.flag(teamId, { customerId: 'platform', roles: ['vision_guardian'] }, reason) : this.desks.gate.move(teamId, { verb: 'suspend', by: customer, reason })), () => this.world.rows.teams.get(teamId)!.state === 'suspended');
    return wanted;
  }

  *reactivate(teamId: TeamId): Steps {
    yield* this.insist(() => this.desks.gate.move(teamId, { verb: 'reactivate', by: { customerId: 'platform', roles: ['platform_governor'] }, reason: 'It may go on.' }), () => this.world.rows.teams.get(teamId)!.state === 'active');
  }

  private *insist(command: () => Steps<string>, isSo: () => boolean): Steps {
    for (;;) {
      const reply = yield* ask(this.world.clock, this.world.services['spawn-gate'], command);
      // refused, as it is so already: what was answered first was lost
      if (reply !== NO_REPLY && isSo()) return;
      if (reply !== NO_REPLY) throw new Error(`a person was answered “${String(reply)}”, and nothing came of it`);
      yield AGAIN_MS;
    }
  }

  private *look(): Steps {
    yield this.world.chance.takes('wire');
    for (const goal of this.world.rows.goals.values()) {
      for (const approval of goal.approvals) {
        if (approval.state === 'pending') this.begin(`decide ${approval.id} ${approval.version}`, this.decide(goal, approval));
        const effect = goal.effects.find(({ approvalId }) => approvalId === approval.id);
        if (effect?.state === 'unknown') this.begin(`settle ${approval.id}`, this.settle(approval.id));
      }
      for (const question of goal.questions) if (isAwaited(goal, question)) this.begin(`answer ${question.id}`, this.answer(goal, question.id));
      const blocked = goal.goal.state === 'blocked' && goal.tasks.find(({ state }) => state === 'blocked');
      if (blocked) this.begin(`unblock ${blocked.id} ${blocked.round}`, this.unblock(goal, blocked.id));
      this.askToEnd(goal);
    }
  }

  /** A member that works is asked to end, and says yes. */
  private askToEnd(goal: GoalRows): void {
    for (const run of goal.runs) if (run.state === 'running' && run.agreedAt === null && this.world.chance.one(this.world.options.leaves / 20)) run.agreedAt = this.world.clock.now;
  }

  private begin(what: string, steps: Steps): void {
    if (this.busy.has(what)) return;
    this.busy.add(what);
    const doing = function* (this: People): Steps {
      try {
        yield* steps;
      } catch (error) {
        if (!(error instanceof GuardError)) throw error; // somebody was quicker, or the team was stopped: it is seen again
      }
      this.busy.delete(what);
    };
    this.service.go(doing.call(this));
  }

  private *decide(goal: GoalRows, approval: ApprovalRow): Steps {
    const { chance, options, clock, services } = this.world;
    const { version } = approval;
    yield chance.takes('reading') * options.reading;
    const wishes = !this.wished.has(goal.id) && chance.one(options.wishes);
    const reply = yield* ask(clock, services.gateway, () => this.desks.gateway.decide(approval, { decision: wishes ? 'request_changes' : 'approve', holdSeconds: options.holdSeconds, version }));
    if (reply !== 'recorded') return;
    if (wishes) this.wished.add(goal.id);
    if (approval.state !== 'held' || this.undone.has(goal.id) || !chance.one(options.undoes)) return;
    this.undone.add(goal.id);
    yield chance.roll() * options.holdSeconds * 1000;
    yield* ask(clock, services.gateway, () => this.desks.gateway.undo(approval));
  }

  private *settle(id: ApprovalId): Steps {
    const { chance, clock, services, sinks } = this.world;
    yield chance.takes('reading');
    yield* ask(clock, services.executor, () => this.desks.executor.settleByPerson(id, sinks.arrived.has(id)));
  }

  private *answer(goal: GoalRows, id: string): Steps {
    const { chance, clock, services, rows } = this.world;
    yield chance.takes('answer');
    const write = function* (by: Service): Steps<void> {
      yield chance.takes('transaction');
      rows.tx(by, goal.teamId, () => {
        const question = goal.questions.find((one) => one.id === id)!;
        const refused = refusesAnswer({ answered: question.answered, over: clock.now >= question.until, waits: isAwaited(goal, question) }, 'The first.', 0, 10);
        if (!refused) question.answered = true;
      });
    };
    yield* ask(clock, services['manager-agent'], () => write(services['manager-agent']));
  }

  private *unblock(goal: GoalRows, taskId: GoalRows['tasks'][number]['id']): Steps {
    const { chance, clock, services } = this.world;
    yield chance.takes('reading');
    yield* ask(clock, services['manager-agent'], () => this.desks.manager.answer(goal.id, taskId, this.desks.gateway.signer.personId as PersonId));
  }
}
