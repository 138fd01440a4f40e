import { checksRequested, draftChecked, draftCommitted, draftDecided, goalMachine, isTerminal, type DraftId, type GoalId } from '@countersign/contracts';
import type { Letter } from './bus.js';
import type { Steps } from './clock.js';
import type { DraftRow, GoalRows } from './rows.js';
import { tolerant } from './service.js';
import type { World } from './world.js';

const SWEEP_MS = 1_500;
const CHECKED_AT_ONCE = 2;

/** The fleet's desk of drafts (`draft-desk.ts`): checks and commits, by message and by looking at the rows. */
export class Drafts {
  private readonly service;
  private readonly busy = new Set<string>();
  private checking = 0;
  private commits = 0;

  constructor(private readonly world: World) {
    const { bus, services } = world;
    this.service = services.fleet;
    this.service.onCrash(() => {
      this.busy.clear();
      this.checking = 0;
    });
    bus.on(this.service, checksRequested, (letter) => this.heard(letter, 'check'));
    bus.on(this.service, draftDecided, (letter) => this.heard(letter, 'commit'));
    this.service.every(SWEEP_MS, () => this.sweep());
  }

  /** Acknowledged before it is done: what is lost with the process, the rows show. */
  private *heard({ body }: Letter, what: 'check' | 'commit'): Steps {
    yield this.world.chance.takes('transaction');
    if (what === 'commit' && body['decision'] !== 'approved') return;
    this.begin(what, this.world.rows.goals.get(body['goalId'] as GoalId)!, body['draftId'] as DraftId, body.epoch);
  }

  private begin(what: 'check' | 'commit', goal: GoalRows, draftId: DraftId, epoch: number): void {
    const key = `${what} ${draftId}`;
    if (this.busy.has(key)) return;
    this.busy.add(key);
    const draft = goal.drafts.find(({ id }) => id === draftId)!;
    const work = function* (this: Drafts): Steps {
      yield* tolerant(what === 'check' ? this.check(goal, draft, epoch) : this.commit(goal, draft, epoch));
      this.busy.delete(key);
    };
    this.service.go(work.call(this));
  }

  private *check(goal: GoalRows, draft: DraftRow, epoch: number): Steps {
    const { chance, rows, options } = this.world;
    while (this.checking >= CHECKED_AT_ONCE) yield 50;
    this.checking += 1;
    if (draft.state === 'submitted') yield chance.takes('checks');
    this.checking -= 1;
    if (draft.state !== 'submitted') return;
    rows.tx(this.service, goal.teamId, (tx) => {
      tx.fence(epoch);
      if (draft.checks.length > 0) return;
      const { criteria } = goal.tasks.find(({ id }) => id === draft.taskId)!;
      draft.checks = criteria.map(({ id }) => ({ criterion: id, passed: !chance.one(options.failing), exitCode: 0, outputTail: '' }));
      tx.entry('DRAFT-CHECKED', { draft: draft.id });
      tx.publish(draftChecked, { goalId: goal.id, taskId: draft.taskId, round: draft.round, draftId: draft.id });
    });
  }

  private *commit(goal: GoalRows, draft: DraftRow, epoch: number): Steps {
    const { chance, rows, options } = this.world;
    const task = goal.tasks.find(({ id }) => id === draft.taskId)!;
    if (draft.state !== 'submitted' || task.state !== 'approved' || task.round !== draft.round) return;
    yield chance.takes('commit');
    rows.tx(this.service, goal.teamId, (tx) => {
      tx.fence(epoch);
      if (draft.state !== 'submitted') return;
      draft.state = chance.one(options.conflicts) ? 'conflict' : 'committed';
      draft.committedAt = draft.state === 'committed' ? new Date(tx.now).toISOString() : null;
      this.commits += 1;
      draft.tree = this.commits.toString(16).padStart(40, '0');
      tx.entry('DRAFT-COMMITTED', { draft: draft.id, conflict: draft.state === 'conflict' });
      tx.publish(draftCommitted, { goalId: goal.id, taskId: draft.taskId, round: draft.round, draftId: draft.id });
    });
  }

  private *sweep(): Steps {
    yield this.world.chance.takes('transaction');
    for (const goal of this.world.rows.goals.values()) {
      const { state, epoch } = this.world.rows.teams.get(goal.teamId)!;
      if (state !== 'active' || isTerminal(goalMachine, goal.goal.state)) continue;
      for (const draft of goal.drafts) {
        if (draft.state !== 'submitted' || draft.review === null) continue;
        if (draft.review.decision === null && draft.checks.length === 0) this.begin('check', goal, draft.id, epoch);
        if (draft.review.decision === 'approved') this.begin('commit', goal, draft.id, epoch);
      }
    }
  }
}
