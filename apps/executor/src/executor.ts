import type { ApprovalId, TeamId } from '@countersign/contracts';
import { CommandClient } from '@countersign/bus';
import { Database } from '@countersign/database';
import { AUDIT, EnrolmentSeal, Health, LocalRemotes, LOGGER, ServiceConfig, Sweep, THE_WIRE, type Audit, type Logger } from '@countersign/service';
import { Inject, Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { EffectRunner } from './adapters/effect-runner.js';
import { EffectSettler } from './adapters/effect-settler.js';
import { PublishPerformer } from './adapters/files/publish-performer.js';
import { PushPerformer } from './adapters/git/push-performer.js';
import { PostPerformer } from './adapters/http/post-performer.js';
import { KeyHerald } from './adapters/mail/key-herald.js';
import { MailPerformer } from './adapters/mail/mail-performer.js';
import { Keyring } from './adapters/pins/keyring.js';
import { PinFile } from './adapters/pins/pin-file.js';
import { PinLock } from './adapters/pins/pin-lock.js';
import { EffectStore } from './adapters/postgres/effect-store.js';
import { Receipts } from './adapters/receipts.js';
import { SecretFiles } from './adapters/secret-files.js';
import { readExecutorConfig } from './config.js';
import { Foreseen } from './domain/foreseen.js';
import { inability } from './domain/inability.js';
import { turnOf } from './domain/turn-of.js';

const SWEEP_MS = 1_000;
const LEARN_MS = 60_000;
const TIDY_MS = 3_600_000;
/** Younger work belongs to the message that announced it; older work lost its message or its executor. */
const LEFT_BEHIND_MS = 2_000;

/** Readers give so many rows at once. */
const A_PAGE = 100;
/** So many are looked at anew in one sweep, each with all its bytes: a crowd that waits for the notary leaves room for others. */
const MOST_A_TURN = 100;

interface Approval {
  readonly team_id: TeamId;
  readonly id: ApprovalId;
}
interface LeftBehind {
  readonly team_id: TeamId;
  readonly approval_id: ApprovalId;
  readonly age_ms: number;
}

/** Everything of this process that lives: made when Nest starts, ended when it stops. */
@Injectable()
export class Executor implements OnModuleInit, OnModuleDestroy {
  readonly runner: EffectRunner;
  readonly settler: EffectSettler;
  readonly keyring: Keyring;
  private readonly lock: PinLock;
  private readonly pins: PinFile;
  private readonly learning: Sweep;
  private readonly sweep: Sweep;
  private readonly tidying: Sweep;
  /** Approvals whose effects wait for a signed head. */
  private readonly waiting = new Set<ApprovalId>();
  private readonly foreseen = new Foreseen<ApprovalId>();
  private lastTurn = '';
  /** When it last came to the end of looking for work. */
  private lookedAt = performance.now();

  constructor(
    service: ServiceConfig,
    private readonly database: Database,
    @Inject(AUDIT) audit: Audit,
    seal: EnrolmentSeal,
    @Inject(LOGGER) log: Logger,
    commands: CommandClient,
    private readonly health: Health,
  ) {
    const { mirrorsDir, publishDir, egress, pushAnywhere, secretsDir, mailServer, mailFrom, pinsDir, deviceHoldMs, highestHoldMs, firstKeys, softwareKeys } = readExecutorConfig(service.home, process.env);
    const pushes = new PushPerformer(service.home, mirrorsDir, new LocalRemotes(service.home, mirrorsDir, process.env['NODE_ENV'] === 'production'), { egress, pushAnywhere });
    const posts = new PostPerformer({ egress, secrets: new SecretFiles(secretsDir), wire: THE_WIRE });
    const publishing = new PublishPerformer(publishDir);
    const performers = { 'git.push': pushes, 'file.publish': publishing, 'http.post': posts, 'email.send': new MailPerformer({ egress, server: mailServer }) };
    const store = new EffectStore(database, audit);
    this.lock = new PinLock(pinsDir);
    this.pins = new PinFile(pinsDir);
    const herald = new KeyHerald({ database, server: mailServer, from: mailFrom, log });
    const untold = (keys: number): void => health.wait('letters', keys === 0 ? undefined : `new keys that do not count yet, because the mail server has not taken every letter about them: ${keys}`);
    this.keyring = new Keyring({ database, seal, pins: this.pins, log, holdMs: deviceHoldMs, highestHoldMs, firstKeys, softwareKeys, tell: (key, countsFrom, newcomer) => herald.tell(key, countsFrom, newcomer), untold });
    const { keyring } = this;
    const receipts = new Receipts(database, commands);
    this.runner = new EffectRunner({ store, keyring, receipts, unsigned: (id, why) => this.unsigned(id, why), performers, log });
    this.settler = new EffectSettler({ store, keyring, performers, log });
    this.learning = new Sweep('enrolments', LEARN_MS, async () => void (await keyring.learn(null)), log);
    this.sweep = new Sweep('effects', SWEEP_MS, () => this.pickUp(), log);
    health.judge('effects', () => inability({ lookedAgoMs: performance.now() - this.lookedAt, silentMs: receipts.silentMs, waiting: this.waiting.size }));
    this.tidying = new Sweep('left behind', TIDY_MS, async () => void (await Promise.all([pushes.tidy(), publishing.tidy()])), log);
  }

  onModuleInit(): void {
    this.learning.start();
    this.sweep.start();
    this.tidying.start();
  }

  async onModuleDestroy(): Promise<void> {
    await Promise.all([this.learning.stop(), this.sweep.stop(), this.tidying.stop()]);
    await this.runner.drain();
    this.pins.close();
    this.lock.release();
  }

  private unsigned(id: ApprovalId, why: string | undefined): void {
    if (why === undefined) this.waiting.delete(id);
    else this.waiting.add(id);
    this.health.wait(`effect of ${id}`, why && `an approved effect waits for a signed head of the notary: ${why}`);
  }

  /** Approvals that nobody used and effects that nobody finished. Starts them and does not wait: a slow remote holds nobody else up. */
  private async pickUp(): Promise<void> {
    const [held, unused, open] = await Promise.all([this.every<Approval & { decided_at: Date }>('waiting_approvals'), this.every<Approval & Pick<LeftBehind, 'age_ms'>>('unused_approvals'), this.database.ops<LeftBehind>('open_effects')]);
    const left = [...unused.map(({ id, ...rest }) => ({ ...rest, approval_id: id })), ...open];
    const listed = new Set(left.map(({ approval_id }) => approval_id));
    for (const id of this.waiting) if (!listed.has(id)) this.unsigned(id, undefined); // it was withdrawn, or its team or goal was stopped
    const teams = new Map(held.map(({ id, team_id }) => [id, team_id]));
    this.foreseen.sweep(held.map(({ id, decided_at }) => ({ id, decidedAt: decided_at })), (id) => this.runner.run(teams.get(id)!, id));
    const turn = turnOf(left.filter(({ approval_id, age_ms }) => age_ms >= LEFT_BEHIND_MS && !this.runner.isRunning(approval_id)), this.lastTurn, MOST_A_TURN);
    this.lastTurn = turn.at(-1)?.approval_id ?? this.lastTurn;
    for (const { team_id, approval_id } of turn) void this.runner.run(team_id, approval_id);
    this.lookedAt = performance.now();
  }

  private async every<A extends Approval>(reader: string): Promise<A[]> {
    for (const all: A[] = []; ; ) {
      const page = await this.database.ops<A>(reader, all.at(-1)?.id ?? null, A_PAGE);
      all.push(...page);
      if (page.length < A_PAGE) return all;
    }
  }
}
