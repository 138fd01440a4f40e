import type { ApprovalId, TeamId } from '@countersign/contracts';
import { DatabaseError, GuardError } from '@countersign/database';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { readOrder, type Order } from '../domain/order.js';
import { wrongPlace } from '../domain/place.js';
import { MOST_DELAY_MS, resolveEffect, resolveUnseen, type Sight, type Step } from '../domain/resolve-effect.js';
import { REFUSALS, type Refusal } from '../domain/refusal.js';
import { endedBy, readCountersigned, verifyApproval, verifyBytes } from '../domain/verify-approval.js';
import { RejectedError, UnsentError } from './answers.js';
import { Heard, type Attempted } from './heard.js';
import type { Performer, Plan, Receipt, Target } from './performer.js';
import type { Keyring } from './pins/keyring.js';
import type { Receipts } from './receipts.js';
import type { EffectStore, Performing, StoredApproval, StoredEffect, Underway } from './postgres/effect-store.js';
import { sha256 } from './sha256.js';

export interface RunnerLog {
  info(detail: object, text: string): void;
  warn(detail: object, text: string): void;
  error(detail: object, text: string): void;
}

/** The points between which a crash must not matter; tests end the process there. */
export const MILESTONES = ['verified', 'started', 'used', 'noted', 'begun', 'acted', 'finished', 'recorded'] as const;
export type Milestone = (typeof MILESTONES)[number];

export interface RunnerOptions {
  readonly store: EffectStore;
  readonly keyring: Keyring;
  readonly receipts: Pick<Receipts, 'covered'>;
  /** Says on the service's page which approved effect waits for a signed head, and why; undefined: it does not, or not any more. */
  readonly unsigned?: (approvalId: ApprovalId, why: string | undefined) => void;
  readonly performers: Readonly<Record<string, Performer>>;
  readonly log: RunnerLog;
  readonly passed?: (milestone: Milestone) => void;
  /** Waits, or less when the signal is aborted. */
  readonly pause?: (ms: number, signal: AbortSignal) => Promise<void>;
}

const AWAY: Sight = { kind: 'silent', why: 'there is no way to it' };
const FRESH = { silences: 0, rejected: undefined, unsent: undefined, afterMs: 0 };

type Settled = Extract<Step, { readonly do: 'record' | 'fail' | 'unknown' }>;

/** A drain ends a pause early; the loop sees it. */
const pause = (ms: number, signal: AbortSignal): Promise<void> => sleep(ms, undefined, { signal }).catch(() => undefined);

const DRAIN_MS = 5_000;

/** Carries approved effects out, each at most once, and settles by looking what a crash left open. */
export class EffectRunner {
  private readonly running = new Map<ApprovalId, { readonly teamId: TeamId; readonly stop: AbortController; readonly done: Promise<boolean> }>();
  /** What waits for a signed head, by the look that is under way. */
  private readonly unsigned = new Map<ApprovalId, string>();
  private readonly heard = new Heard();
  private readonly draining = new AbortController();
  private readonly passed: (milestone: Milestone) => void;

  constructor(private readonly options: RunnerOptions) {
    this.passed = options.passed ?? (() => undefined);
  }

  /** Looks at an approval and does what is due. Asking again while it is under way changes nothing. Resolves when it rests, with whether it came to that by itself; does not throw. */
  async run(teamId: TeamId, approvalId: ApprovalId): Promise<boolean> {
    const already = this.running.get(approvalId);
    if (already) return already.done;
    if (this.draining.signal.aborted) return false;
    const stop = new AbortController();
    const done = this.attend(teamId, approvalId, stop)
      .then(
        () => true,
        (cause: unknown) => {
          this.options.log[isTaken(cause) ? 'info' : 'error']({ err: cause, teamId, approvalId }, 'effect left for the next sweep');
          return false;
        },
      )
      .finally(() => this.rest(approvalId));
    this.running.set(approvalId, { teamId, stop, done });
    return done;
  }

  private rest(approvalId: ApprovalId): void {
    this.running.delete(approvalId);
    this.options.unsigned?.(approvalId, this.unsigned.get(approvalId));
    this.unsigned.delete(approvalId);
  }

  isRunning(approvalId: ApprovalId): boolean {
    return this.running.has(approvalId);
  }

  /** The team was suspended: what is just being done outside is killed; then the target is asked what came of it. */
  stopTeam(teamId: TeamId): void {
    for (const each of this.running.values()) if (each.teamId === teamId) each.stop.abort();
  }

  /** Takes nothing new and waits a little for what is running; what is left open is found again by looking. */
  async drain(): Promise<void> {
    this.draining.abort();
    const all = [...this.running.values()];
    const rest = Promise.all(all.map(({ done }) => done));
    await Promise.race([rest, sleep(DRAIN_MS, undefined, { ref: false })]);
    for (const { stop } of all) stop.abort();
    await rest;
  }

  private async attend(teamId: TeamId, approvalId: ApprovalId, stop: AbortController): Promise<void> {
    const loaded = await this.options.store.load(teamId, approvalId);
    if (!loaded) return this.options.log.warn({ teamId, approvalId }, 'no such approval');
    const { approval, effect } = loaded;
    this.options.keyring.spend(approvalId, approval.takenBack);
    if (!effect) return approval.state === 'held' ? this.foresee(approval) : this.perform(approval, stop);
    const heard = this.heard.of(approvalId);
    if (effect.state !== 'started') this.heard.forget(approvalId);
    else if (heard?.receipt) return this.settle(heard.effect, { do: 'record' }, heard.receipt);
    else return this.resume(approval, effect, stop);
  }

  /** The wait of what is held begins when it is seen. */
  private async foresee(approval: StoredApproval): Promise<void> {
    const { keyring } = this.options;
    const read = readCountersigned(approval, await keyring.witness(approval), sha256);
    if (read.ok && read.order.delaySeconds > 0) keyring.waitMs(approval.id, read.yeses, read.order.delaySeconds);
  }

  /** Reads which yeses were taken back or ended, and remembers that. */
  async forget(teamId: TeamId, approvalId: ApprovalId): Promise<void> {
    this.options.keyring.spend(approvalId, await this.options.store.takenBack(teamId, approvalId));
  }

  private async perform(approval: StoredApproval, stop: AbortController): Promise<void> {
    const { keyring } = this.options;
    if (keyring.isUsed(approval.id)) return this.refuse(approval, 'approval_spent', kindOf(approval));
    const verified = verifyApproval(approval, await keyring.witness(approval), sha256);
    if (!verified.ok) return this.refuse(approval, verified.code, kindOf(approval), verified.found);
    const { effect } = verified.order;
    const { kind } = effect;
    const shut = await this.gate(approval, verified.order, verified.order.yeses);
    if (shut === 'waits') return;
    if (shut) return this.refuse(approval, shut, kind);
    const stray = await this.options.store.stray(approval.teamId, effect);
    if (stray) return this.refuse(approval, stray, kind);
    const performer = this.options.performers[kind];
    const prepared = performer ? await performer.prepare(verified.order) : ({ ok: false, code: 'effect_unsupported' } as const);
    if (!prepared.ok) return this.refuse(approval, prepared.code, kind, 'found' in prepared ? prepared.found : undefined);
    this.passed('verified');
    const id = await this.start(approval, prepared.plan);
    if (id === undefined) return;
    this.passed('started');
    keyring.use(approval.id);
    this.passed('used');
    const tries = { ...FRESH, acts: 0, barred: undefined };
    await this.carryOut({ id, approval, kind, effect, alone: performer!.alone, actMs: performer!.actMs, unrecorded: 0 }, () => performer!.target(prepared.plan, verified.order), tries, stop);
  }

  /**
   * What nothing begins without, beside yeses and bytes: its delay is over by this executor's clock, and its decision stands under a
   * signed head. What waits for either is no refusal: it is looked at again by the next sweep, as long as the yes is good.
   */
  private async gate(approval: StoredApproval, order: Order, yeses: readonly string[]): Promise<'waits' | 'entry_foreign' | undefined> {
    const { keyring, receipts, log } = this.options;
    if (order.delaySeconds > 0 && keyring.waitMs(approval.id, yeses, order.delaySeconds) > 0) return 'waits';
    const covered = await receipts.covered(approval, order);
    if (covered.is !== 'waits') return covered.is === 'foreign' ? 'entry_foreign' : undefined;
    this.unsigned.set(approval.id, covered.why);
    log.warn({ approvalId: approval.id, why: covered.why }, 'the decision stands under no signed head yet; nothing is begun');
    return 'waits';
  }

  private async start(approval: StoredApproval, plan: Plan): Promise<Underway['id'] | undefined> {
    try {
      return await this.options.store.start(approval, plan);
    } catch (cause) {
      const code = refusalOf(cause);
      if (code === undefined) throw cause;
      await this.refuse(approval, code, plan.kind);
      return undefined;
    }
  }

  /**
   * An effect that another process (or this one, earlier) started. Where it goes and what it looks like there is read from what
   * was countersigned, each time anew; the plan in its row is only what somebody could write there. Where that cannot be read
   * any more, nothing outside is touched, not even to look.
   */
  private async resume(approval: StoredApproval, found: StoredEffect, stop: AbortController): Promise<void> {
    const { keyring, store } = this.options;
    const witness = await keyring.witness(approval);
    // An act is in its row before it is pinned, and unpinned before it is taken back: a row without one was read too early, or is not as it was written.
    const stored = found.acts === 0 && keyring.hasActed(approval.id) ? (await store.load(approval.teamId, approval.id))?.effect : found;
    if (stored?.state !== 'started') return;
    const { id } = stored;
    const acts = Math.max(stored.acts, keyring.hasActed(approval.id) ? 1 : 0);
    const read = readCountersigned(approval, witness, sha256);
    if (!read.ok) return this.settle({ id, approval, kind: stored.kind }, resolveUnseen(acts, read.code));
    const { effect } = read.order;
    const { kind } = effect;
    const performer = this.options.performers[kind]!;
    const { alone, actMs } = performer;
    if (alone && stored.acts > 0 && stored.begunAgoMs! < actMs) return; // whoever began may still hear the answer
    if ((stored.waitMs ?? 0) > 0) return; // the target asked for that, whoever was told
    const underway = { id, approval, kind, effect, alone, actMs, unrecorded: acts - stored.acts };
    const bar = await this.barOf(approval);
    if (bar === 'waits') return;
    if (!bar) keyring.use(approval.id);
    const verified = verifyBytes(approval, witness, sha256);
    const prepared = verified.ok ? await performer.prepare(verified.order) : verified;
    const known = prepared.ok ? prepared : await performer.recall(read.order);
    if (!known.ok) return this.settle(underway, resolveUnseen(acts, known.code));
    if (!isDeepStrictEqual(known.plan, stored.plan)) this.options.log.warn({ effectId: id }, 'the noted plan is not what was countersigned; it is not used');
    const barred = keyring.isDone(approval.id) ? 'approval_spent' : (bar ?? (prepared.ok ? undefined : prepared.code));
    const heard = this.heard.of(approval.id);
    const tries = { ...FRESH, acts, barred, ...(heard?.acts === acts && { rejected: heard.rejected, own: true }) };
    await this.carryOut(underway, () => performer.target(known.plan, verified.ok ? verified.order : undefined), tries, stop);
  }

  /**
   * Why what was started may not be acted on (again): a yes is for now, and for no longer because somebody was about to. What this
   * executor does not know as its own waits as well for what nothing begins without.
   */
  private async barOf(approval: StoredApproval): Promise<'waits' | Refusal | undefined> {
    const { keyring } = this.options;
    const ended = endedBy(approval);
    if (ended) return ended;
    const read = readCountersigned(approval, await keyring.witness(approval, { anew: true }), sha256);
    if (!read.ok) return read.code;
    return keyring.isUsed(approval.id) ? undefined : this.gate(approval, read.order, read.yeses);
  }

  /** `reach`: where it goes. What keeps it from there (a folder that is not mounted) may pass; if it does not, it ends like a target that is silent. */
  private async carryOut(effect: Performing, reach: () => Promise<Target>, first: Attempted, stop: AbortController): Promise<void> {
    let target: Target | undefined;
    for (let tries = first; ; ) {
      if (tries.receipt) return this.settle(effect, { do: 'record' }, tries.receipt);
      if (this.draining.signal.aborted) return;
      target ??= await reach().catch((cause: unknown) => this.options.log.warn({ err: cause, effectId: effect.id }, 'there is no way to the target just now')) ?? undefined;
      const wrong = target && wrongPlace(target.place);
      if (wrong) return this.settle(effect, resolveUnseen(tries.acts, wrong));
      const sight = target ? await target.look() : AWAY;
      const step = resolveEffect(sight, tries);
      if (sight.kind === 'silent') this.options.log.warn({ effectId: effect.id, why: sight.why }, 'the target does not answer');
      if (step.do === 'act') tries = await this.act(effect, target!, tries, stop);
      else if (step.do === 'later') tries = await this.wait(effect, tries, step.delayMs);
      else if (step.do === 'fail' && (await this.mayStillArrive(effect, tries))) return;
      else return this.settle(effect, step, target?.receipt, tries.acts - effect.unrecorded);
    }
  }

  /** Whether somebody else's act may be under way: what it is to do is not there yet, which says nothing. It is judged at a later sweep. */
  private async mayStillArrive(effect: Performing, { acts, own }: Attempted): Promise<boolean> {
    const last = await this.options.store.lastAct(effect);
    return last !== undefined && !(own && last.acts === acts - effect.unrecorded) && last.begunAgoMs < effect.actMs;
  }

  private async act(effect: Performing, target: Target, tries: Attempted, stop: AbortController): Promise<Attempted> {
    try {
      await this.options.store.begin(effect, tries.acts - effect.unrecorded);
    } catch (cause) {
      const bar = refusalOf(cause);
      if (bar === undefined) throw cause;
      return { ...tries, barred: bar };
    }
    this.passed('noted');
    if (effect.alone) this.options.keyring.act(effect.approval.id);
    this.passed('begun');
    const next = { ...tries, ...FRESH, acts: tries.acts + 1, own: true };
    let receipt: Receipt | undefined;
    try {
      receipt = await target.act(stop.signal);
    } catch (cause) {
      this.options.log.warn({ err: cause, effectId: effect.id }, 'acting did not end well; the target will say what came of it');
      if (cause instanceof UnsentError) {
        if (tries.acts === 0) this.options.keyring.takeBack(effect.approval.id);
        await this.options.store.takeBack(effect, Math.min(cause.afterMs, MOST_DELAY_MS));
        return { ...tries, rejected: undefined, unsent: cause.code, afterMs: cause.afterMs };
      }
      return cause instanceof RejectedError ? this.heard.keep({ ...next, rejected: cause.code, effect }) : next;
    }
    const heard = receipt === undefined ? next : this.heard.keep({ ...next, receipt, effect });
    this.passed('acted');
    return heard;
  }

  /** What was good before a wait need not be after it. */
  private async wait({ approval: { teamId, id } }: Performing, tries: Attempted, delayMs: number): Promise<Attempted> {
    await (this.options.pause ?? pause)(delayMs, this.draining.signal);
    const next = { ...tries, silences: tries.silences + 1, unsent: undefined, afterMs: 0 };
    if (next.barred !== undefined || this.draining.signal.aborted) return next;
    const now = await this.options.store.load(teamId, id);
    const bar = now ? await this.barOf(now.approval) : 'approval_not_granted';
    return bar === 'waits' ? next : { ...next, barred: bar };
  }

  /** `acts`: how often the row says it was begun; an effect that was begun again since has not failed. */
  private async settle(effect: Underway, step: Settled, receipt: Receipt = {}, acts?: number): Promise<void> {
    const { store, keyring, log } = this.options;
    keyring.finish(effect.approval.id);
    this.passed('finished');
    try {
      if (step.do === 'record') await store.executed(effect, receipt);
      else if (step.do === 'fail') await store.failed(effect, step.code, { acts });
      else await store.unknown(effect, step.code);
    } catch (cause) {
      if (!(cause instanceof GuardError && cause.code === 'effect_settled')) throw cause;
      this.heard.forget(effect.approval.id);
      return log.info({ effectId: effect.id }, 'another executor recorded the outcome first');
    }
    this.heard.forget(effect.approval.id);
    this.passed('recorded');
    log.info({ effectId: effect.id, outcome: step.do, ...('code' in step ? { code: step.code } : receipt) }, 'effect settled');
  }

  private async refuse(approval: StoredApproval, code: Refusal, kind: string, found?: string): Promise<void> {
    this.options.log.warn({ approvalId: approval.id, code }, 'effect refused');
    try {
      await this.options.store.refused(approval, code, kind, found);
    } catch (cause) {
      if (!(cause instanceof DatabaseError && cause.code === 'already_exists')) throw cause; // else another executor refused it first
    }
  }
}

/** Another executor began first: the effect is in its hands. */
const isTaken = (cause: unknown): boolean => cause instanceof GuardError && cause.code === 'effect_begun';

/** For the record only; `unread` where the manifest cannot be read. */
function kindOf({ manifest }: StoredApproval): string {
  const read = readOrder(manifest);
  return read.ok ? read.order.effect.kind : 'unread';
}

/** The database's own refusals, in our words. */
function refusalOf(cause: unknown): Refusal | undefined {
  if (cause instanceof DatabaseError && cause.code === 'already_exists') return 'approval_used'; // it was refused or started by another
  if (!(cause instanceof GuardError)) return undefined;
  if (cause.code === 'team_not_active') return 'stale_epoch';
  if (cause.code === 'approval_not_found') return 'approval_not_granted';
  return REFUSALS.find((code) => code === cause.code);
}
