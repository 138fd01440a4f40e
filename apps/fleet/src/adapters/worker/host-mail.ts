import { firstOf, WORKER_ERROR, type InboxFile, type InboxMessage, type MailFile, type MailView } from '@countersign/contracts';
import type { FilePaths } from './mail-files.js';
import { WorkerRefusal } from './session.js';

/** A message with the places of its files, as the agent sees them. */
export type Delivered = MailView & { readonly paths?: FilePaths };
/** Messages as they wait for an agent, and which of them interrupt. */
export interface Mail {
  readonly messages: readonly Delivered[];
  readonly interrupts: readonly string[];
}
/** What an agent has been given, and what of it it says to have read. */
export interface Carried {
  readonly delivered: readonly string[];
  readonly read: readonly string[];
}
/** Says what has been delivered and answers what waits; undefined: it could not be asked now. */
export type MailPort = (carried: Carried) => Promise<Mail | undefined>;

const MOST_SAID = 100;

/**
 * The inbox of one agent on this side of the pipe. What was taken is held until an answer carries it, and only then said to be delivered: a call
 * that fails, a lost reply or a dead process leave it waiting. It may so come twice to a member, never not at all.
 */
export class HostMail {
  private waits: boolean;
  private looking: Promise<void> | undefined;
  private readonly held = new Map<string, Delivered>();
  private readonly interrupts = new Set<string>();
  private readonly carried = new Set<string>();
  /** Not yet said. */
  private delivered = new Set<string>();
  private read = new Set<string>();
  /** Questions whose answers are waited for, and the answers that have come. */
  private readonly awaited = new Set<string>();
  private readonly answers = new Map<string, Delivered>();
  private waiters: (() => void)[] = [];
  /** What interrupted last, and how often something has. */
  private interrupted: WorkerRefusal | undefined;
  private interruptions = 0;
  private closed = false;

  constructor(
    private readonly port: MailPort,
    private readonly trouble: (error: unknown) => void,
    waits = false,
  ) {
    this.waits = waits;
  }

  /** There is something: the next call looks for it. */
  written(): void {
    this.waits = true;
    this.wake();
  }

  get isClosed(): boolean {
    return this.closed;
  }

  get isAwaiting(): boolean {
    return this.awaited.size > 0;
  }

  /** The agent is gone: nobody waits for anything any more. */
  close(): void {
    this.closed = true;
    this.wake();
  }

  /**
   * Waits for the answer to a question, which comes as mail that names it; undefined: none came in that time, or the agent has to hear that it is asked to end,
   * for which it has a minute. Other calls go on meanwhile, whatever interrupts ends the waiting, also where another call met it first, and an answer is given
   * once: here, and to no other call.
   */
  async answerTo(question: string, ms: number): Promise<string | undefined> {
    this.awaited.add(question);
    this.waits = true;
    const before = this.interruptions;
    try {
      for (const until = performance.now() + ms; ; ) {
        await this.look();
        this.interrupt();
        if (this.interruptions > before) throw this.interrupted!;
        const answer = this.answers.get(question);
        if (answer) return this.taken(answer);
        if (this.closed || this.isAskedToEnd) return undefined;
        const left = until - performance.now();
        if (left <= 0) return undefined;
        if (!this.waits) await this.woken(left);
      }
    } finally {
      this.awaited.delete(question);
    }
  }

  /** Somebody asks the agent to end, and the next answer says so. */
  get isAskedToEnd(): boolean {
    return [...this.held.values()].some(({ type }) => type === 'shutdown_request');
  }

  private taken({ id, content }: Delivered): string {
    this.given(id);
    this.noteRead([id]);
    return content;
  }

  private wake(): void {
    for (const waiter of this.waiters.splice(0)) waiter();
  }

  private woken(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      timer.unref();
      this.waiters.push(() => { clearTimeout(timer); resolve(); });
    });
  }

  /** Between two calls: takes what waits. Whoever asks meanwhile waits for the same look. */
  async look(): Promise<void> {
    if (this.waits || this.looking) await (this.looking ??= this.ask().finally(() => { this.looking = undefined; }));
  }

  /** Throws what interrupts, once; the call it meets is not done. */
  interrupt(): void {
    if (this.interrupts.size === 0) return;
    const words = [...this.interrupts].map((id) => this.held.get(id)!).map(({ from, content }) => `${from}: ${content}`).join('\n');
    this.interrupts.clear();
    this.interrupted = new WorkerRefusal({ code: WORKER_ERROR.interrupted, message: firstOf(words, 2000), data: { code: 'interrupted' } });
    this.interruptions += 1;
    this.wake();
    throw this.interrupted;
  }

  /** What goes with the answer that is given now, a yes or a no. */
  carry(): { inbox?: InboxMessage[] } {
    const inbox = [...this.held.values()].filter(({ id }) => !this.interrupts.has(id)).map(entryOf);
    for (const { message_id: id } of inbox) this.given(id);
    if (inbox.length > 0) setImmediate(() => void this.say()); // the answer is on its way by then
    return inbox.length === 0 ? {} : { inbox };
  }

  /** The agent has taken these in: what it was shown here, or found itself in its list. */
  noteRead(ids: readonly string[], listed = false): void {
    for (const id of ids) {
      if (this.interrupts.has(id) || !(listed || this.carried.has(id))) continue; // what was never given is not read
      this.given(id);
      this.read.add(id);
    }
    if (this.read.size > 0) setImmediate(() => void this.say());
  }

  /** Says what has not been said yet; what cannot be said now is said with a later look. */
  async say(): Promise<void> {
    if (this.delivered.size + this.read.size > 0) await this.ask(false);
  }

  private given(id: string): void {
    this.held.delete(id);
    if (!this.carried.has(id)) this.delivered.add(id);
    this.carried.add(id);
  }

  /** A port that throws could not be asked, whatever was wrong: no agent and no supervisor ends by a message. */
  private async answer(said: Carried): Promise<Mail | undefined> {
    try {
      return await this.port(said);
    } catch (error) {
      this.trouble(error);
      return undefined;
    }
  }

  private async ask(take = true): Promise<void> {
    const said: Carried = { delivered: [...this.delivered].slice(0, MOST_SAID), read: [...this.read].slice(0, MOST_SAID) };
    for (const id of said.delivered) this.delivered.delete(id);
    for (const id of said.read) this.read.delete(id);
    if (take) this.waits = false;
    const mail = await this.answer(said);
    if (!mail) {
      for (const id of said.delivered) this.delivered.add(id);
      for (const id of said.read) this.read.add(id);
      return; // the next beat says again that there is something
    }
    for (const message of mail.messages) {
      if (this.carried.has(message.id) || this.held.has(message.id)) continue;
      if (message.requestId !== undefined) this.answers.set(message.requestId, message);
      if (message.requestId === undefined || !this.awaited.has(message.requestId)) this.held.set(message.id, message);
      if (mail.interrupts.includes(message.id)) this.interrupts.add(message.id);
    }
  }
}

const entryOf = ({ id, type, from, content, summary, at, dueAt, files = [], paths = {} }: Delivered): InboxMessage => ({
  message_id: id, from, content, summary, at, ...(type === 'shutdown_request' ? { type, ...(dueAt === undefined ? {} : { answer_by: dueAt }) } : {}),
  ...(files.length === 0 ? {} : { files: files.map((file) => fileEntry(file, paths)) }),
});

/** A file of a message as an agent is told of it; without a path it does not lie there. */
export const fileEntry = ({ name, mediaType, bytes, sha256 }: MailFile, paths: FilePaths = {}): InboxFile => ({ name, media_type: mediaType, bytes, sha256, ...(paths[sha256] === undefined ? {} : { path: paths[sha256] }) });
