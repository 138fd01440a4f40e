import { approvalDecided, approvalRequested, checksRequested, draftChecked, draftCommitted, draftDecided, draftSubmitted, effectFinished, goalMachine, isTerminal, runFailed, taskAssigned, taskWithdrawn, teamChanged, type GoalId, type PersonId, type TaskId } from '@countersign/contracts';
import type { Action } from '@countersign/manager-agent/domain/actions';
import { advance } from '@countersign/manager-agent/domain/advance';
import { after } from '@countersign/manager-agent/domain/after';
import { answerTask, mayAnswer } from '@countersign/manager-agent/domain/answer-task';
import type { GoalFacts } from '@countersign/manager-agent/domain/facts';
import type { Letter } from './bus.js';
import type { Steps } from './clock.js';
import { readGoal, writeGoal } from './goal-rows.js';
import type { GoalRows, Tx } from './rows.js';
import { tolerant } from './service.js';
import type { World } from './world.js';

const SWEEP_MS = 2_000;

/** The manager-agent as `goal-desk.ts` and `goal-writer.ts` have it: each message says "look", and what is done is `advance`'s. */
export class Manager {
  private readonly service;

  constructor(private readonly world: World) {
    const { bus, services } = world;
    this.service = services['manager-agent'];
    for (const message of [draftSubmitted, draftChecked, draftCommitted, runFailed, approvalDecided, effectFinished]) bus.on(this.service, message, (letter) => this.look(letter.body['goalId'] as GoalId, letter.body.epoch, letter));
    bus.on(this.service, teamChanged, (letter) => this.teamChanged(letter));
    this.service.every(SWEEP_MS, () => this.sweep());
  }

  /** A goal's row is locked and the team's epoch held for the whole transaction: nothing comes between what is read and what is written. */
  *look(goalId: GoalId, epoch: number, letter?: Letter): Steps {
    const { rows, chance } = this.world;
    yield chance.takes('transaction');
    const goal = rows.goals.get(goalId)!;
    rows.tx(this.service, goal.teamId, (tx) => {
      tx.fence(epoch);
      if (letter && !rows.firstTime(this.service, letter)) return;
      this.write(tx, goal, advance(readGoal(tx, goal)));
    });
  }

  /** A person's answer to a blocked task: judged and written in one transaction, and begun in the next. */
  *answer(goalId: GoalId, task: TaskId, personId: PersonId): Steps {
    const { rows, chance } = this.world;
    yield chance.takes('transaction');
    const goal = rows.goals.get(goalId)!;
    const taken = rows.tx(this.service, goal.teamId, (tx) => {
      const { state, customerId, epoch } = tx.team;
      const facts = readGoal(tx, goal);
      const answered = mayAnswer({ personId, customerId: customerId as never, roles: ['customer_governor'] }, { state, customerId: customerId as never }) ?? answerTask(facts, { task, answer: 'retry', note: '' });
      if (!answered.ok) return undefined;
      this.write(tx, goal, answered.actions);
      return epoch;
    });
    if (taken !== undefined) yield* tolerant(this.look(goalId, taken));
  }

  private *teamChanged({ teamId, body }: Letter): Steps {
    yield this.world.chance.takes('transaction');
    if (body['state'] !== 'active') return;
    for (const goal of this.world.rows.goalsOf(teamId)) yield* tolerant(this.look(goal.id, this.world.rows.teams.get(teamId)!.epoch));
  }

  private *sweep(): Steps {
    yield this.world.chance.takes('transaction');
    for (const goal of this.world.rows.goals.values()) {
      const { state, epoch } = this.world.rows.teams.get(goal.teamId)!;
      if (state === 'active' && !isTerminal(goalMachine, goal.goal.state)) yield* tolerant(this.look(goal.id, epoch));
    }
  }

  private write(tx: Tx, goal: GoalRows, actions: readonly Action[]): void {
    let facts = readGoal(tx, goal);
    for (const action of actions) {
      const now = after(facts, action);
      this.tell(tx, goal, action, facts);
      facts = now;
    }
    if (actions.length > 0) writeGoal(goal, facts, tx.now);
  }

  /** The messages and entries of an action, as `goal-writer.ts` writes them. */
  private tell(tx: Tx, goal: GoalRows, action: Action, facts: GoalFacts): unknown {
    const { id: goalId } = goal;
    const task = 'task' in action ? facts.tasks.find(({ id }) => id === action.task) : undefined;
    const ref = (round = task?.round) => ({ goalId, taskId: task!.id, memberId: task!.memberId, round });
    switch (action.do) {
      case 'assign':
      case 'reassign': {
        const memberId = action.do === 'reassign' ? action.to : (action.member ?? task!.memberId);
        tx.entry('MANAGER-TASK-ASSIGNED', { task: task!.id, round: action.round });
        return tx.publish(taskAssigned, { ...ref(action.round), memberId });
      }
      case 'request-checks':
        return tx.publish(checksRequested, { ...ref(), draftId: action.draft });
      case 'decide':
      case 'commit-again':
        tx.entry('MANAGER-DRAFT-REVIEWED', { draft: action.draft });
        return tx.publish(draftDecided, { ...ref(), draftId: action.draft, decision: action.do === 'decide' ? action.decision : 'approved' });
      case 'block-task':
      case 'escalate':
      case 'cancel-task':
        return tx.publish(taskWithdrawn, ref());
      case 'propose': {
        const id = tx.rows.id<GoalRows['deliverables'][number]['id']>();
        goal.deliverables.push({ id, revision: action.revision, proposal: action.proposal });
        tx.entry('MANAGER-APPROVAL-REQUESTED', { goalId, deliverable: id });
        return tx.publish(approvalRequested, { goalId, deliverableId: id });
      }
      case 'resume-goal':
        return action.announce ? tx.publish(approvalRequested, { goalId, deliverableId: goal.deliverables.at(-1)!.id }) : undefined;
      case 'move-goal':
        return tx.entry(isTerminal(goalMachine, action.to) ? 'GOAL-ENDED' : 'GOAL-MOVED', { goalId, to: action.to, code: action.code });
      default:
        return undefined;
    }
  }
}
