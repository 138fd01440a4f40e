import { effectKey, uuidv7, type ApprovalId, type Effect } from '@countersign/contracts';
import type { Database } from '@countersign/database';
import { MailServerDouble, programOf, testDatabase, until, WebhookReceiver, type TestDatabase } from '@countersign/testing';
import { expect } from 'expect';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Milestone } from '../adapters/effect-runner.js';
import { PinFile } from '../adapters/pins/pin-file.js';
import type { CrashOrder } from './crashing-executor.main.js';
import { aMail, anEgress, aPost, keepSecret, MAILED, POSTED } from './outgoing.js';
import { aRunner, SHORT, type Outside } from './runner.js';
import { anApprovedGoal, aRepository, pushOf, removeRepository, seen, treeOf, type Approved, type ApprovedOptions, type Repository } from './scene.js';

const CHILD = programOf(new URL('./crashing-executor.main.js', import.meta.url));
const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };

export const SINKS = ['a branch', 'a folder', 'a receiver that can be asked', 'a receiver that cannot', 'a mail server'] as const;
export type Sink = (typeof SINKS)[number];
/** The other kind says nothing but its answer: what became of an act whose answer is lost, nobody can know. */
const canBeAsked = (sink: Sink): boolean => sink !== 'a receiver that cannot' && sink !== 'a mail server';

/** An approval on its way to a sink, with an executor's home of its own. */
export interface OnItsWay {
  readonly sink: Sink;
  readonly goal: Approved;
  readonly folders: Repository;
}

/** What became of it: its row, and how often it is at the sink. */
export interface Became {
  readonly state: string | undefined;
  readonly arrived: number;
}

/** Everything that an executor reaches, and executors of their own processes that are killed on the way there. */
export class SinkBench implements AsyncDisposable {
  private readonly children = new Set<ChildProcess>();
  private readonly databases: Database[] = [];
  private readonly tree: string;
  private goals = 0;

  private constructor(
    readonly database: TestDatabase,
    private readonly receiver: WebhookReceiver,
    private readonly mail: MailServerDouble,
    private readonly repository: Repository,
  ) {
    this.tree = treeOf(repository);
    const hooks = join(repository.remote, 'hooks');
    mkdirSync(hooks, { recursive: true });
    writeFileSync(join(hooks, 'post-receive'), `#!/bin/sh\ncat >> ${this.received}\n`);
    chmodSync(join(hooks, 'post-receive'), 0o755);
    writeFileSync(this.received, '');
  }

  static async open(): Promise<SinkBench> {
    const [database, receiver, mail] = await Promise.all([testDatabase(), WebhookReceiver.start(), MailServerDouble.start()]);
    return new SinkBench(database, receiver, mail, aRepository());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of this.children) child.kill('SIGKILL');
    removeRepository(this.repository);
    await Promise.all([this.database.close(), this.receiver[Symbol.asyncDispose](), this.mail[Symbol.asyncDispose]()]);
  }

  /** `beside`: for the same customer, by the same person and key, as that one. */
  async begin(sink: Sink, beside?: OnItsWay): Promise<OnItsWay> {
    const name = `goal-${++this.goals}`;
    const home = join(this.repository.root, `home-${this.goals}`);
    mkdirSync(home);
    keepSecret(home);
    const [effect, files] = this.order(sink, name);
    return { sink, goal: await anApprovedGoal(this.database, this.repository, effect, { ...files, beside: beside?.goal }), folders: { ...this.repository, home } };
  }

  private order(sink: Sink, name: string): [Effect, ApprovedOptions] {
    switch (sink) {
      case 'a branch':
        return [pushOf(this.repository, { branch: `countersign/${name}`, tree: this.tree }), {}];
      case 'a folder':
        return [{ kind: 'file.publish', folder: name }, {}];
      case 'a mail server':
        return [aMail(), { files: MAILED }];
      case 'a receiver that can be asked':
      case 'a receiver that cannot':
        return [aPost(), { files: POSTED }];
    }
  }

  /** An executor takes it up and dies by SIGKILL: at the step, or after so many milliseconds. Resolves with whether it did; it may have been done before. */
  async dies({ sink, goal: { teamId, approvalId }, folders: { home, mirrors, publishDir } }: OnItsWay, when: Milestone | number): Promise<boolean> {
    const { kid, key } = this.database.contextKeyFor('executor');
    const application = `crashing-executor ${uuidv7()}`;
    const url = new URL(this.database.urlFor('executor'));
    url.searchParams.set('application_name', application);
    const outside = { egress: anEgress({ status: canBeAsked(sink) }), smtpUrl: this.mail.url, limits: SHORT, receiver: { port: this.receiver.port, certificate: this.receiver.certificate } };
    const order: CrashOrder = { url: url.href, kid, keyHex: key.toString('hex'), home, mirrors, publishDir, outside, teamId, approvalId, ...(typeof when === 'number' ? {} : { killAt: when }) };
    const child = spawn(process.execPath, [CHILD, JSON.stringify(order)], { stdio: ['ignore', 'pipe', 'inherit'] });
    this.children.add(child);
    const ended = once(child, 'exit');
    if (typeof when === 'number') {
      await Promise.race([once(child.stdout!, 'data'), ended]);
      await sleep(when);
      child.kill('SIGKILL');
    }
    const [, signal] = (await ended) as [number | null, string | null];
    this.children.delete(child);
    // A COMMIT that was on its way may come through after the process that sent it is dead.
    await until('the killed executor’s connections are closed', async () => (await this.database.admin(`select 1 from pg_stat_activity where application_name = $1`, [application])).length === 0);
    return signal === 'SIGKILL';
  }

  /** What one executor makes of what stands there now. */
  async look({ sink, goal, folders }: OnItsWay): Promise<Became & { readonly code: string | null }> {
    await this.run(sink, folders, goal);
    const { effects } = await seen(this.database, goal);
    return { state: effects[0]?.state, code: effects[0]?.code ?? null, arrived: this.arrived(sink, goal) };
  }

  /** So many executors hear of one approval at once; `apart`: each with a folder of its own. */
  async race({ sink, goal, folders }: OnItsWay, executors: number, apart: boolean): Promise<void> {
    const homes = Array.from({ length: executors }, (_, n) => (apart ? join(folders.home, String(n)) : folders.home));
    for (const home of new Set(homes)) keepSecret(home);
    await Promise.all(homes.map((home, n) => this.run(sink, { ...folders, home }, goal, n)));
  }

  /** The n-th executor's connections stay with it from round to round: as many anew each time would be more than the server has. */
  private async run(sink: Sink, folders: Repository, { teamId, approvalId }: Approved, n = 0): Promise<void> {
    const database = (this.databases[n] ??= this.database.as('executor', 2));
    const outside: Outside = { egress: anEgress({ status: canBeAsked(sink) }), wire: this.receiver.wire, smtpUrl: this.mail.url, limits: SHORT };
    const pins = new PinFile(join(folders.home, 'pins'));
    await aRunner(database, { ...folders, outside, pins }, { log: silent, pause: () => Promise.resolve() }).run(teamId, approvalId);
    pins.close();
  }

  /** The next executor, which knows rows, pins and the sink, and which comes when nobody who began can be at it any more; twice, as it comes each second. */
  async ends(way: OnItsWay): Promise<Became> {
    const { sink, goal, folders } = way;
    let last: Became | undefined;
    for (let times = 0; times < 2; times++) {
      await this.database.admin(`update app.effect set begun_at = begun_at - interval '1 minute' where team_id = $1 and state = 'started'`, [goal.teamId]);
      await this.run(sink, folders, goal);
      const became = await this.became(way);
      if (last) expect(became).toEqual(last);
      last = became;
    }
    return last!;
  }

  /** One outcome, told once, of an approval that was used once. */
  async became({ sink, goal }: OnItsWay): Promise<Became> {
    const { effects, told, used } = await seen(this.database, goal);
    expect({ told, used, effects: effects.length }).toEqual({ told: effects.map(({ state }) => state), used: 1, effects: 1 });
    return { state: effects[0]?.state, arrived: this.arrived(sink, goal) };
  }

  private arrived(sink: Sink, { approvalId, effect }: Approved): number {
    if (effect.kind === 'git.push') return readFileSync(this.received, 'utf8').split('\n').filter((line) => line.endsWith(` refs/heads/${effect.branch}`)).length;
    if (effect.kind === 'file.publish') return readdirSync(this.repository.publishDir).filter((name) => name === effect.folder).length;
    return sink === 'a mail server' ? this.mail.taken.filter(({ message }) => message.includes(idOf(approvalId))).length : this.receiver.heard.filter(({ id }) => id.includes(idOf(approvalId))).length;
  }

  private get received(): string {
    return join(this.repository.root, 'received');
  }
}

const idOf = (approvalId: ApprovalId): string => effectKey(approvalId);

/** Never twice, whatever dies when; never lost where the sink can be asked; elsewhere done, or honestly unknown. */
export function expectOnce({ sink }: OnItsWay, { state, arrived }: Became): void {
  if (canBeAsked(sink) || state === 'executed') expect([sink, state, arrived]).toEqual([sink, 'executed', 1]);
  else expect([sink, state, arrived <= 1]).toEqual([sink, 'unknown', true]);
}

/** At which steps a sink that cannot be asked leaves its executor's follower without an answer, and what is there then. */
export const UNANSWERED: Partial<Record<Milestone, number>> = { noted: 0, begun: 0, acted: 1, finished: 1 };

export function expectAfter(way: OnItsWay, at: Milestone, became: Became): void {
  const unanswered = canBeAsked(way.sink) ? undefined : UNANSWERED[at];
  expect([way.sink, at, became]).toEqual([way.sink, at, unanswered === undefined ? { state: 'executed', arrived: 1 } : { state: 'unknown', arrived: unanswered }]);
}
