import type { Database } from '@countersign/database';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Bus } from './connection.js';
import { headersOf, type OutboxRow } from './headers.js';
import { STREAM_KEEPER } from './names.js';
import { outboxWritten } from './outbox.js';
import { createStream, streamState, type StreamState } from './stream.js';

const BATCH = 200;
const IDLE_MIN_MS = 250;
const IDLE_MAX_MS = 1_000;
const CHECK_MS = 5_000;
const RETRY_MS = 250;
/** No answer in this time: sent again. The stream knows what it already has. */
const PUBLISH_TIMEOUT_MS = 1_500;
/** What a server may lose when it dies at once is what it had not synced: 2.9 syncs each 60 s, later ones each 2 min. */
const UNSYNCED_SECONDS = 150;

export interface RelayLog {
  warn(detail: object, event: string): void;
}

/**
 * Sends what this service's transactions left in the outbox, in the order of each subject, until stopped.
 *
 * Every row is sent at least once and stored once (`Nats-Msg-Id`). The stream's creation time and last sequence are
 * compared with what was recorded: after a loss, everything it can no longer hold is sent again (design §6).
 */
export class Relay {
  private readonly stopped = new AbortController();
  private wake = new AbortController();
  private stream: StreamState | undefined;
  private checkedAt = 0;
  /** The process or the connection is new: what the stream holds is not known. */
  private suspicious = true;
  private trouble: string | undefined;
  private running: Promise<void> = Promise.resolve();

  constructor(
    private readonly bus: Bus,
    private readonly database: Database,
    private readonly log: RelayLog,
  ) {}

  start(): void {
    this.bus.onReconnect(() => this.suspectLoss());
    outboxWritten.on('written', this.wakeUp);
    this.running = this.loop();
  }

  /** Sends what is there, then stops. */
  async stop(): Promise<void> {
    outboxWritten.off('written', this.wakeUp);
    this.stopped.abort();
    this.wakeUp();
    await this.running;
  }

  private readonly wakeUp = (): void => this.wake.abort();

  private suspectLoss(): void {
    this.suspicious = true;
    this.wakeUp();
  }

  private async loop(): Promise<void> {
    let idleMs = IDLE_MIN_MS;
    do {
      this.wake = new AbortController();
      const sent = await this.round();
      if (sent === undefined) await this.rest(RETRY_MS, this.stopped.signal);
      else if (sent < BATCH) await this.rest(idleMs, this.wake.signal);
      idleMs = sent === 0 && !this.wake.signal.aborted ? Math.min(idleMs * 2, IDLE_MAX_MS) : IDLE_MIN_MS;
    } while (!this.stopped.signal.aborted);
    await this.round();
  }

  private async rest(ms: number, until: AbortSignal): Promise<void> {
    if (this.stopped.signal.aborted) return;
    await sleep(ms, undefined, { signal: until }).catch(() => undefined); // woken: there is something to do
  }

  /** One batch; returns how many were sent, or undefined when the broker or the database was not there. */
  private async round(): Promise<number | undefined> {
    if (!this.bus.connected) return undefined;
    try {
      const stream = await this.checkStream();
      const sent = stream === undefined ? undefined : await this.sendBatch(stream);
      if (sent !== undefined) this.trouble = undefined;
      return sent;
    } catch (error) {
      this.complain(String(error));
      this.checkedAt = 0;
      return undefined;
    }
  }

  /** Once per kind of trouble, not once per attempt. */
  private complain(trouble: string): void {
    if (trouble !== this.trouble) this.log.warn({ error: trouble }, 'relay: will try again');
    this.trouble = trouble;
  }

  private async checkStream(): Promise<StreamState | undefined> {
    if (!this.suspicious && this.stream !== undefined && Date.now() - this.checkedAt < CHECK_MS) return this.stream;
    const known = this.stream;
    const suspicious = this.suspicious;
    this.suspicious = false; // a connection that comes back meanwhile raises it again
    try {
      const found = await (this.bus.user === STREAM_KEEPER ? createStream(this.bus.manager) : streamState(this.bus.manager));
      const lost = found !== undefined && (known === undefined || known.created !== found.created || found.lastSequence < known.lastSequence);
      if (found !== undefined && (suspicious || lost)) await this.sendLostAgain(found);
      this.suspicious ||= suspicious && found === undefined;
      this.checkedAt = Date.now();
      this.stream = found;
      return found;
    } catch (error) {
      this.suspicious ||= suspicious;
      throw error;
    }
  }

  private async sendLostAgain(found: StreamState): Promise<void> {
    const [row] = await this.database.ops<{ relay_check: number }>('relay_check', found.created, found.lastSequence, UNSYNCED_SECONDS);
    if (row !== undefined && row.relay_check > 0) this.log.warn({ messages: row.relay_check }, 'relay: sending again what the stream may have lost');
  }

  private async sendBatch(stream: StreamState): Promise<number> {
    const rows = await this.database.ops<OutboxRow>('relay_claim', BATCH);
    if (rows.length === 0) return 0;
    const acks = await Promise.allSettled(rows.map((row) => this.bus.jetstream.publish(row.subject, row.payload, { headers: headersOf(row), timeout: PUBLISH_TIMEOUT_MS })));
    const stored = rows.flatMap((row, index) => {
      const ack = acks[index]!;
      return ack.status === 'fulfilled' ? [{ ...row, seq: ack.value.seq }] : [];
    });
    await this.database.ops('relay_published', ...keysOf(stored), stream.created, stored.map(({ seq }) => seq));
    this.stream = { ...stream, lastSequence: Math.max(stream.lastSequence, ...stored.map(({ seq }) => seq)) };
    const failed = acks.find((ack) => ack.status === 'rejected');
    if (failed !== undefined) {
      await this.database.ops('relay_release', ...keysOf(rows.filter((_, index) => acks[index]!.status === 'rejected')));
      throw failed.reason;
    }
    return rows.length;
  }
}

const keysOf = (rows: readonly OutboxRow[]): [string[], string[]] => [rows.map((row) => row.team_id), rows.map((row) => row.id)];
