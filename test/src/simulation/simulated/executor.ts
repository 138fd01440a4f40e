import { approvalDecided, decisionTakenBack, effectFinished, effectStarted, goalMachine, isTerminal, teamChanged, type ApprovalId, type EffectFault, type EffectId, type TeamId } from '@countersign/contracts';
import { GuardError } from '@countersign/database';
import { PASSING, REFUSALS, type Refusal } from '@countersign/executor/domain/refusal';
import { resolveEffect, resolveUnseen, type Step, type Tries } from '@countersign/executor/domain/resolve-effect';
import { turnOf } from '@countersign/executor/domain/turn-of';
import { settleUnknown } from '@countersign/executor/domain/settle-unknown';
import { endedBy, readCountersigned, verifyApproval, type ApprovalFacts } from '@countersign/executor/domain/verify-approval';
import type { Letter } from './bus.js';
import type { Steps } from './clock.js';
import type { ApprovalRow, EffectRow, GoalRows, Tx } from './rows.js';
import { sha256, witnessOf, type Signer } from './signing.js';
import { Sinks } from './sinks.js';
import type { World } from './world.js';

const SWEEP_MS = 1_000;
const LEFT_BEHIND_MS = 2_000;
/** How long an act may be under way (a performer's `actMs`). */
const ACT_MS = 30_000;
const FRESH = { silences: 0, rejected: undefined, unsent: undefined, afterMs: 0 } as const;
type Attempted = Tries & { readonly own?: boolean };
type Settled = Extract<Step, { readonly do: 'record' | 'fail' | 'unknown' }>;

interface Running {
  readonly teamId: TeamId;
  stopped: boolean;
}
interface Performing {
  readonly goal: GoalRows;
  readonly approval: ApprovalRow;
  readonly effect: EffectRow;
  /** Acts that the executor knows of and the row does not say. */
  readonly unrecorded: number;
}

/** The executor as `effect-runner.ts` has it, with what its pins keep on its own disk. Each approval at most once; what came of it is found by looking. */
export class Executor {
  private readonly service;
  private readonly running = new Map<ApprovalId, Running>();
  private lastTurn = '';
  /** On its own disk, whatever becomes of the process. */
  private readonly pins = { used: new Set<string>(), acted: new Set<string>(), done: new Set<string>(), spent: new Set<string>() };

  constructor(
    private readonly world: World,
    private readonly signer: Signer,
  ) {
    const { bus, services } = world;
    this.service = services.executor;
    this.service.onCrash(() => this.running.clear());
    bus.on(this.service, approvalDecided, (letter) => this.decided(letter));
    bus.on(this.service, decisionTakenBack, (letter) => this.forget(letter));
    bus.on(this.service, teamChanged, (letter) => this.teamChanged(letter));
    this.service.every(SWEEP_MS, () => this.sweep());
  }

  private *decided(letter: Letter): Steps {
    if (letter.body['outcome'] !== 'approve') return yield* this.forget(letter);
    yield this.world.chance.takes('transaction');
    this.run(letter.body['approvalId'] as ApprovalId);
  }

  /** Which yeses were taken back or ended is remembered. */
  private *forget({ body }: Letter): Steps {
    yield this.world.chance.takes('transaction');
    this.spend(this.find(body['approvalId'] as ApprovalId)!.approval);
  }

  private spend(approval: ApprovalRow): void {
    const ended = approval.state === 'superseded' || approval.decisions.some(({ decision, undone }) => !undone && (decision === 'withdraw' || decision === 'expire' || decision === 'request_changes'));
    for (const { assertion, undone } of approval.decisions) if (assertion && (undone || ended)) this.pins.spent.add(assertion.nonce);
  }

  private *teamChanged({ teamId, body }: Letter): Steps {
    if (body['state'] !== 'active') for (const each of this.running.values()) if (each.teamId === teamId) each.stopped = true;
    yield this.world.chance.takes('transaction');
  }

  private find(id: ApprovalId): { goal: GoalRows; approval: ApprovalRow; effect: EffectRow | undefined } | undefined {
    for (const goal of this.world.rows.goals.values()) {
      const approval = goal.approvals.find((one) => one.id === id);
      if (approval) return { goal, approval, effect: goal.effects.find(({ approvalId }) => approvalId === id) };
    }
    return undefined;
  }

  private *sweep(): Steps {
    const { rows, clock, chance } = this.world;
    yield chance.takes('transaction');
    const left: { approval_id: ApprovalId; ageMs: number }[] = [];
    for (const goal of rows.goals.values()) {
      const team = rows.teams.get(goal.teamId)!;
      for (const effect of goal.effects) if (effect.state === 'started') left.push({ approval_id: effect.approvalId, ageMs: clock.now - effect.startedAt });
      if (team.state !== 'active' || isTerminal(goalMachine, goal.goal.state)) continue;
      for (const { id, state, epoch, effectiveAt } of goal.approvals) if (state === 'approved' && epoch === team.epoch && !goal.effects.some(({ approvalId }) => approvalId === id)) left.push({ approval_id: id, ageMs: clock.now - effectiveAt! });
    }
    const turn = turnOf(left.filter(({ approval_id, ageMs }) => ageMs >= LEFT_BEHIND_MS && !this.running.has(approval_id)), this.lastTurn, 100);
    this.lastTurn = turn.at(-1)?.approval_id ?? this.lastTurn;
    for (const { approval_id } of turn) this.run(approval_id);
  }

  private run(id: ApprovalId): void {
    if (this.running.has(id)) return;
    const running: Running = { teamId: this.find(id)!.goal.teamId, stopped: false };
    this.running.set(id, running);
    const attend = function* (this: Executor): Steps {
      try {
        yield* this.attend(id, running);
      } catch (error) {
        if (!(error instanceof GuardError)) throw error; // left for the next sweep
      }
      this.running.delete(id);
    };
    this.service.go(attend.call(this));
  }

  private *attend(id: ApprovalId, running: Running): Steps {
    yield this.world.chance.takes('transaction');
    const { goal, approval, effect } = this.find(id)!;
    this.spend(approval);
    if (!effect) return yield* this.perform(goal, approval, running);
    if (effect.state === 'started') yield* this.resume(goal, approval, effect, running);
  }

  private *perform(goal: GoalRows, approval: ApprovalRow, running: Running): Steps {
    const { rows, chance } = this.world;
    if (this.pins.used.has(approval.id)) return yield* this.refuse(goal, approval, 'approval_spent');
    const verified = verifyApproval(this.facts(goal, approval), this.witness(approval), sha256);
    if (!verified.ok) return yield* this.refuse(goal, approval, verified.code);
    yield chance.takes('transaction');
    let effect: EffectRow;
    try {
      effect = rows.tx(this.service, goal.teamId, (tx) => {
        tx.fence(approval.epoch);
        tx.expect(!goal.effects.some(({ approvalId }) => approvalId === approval.id), 'approval_used');
        tx.useApproval(approval, verified.order.digest);
        const row: EffectRow = { id: tx.rows.id<EffectId>(), approvalId: approval.id, kind: verified.order.effect.kind, startedAt: tx.now, state: 'started', code: null, acts: 0, begunAt: null, settlementId: null };
        goal.effects.push(row);
        tx.entry('EFFECT-STARTED', { effect: row.id, approval: approval.id, epoch: approval.epoch });
        tx.publish(effectStarted, { approvalId: approval.id, effectId: row.id, goalId: goal.id });
        return row;
      });
    } catch (error) {
      const code = refusalOf(error);
      if (code === undefined) throw error;
      return yield* this.refuse(goal, approval, code);
    }
    yield 1;
    this.pins.used.add(approval.id);
    yield* this.carryOut({ goal, approval, effect, unrecorded: 0 }, { ...FRESH, acts: 0, barred: undefined }, running);
  }

  private *resume(goal: GoalRows, approval: ApprovalRow, effect: EffectRow, running: Running): Steps {
    const { clock } = this.world;
    if (effect.acts === 0 && this.pins.acted.has(approval.id)) yield this.world.chance.takes('transaction');
    const acts = Math.max(effect.acts, this.pins.acted.has(approval.id) ? 1 : 0);
    const underway = { goal, approval, effect, unrecorded: acts - effect.acts };
    const read = readCountersigned(this.facts(goal, approval), this.witness(approval), sha256);
    if (!read.ok) return yield* this.settle(underway, resolveUnseen(acts, read.code));
    if (!Sinks.canBeSeen(effect.kind) && effect.acts > 0 && clock.now - effect.begunAt! < ACT_MS) return;
    const bar = this.barOf(goal, approval);
    if (!bar) this.pins.used.add(approval.id);
    const barred = this.pins.done.has(approval.id) ? 'approval_spent' : bar;
    yield* this.carryOut(underway, { ...FRESH, acts, barred }, running);
  }

  private barOf(goal: GoalRows, approval: ApprovalRow): Refusal | undefined {
    const facts = this.facts(goal, approval);
    const ended = endedBy(facts);
    if (ended) return ended;
    const read = readCountersigned(facts, { ...this.witness(approval), begun: false }, sha256);
    return read.ok ? undefined : read.code;
  }

  private *carryOut(performing: Performing, first: Attempted, running: Running): Steps {
    const { sinks, options } = this.world;
    const { approval, effect } = performing;
    for (let tries = first; ; ) {
      const sight = yield* sinks.look(effect.kind, approval.id, options.silent);
      const step = resolveEffect(sight, tries);
      if (step.do === 'act') {
        const next = yield* this.act(performing, tries, running);
        if (next === 'answered') return yield* this.settle(performing, { do: 'record' });
        tries = next;
      } else if (step.do === 'later') tries = yield* this.wait(performing, tries, step.delayMs);
      else if (step.do === 'fail' && (yield* this.mayStillArrive(performing, tries))) return;
      else return yield* this.settle(performing, step, tries.acts - performing.unrecorded);
    }
  }

  /** Noted before it happens, only in the approved epoch, and by one alone where a repeat cannot be told apart. */
  private *act({ goal, approval, effect, unrecorded }: Performing, tries: Attempted, running: Running): Steps<Attempted | 'answered'> {
    const { rows, sinks, chance, options } = this.world;
    const alone = !Sinks.canBeSeen(effect.kind);
    yield chance.takes('transaction');
    try {
      rows.tx(this.service, goal.teamId, (tx) => {
        tx.fence(approval.epoch);
        tx.expect(approval.used, 'approval_unused');
        tx.expect(effect.state === 'started' && (!alone || effect.acts === tries.acts - unrecorded), alone ? 'effect_begun' : 'effect_settled');
        effect.acts += 1;
        effect.begunAt = tx.now;
        tx.entry('EFFECT-BEGUN', { effect: effect.id, approval: approval.id, epoch: approval.epoch });
      });
    } catch (error) {
      const barred = refusalOf(error);
      if (barred === undefined) throw error;
      return { ...tries, barred };
    }
    yield 1;
    if (alone) this.pins.acted.add(approval.id);
    const heard = yield* sinks.act(approval.id, options.silent, () => running.stopped);
    if (heard === 'answered') return heard;
    if (heard !== 'unsent') return { ...tries, ...FRESH, acts: tries.acts + 1, own: true };
    if (tries.acts === 0) this.pins.acted.delete(approval.id);
    yield chance.takes('transaction');
    rows.tx(this.service, goal.teamId, () => { if (effect.state === 'started') effect.acts -= 1; });
    return { ...tries, rejected: undefined, unsent: 'host_unreachable', afterMs: 0 };
  }

  /** What was good before a wait need not be after it. */
  private *wait({ goal, approval }: Performing, tries: Attempted, delayMs: number): Steps<Attempted> {
    yield delayMs;
    const next = { ...tries, silences: tries.silences + 1, unsent: undefined, afterMs: 0 };
    return next.barred === undefined ? { ...next, barred: this.barOf(goal, approval) } : next;
  }

  private *mayStillArrive({ effect, unrecorded }: Performing, { acts, own }: Attempted): Steps<boolean> {
    yield this.world.chance.takes('transaction');
    if (effect.state !== 'started' || effect.acts === 0) return false;
    return !(own && effect.acts === acts - unrecorded) && this.world.clock.now - effect.begunAt! < ACT_MS;
  }

  private *settle({ goal, approval, effect }: Pick<Performing, 'goal' | 'approval' | 'effect'>, step: Settled, acts?: number): Steps {
    this.pins.done.add(approval.id);
    yield this.world.chance.takes('transaction');
    this.world.rows.tx(this.service, goal.teamId, (tx) => {
      tx.expect(effect.state === 'started' && (step.do !== 'fail' || acts === undefined || effect.acts === acts), 'effect_settled');
      this.write(tx, { goal, approval, effect }, step.do === 'record' ? 'executed' : step.do === 'fail' ? 'failed' : 'unknown', 'code' in step ? step.code : null);
    });
  }

  private write(tx: Tx, { goal, approval, effect }: Pick<Performing, 'goal' | 'approval' | 'effect'>, state: 'executed' | 'failed' | 'unknown', code: EffectFault | null): void {
    effect.state = state;
    effect.code = code;
    tx.entry('EFFECT-OUTCOME', { effect: effect.id, approval: approval.id, state, code });
    tx.publish(effectFinished, { epoch: approval.epoch, approvalId: approval.id, effectId: effect.id, goalId: goal.id, state });
  }

  /** A person says what became of an outcome that nobody knows; also while the team stands still. */
  *settleByPerson(id: ApprovalId, happened: boolean): Steps<string> {
    yield this.world.chance.takes('transaction');
    const { goal, approval, effect } = this.find(id)!;
    return this.world.rows.tx(this.service, goal.teamId, (tx) => {
      const verdict = settleUnknown({ settlementId: `settled ${id}`, by: { customerId: tx.team.customerId, roles: ['customer_governor'] }, outcome: happened ? 'executed' : 'failed', reason: 'I called them.' }, { customerId: tx.team.customerId, effect });
      if (!verdict.ok) return verdict.code;
      if (verdict.already) return 'already';
      effect!.settlementId = `settled ${id}`;
      this.write(tx, { goal, approval, effect: effect! }, happened ? 'executed' : 'failed', 'settled_by_person');
      return 'settled';
    });
  }

  private *refuse(goal: GoalRows, approval: ApprovalRow, code: Refusal): Steps {
    yield this.world.chance.takes('transaction');
    this.world.rows.tx(this.service, goal.teamId, (tx) => {
      const final = !PASSING.has(code) || (code === 'approval_not_granted' && approval.state === 'approved');
      tx.entry('EFFECT-REFUSED', { approval: approval.id, code });
      if (!final || goal.effects.some(({ approvalId }) => approvalId === approval.id)) return;
      const row: EffectRow = { id: tx.rows.id<EffectId>(), approvalId: approval.id, kind: '', startedAt: tx.now, state: 'refused', code, acts: 0, begunAt: null, settlementId: null };
      goal.effects.push(row);
      tx.publish(effectFinished, { approvalId: approval.id, effectId: row.id, goalId: goal.id, state: 'refused' });
    });
  }

  private witness(approval: ApprovalRow): ReturnType<typeof witnessOf> {
    return witnessOf(this.signer, { now: this.world.clock.now, begun: this.pins.used.has(approval.id), spent: this.pins.spent });
  }

  private facts({ drafts, deliverables }: GoalRows, approval: ApprovalRow): ApprovalFacts {
    const team = this.world.rows.teams.get(approval.teamId)!;
    const contents = new Map(drafts.flatMap(({ content }) => [...content]));
    const { files } = deliverables.find(({ id }) => id === approval.deliverableId)!.proposal;
    const { id, teamId, goalId, deliverableId, state, epoch, digest, manifest, validUntil } = approval;
    return {
      id, customerId: team.customerId, teamId, goalId, deliverableId, state, epoch, digest, manifest, expired: validUntil !== null && validUntil <= this.world.clock.now, team: { state: team.state, epoch: team.epoch },
      decided: approval.decisions.filter(({ decision, undone }) => decision === 'approve' && !undone).map(({ personId, deviceId, at, assertion }) => ({ digest, personId, deviceId, at: new Date(at), assertion })),
      artifacts: files.map(({ artifactId, path, mode, deleted }) => ({ id: artifactId, path, mode, deleted, content: contents.get(artifactId)! })),
    };
  }
}

/** The database's own refusals, as `effect-runner.ts` reads them. */
function refusalOf(error: unknown): Refusal | undefined {
  if (!(error instanceof GuardError)) return undefined;
  return error.code === 'team_not_active' ? 'stale_epoch' : REFUSALS.find((code) => code === error.code);
}
