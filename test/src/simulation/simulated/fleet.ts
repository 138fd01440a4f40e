import { draftSubmitted, isTerminal, goalMachine, runFailed, taskAssigned, taskWithdrawn, teamChanged, type GoalId, type MemberId, type RunId, type TaskId, type TeamId } from '@countersign/contracts';
import { GuardError } from '@countersign/database';
import { afterYes, LEASE_LOST, mustStop, type Around } from '@countersign/fleet/domain/must-stop';
import { hasRoom } from '@countersign/fleet/domain/room';
import { afterRun, INSTANCE_AFTER, type RunEnd, type Unfinished } from '@countersign/fleet/domain/run-ended';
import { judgeClarification } from '@countersign/manager-agent/domain/clarify';
import { full } from '@countersign/spawn-gate/domain/amounts';
import { createHash } from 'node:crypto';
import type { Letter } from './bus.js';
import type { Steps } from './clock.js';
import { Drafts } from './drafts.js';
import type { Gate } from './gate.js';
import type { DraftRow, GoalRows, QuestionRow, RunRow, Tx } from './rows.js';
import { ask, NO_REPLY, tolerant, type Doing } from './service.js';
import type { World } from './world.js';

const SWEEP_MS = 1_000;
const BEAT_MS = 500;
const LEASE_MS = 5_000;
/** A task that nobody took up for so long is found in its row (`ops.unqueued_tasks`). */
const UNQUEUED_MS = 15_000;
const PLACES = 8;
const ADMIT_TRIES = 6;
const END_TRIES = 20;
const PAUSE_MS = 500;

/** A run that this process works on: `run-loop.ts` and `active-run.ts`. */
interface Active {
  readonly run: RunRow;
  readonly goal: GoalRows;
  readonly token: number;
  stopping: Unfinished | undefined;
  asks: QuestionRow | undefined;
  doing: Doing | undefined;
}

/** The fleet: takes what is queued, keeps it alive, ends what others left behind. What may go on is `mustStop`'s word, how it goes on `afterRun`'s. */
export class Fleet {
  private readonly service;
  private readonly active = new Map<RunId, Active>();

  constructor(
    private readonly world: World,
    private readonly gate: Gate,
  ) {
    const { bus, services } = world;
    this.service = services.fleet;
    this.service.onCrash(() => this.active.clear());
    new Drafts(world);
    bus.on(this.service, taskAssigned, (letter) => this.assigned(letter));
    bus.on(this.service, taskWithdrawn, (letter) => this.beatTeam(letter.teamId));
    bus.on(this.service, teamChanged, (letter) => this.teamChanged(letter));
    this.service.every(SWEEP_MS, () => this.sweep());
    this.service.every(BEAT_MS, () => this.beats());
  }

  private *assigned(letter: Letter): Steps {
    yield this.world.chance.takes('transaction');
    const { goalId, taskId, memberId, round } = letter.body as unknown as { goalId: GoalId; taskId: TaskId; memberId: MemberId; round: number };
    this.world.rows.tx(this.service, letter.teamId, (tx) => {
      tx.fence(letter.body.epoch);
      if (this.world.rows.firstTime(this.service, letter)) queueFirst(tx, { goalId, taskId, memberId, round });
    });
    yield* this.sweep();
  }

  private *beatTeam(teamId: TeamId): Steps {
    yield this.world.chance.takes('transaction');
    for (const active of this.active.values()) if (active.goal.teamId === teamId) this.beat(active);
  }

  private *teamChanged(letter: Letter): Steps {
    yield* this.beatTeam(letter.teamId);
    yield this.world.chance.takes('transaction');
    this.world.rows.tx(this.service, letter.teamId, (tx) => {
      if (this.world.rows.firstTime(this.service, letter)) endStopped(tx);
    });
    yield* this.sweep();
  }

  private *beats(): Steps {
    yield this.world.chance.takes('transaction');
    for (const active of this.active.values()) this.beat(active);
  }

  private beat(active: Active): void {
    const { rows, clock } = this.world;
    const { run, goal, token } = active;
    const end = rows.tx(this.service, goal.teamId, ({ team, now }) => {
      const leaseHeld = run.lease.token === token && run.state === 'running';
      if (leaseHeld) {
        run.lease.until = now + LEASE_MS;
        run.heartbeatAt = now;
      }
      const task = goal.tasks.find(({ id }) => id === run.taskId)!;
      const instance = rows.instances.find(({ runId }) => runId === run.id);
      const around: Around = { leaseHeld, teamState: team.state, epoch: team.epoch, taskState: task.state, taskRound: task.round, goalPaused: goal.goal.paused, instanceState: instance?.state ?? null, instanceReason: instance?.reason ?? null, leftMs: run.agreedAt === null ? null : clock.now - run.agreedAt };
      return mustStop(run, around);
    });
    if (!end) return;
    active.stopping ??= end;
    if (active.doing) this.service.wake(active.doing);
  }

  private *sweep(): Steps {
    const { rows, clock, chance } = this.world;
    yield chance.takes('transaction');
    for (const goal of rows.goals.values()) {
      const team = rows.teams.get(goal.teamId)!;
      if (team.state === 'active' && !isTerminal(goalMachine, goal.goal.state)) {
        for (const task of goal.tasks) if (task.state === 'assigned' && task.epoch === team.epoch && goal.changedAt.get(task.id)! < clock.now - UNQUEUED_MS) yield* tolerant(this.missed(goal, task.id, task.memberId!, task.round, team.epoch));
      }
      for (const run of [...goal.runs]) {
        if (this.active.has(run.id)) continue;
        if (run.state === 'queued' && team.state === 'active' && team.epoch === run.epoch && hasRoom({ active: this.active.size, waiting: this.waiting }, PLACES)) yield* this.take(goal, run);
        else if (run.state === 'running' && run.heartbeatAt < clock.now - LEASE_MS) yield* this.recover(goal, run);
      }
    }
  }

  private get waiting(): number {
    return [...this.active.values()].filter(({ asks }) => asks !== undefined && !asks.over).length;
  }

  private *missed(goal: GoalRows, taskId: TaskId, memberId: MemberId, round: number, epoch: number): Steps {
    yield this.world.chance.takes('transaction');
    this.world.rows.tx(this.service, goal.teamId, (tx) => {
      tx.fence(epoch);
      queueFirst(tx, { goalId: goal.id, taskId, memberId, round });
    });
  }

  /** Nothing is fenced here (`RunStore.claim`): a run that is taken as its team stops is refused at the gate. */
  private *take(goal: GoalRows, run: RunRow): Steps {
    yield this.world.chance.takes('transaction');
    const token = this.world.rows.tx(this.service, goal.teamId, ({ now }) => {
      if (run.state !== 'queued' || run.lease.until >= now) return undefined;
      run.state = 'running';
      run.heartbeatAt = now;
      run.lease = { token: run.lease.token + 1, until: now + LEASE_MS };
      return run.lease.token;
    });
    if (token === undefined) return;
    const active: Active = { run, goal, token, stopping: undefined, asks: undefined, doing: undefined };
    this.active.set(run.id, active);
    active.doing = this.service.go(this.live(active));
  }

  private *live(active: Active): Steps {
    const { run, goal } = active;
    const { epoch, taskId } = run;
    const admitted = yield* this.admit(active, { goalId: goal.id, taskId, runId: run.id, epoch });
    if ('code' in admitted) yield* this.close(active, active.stopping ?? { kind: 'failed', code: admitted.code, detail: 'refused' });
    else {
      yield this.world.chance.takes('transaction');
      run.instanceId = admitted.instanceId;
      const found = yield* this.work(active);
      const end = found.kind === 'submitted' ? found : yield* this.close(active, found);
      yield* this.tellGate(goal.teamId, admitted.instanceId, end);
    }
    this.active.delete(run.id);
    yield* this.sweep();
  }

  private *admit({ stopping, goal }: Active, order: Parameters<Gate['admit']>[1]): Steps<{ readonly instanceId: string } | { readonly code: string }> {
    for (let attempt = 1; ; attempt++) {
      const reply = yield* ask(this.world.clock, this.world.services['spawn-gate'], () => this.gate.admit(goal.teamId, order), this.world.bus.late());
      if (reply !== NO_REPLY) return reply;
      if (attempt >= ADMIT_TRIES || stopping) return { code: 'gate_unreachable' };
    }
  }

  private *tellGate(teamId: TeamId, instanceId: string, end: RunEnd): Steps {
    for (let attempt = 1; attempt <= END_TRIES; attempt++) {
      const reply = yield* ask(this.world.clock, this.world.services['spawn-gate'], () => this.gate.ended(teamId, instanceId, INSTANCE_AFTER[end.kind], end.kind === 'submitted' ? 'submitted' : end.code, full({ steps: 3, tool_calls: 2, ms: 900 })));
      if (reply !== NO_REPLY) return;
      yield PAUSE_MS;
    }
  }

  /** A worker's process, until it has something or is stopped: at once, wherever it is. */
  private *work(active: Active): Steps<RunEnd> {
    const { chance, clock, options, atWork } = this.world;
    const { goal } = active;
    const process = { teamId: goal.teamId, runId: active.run.id, epoch: active.run.epoch, fleet: this.service, life: this.service.life };
    atWork.add(process);
    try {
      const asks = chance.one(options.asks);
      for (const part of asks ? ['begins', 'goes on'] : ['works']) {
        yield* this.until(active, clock.now + chance.takes('work') / (asks ? 2 : 1));
        if (part === 'begins' && !active.stopping) yield* this.wonder(active);
        if (active.stopping) return active.stopping;
      }
      if (active.run.agreedAt !== null) return { kind: 'stopped', code: 'cancelled_by_person', detail: 'the member agreed to end' };
      if (chance.one(options.fails)) return { kind: 'failed', code: 'worker_failed', detail: 'it gave up' };
      return yield* this.handIn(active);
    } finally {
      atWork.delete(process);
      if (active.asks) active.asks.over = true;
    }
  }

  private *until(active: Active, at: number): Steps {
    while (!active.stopping && this.world.clock.now < at) yield at - this.world.clock.now;
  }

  /** A member asks its customer, and waits: for the answer, until its time is over, or until it is stopped. */
  private *wonder(active: Active): Steps {
    const { goal, run } = active;
    const judged = judgeClarification({ question: 'Which of the two?', choices: [], to: 'user', waitMs: 30_000 }, { asked: goal.questions.length, waiting: false, answerMinutes: 30, before: undefined, recorded: undefined });
    if (!judged.ok) return;
    yield this.world.chance.takes('transaction');
    const question: QuestionRow = { id: this.world.rows.id(), runId: run.id, askedAt: this.world.clock.now, until: this.world.clock.now + judged.waitMs, answered: false, over: false };
    active.asks = question;
    this.world.rows.tx(this.service, goal.teamId, () => void goal.questions.push(question));
    while (!active.stopping && !question.answered && this.world.clock.now < question.until) yield Math.min(200, question.until - this.world.clock.now);
    question.over = true;
  }

  /** Behind the team's epoch and the run's lease (`DraftStore.submit`). */
  private *handIn(active: Active): Steps<RunEnd> {
    const { run, goal, token } = active;
    yield this.world.chance.takes('transaction');
    try {
      this.world.rows.tx(this.service, goal.teamId, (tx) => {
        tx.expect(run.lease.token === token && run.lease.until > tx.now, 'lease_lost');
        tx.fence(run.epoch);
        tx.expect(run.state === 'running', 'run_not_running');
        run.state = 'submitted';
        run.endedAt = tx.now;
        const draft = draftOf(tx, goal, run);
        goal.drafts.push(draft);
        tx.entry('TEAM-MEMBER-OUTPUT', { draft: draft.id, epoch: run.epoch });
        tx.publish(draftSubmitted, { goalId: goal.id, taskId: run.taskId, round: run.round, draftId: draft.id });
      });
      return { kind: 'submitted' };
    } catch (error) {
      if (!(error instanceof GuardError)) throw error;
      return error.code === 'lease_lost' ? LEASE_LOST : { kind: 'stopped', code: 'team_suspended', detail: `the draft was refused: ${error.code}` };
    }
  }

  private *close({ run, goal }: Pick<Active, 'run' | 'goal'>, found: Unfinished, lost = false): Steps<Unfinished> {
    yield this.world.chance.takes('transaction');
    return this.world.rows.tx(this.service, goal.teamId, (tx) => {
      const end = run.agreedAt === null ? found : afterYes(found);
      if ((run.state !== 'queued' && run.state !== 'running') || (lost && run.lease.until > tx.now)) return found;
      const failedBefore = goal.runs.filter(({ taskId, round, state }) => taskId === run.taskId && round === run.round && state === 'failed').length;
      run.state = end.kind;
      run.code = end.code;
      run.detail = end.detail;
      run.endedAt = tx.now;
      const { retry } = afterRun(end, failedBefore);
      if (retry && tx.team.state === 'active' && tx.team.epoch === run.epoch) goal.runs.push(queued(tx, { ...run, goalId: goal.id }, run.attempt + 1, run.epoch));
      else if (!retry && end.kind === 'failed') tx.publish(runFailed, { epoch: run.epoch, goalId: goal.id, taskId: run.taskId, round: run.round });
      return end;
    });
  }

  private *recover(goal: GoalRows, run: RunRow): Steps {
    yield this.world.chance.takes('transaction');
    if (run.state !== 'running' || run.lease.until > this.world.clock.now) return;
    const ended = yield* this.close({ run, goal }, { kind: 'failed', code: 'supervisor_lost', detail: 'its supervisor was not heard of' }, true);
    if (run.instanceId !== null) yield* this.tellGate(goal.teamId, run.instanceId, ended);
  }
}

/** `RunStore.queueFirst`: a round that has a run already in this epoch, or that the task has left, is left alone. */
function queueFirst(tx: Tx, { goalId, taskId, memberId, round }: { readonly goalId: GoalId; readonly taskId: TaskId; readonly memberId: MemberId; readonly round: number }): void {
  const goal = tx.rows.goals.get(goalId)!;
  const task = goal.tasks.find(({ id }) => id === taskId)!;
  const mine = goal.runs.filter((run) => run.taskId === taskId && run.round === round);
  const wanted = task.memberId === memberId && task.round === round && (task.state === 'assigned' || task.state === 'in_progress');
  if (!wanted || mine.some(({ epoch }) => epoch === tx.team.epoch)) return;
  goal.runs.push(queued(tx, { goalId, taskId, memberId, round }, Math.max(0, ...mine.map(({ attempt }) => attempt)) + 1, tx.team.epoch));
}

/** `RunStore.endStopped`: what waits for a supervisor since before the team was stopped. */
function endStopped({ rows, team, now }: Tx): void {
  for (const { runs } of rows.goalsOf(team.id)) for (const run of runs) if (run.state === 'queued' && (team.state !== 'active' || team.epoch !== run.epoch)) Object.assign(run, { state: 'stopped', code: 'team_suspended', detail: '', endedAt: now });
}

const queued = (tx: Tx, of: Pick<RunRow, 'goalId' | 'taskId' | 'memberId' | 'round'>, attempt: number, epoch: number): RunRow => ({
  id: tx.rows.id(), goalId: of.goalId, taskId: of.taskId, memberId: of.memberId, round: of.round, attempt, epoch, queuedAt: tx.now, state: 'queued', code: null, detail: null, heartbeatAt: 0, endedAt: null, instanceId: null, lease: { token: 0, until: 0 }, agreedAt: null,
});

function draftOf(tx: Tx, goal: GoalRows, run: RunRow): DraftRow {
  const { key } = goal.tasks.find(({ id }) => id === run.taskId)!;
  const path = `src/${key}.ts`;
  const content = Buffer.from(`${key} ${run.round}.${run.attempt}\n`);
  const id = tx.rows.id<DraftRow['files'][number]['id']>();
  const file = { id, path, mode: '100644', mediaType: 'text/plain', sha256: createHash('sha256').update(content).digest('hex'), size: content.length, deleted: false, replaces: false } as const;
  return { id: tx.rows.id(), round: run.round, epoch: run.epoch, state: 'submitted', summary: 'did it', committedAt: null, tree: null, files: [file], checks: [], review: null, taskId: run.taskId, memberId: run.memberId, content: new Map([[id, content]]) };
}

