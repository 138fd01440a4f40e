import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { SMTPServer, type SMTPServerDataStream, type SMTPServerSession } from 'smtp-server';
import { keep } from './http-double.js';

/**
 * What goes wrong with the next message: "later" (451) and "no" (554) after it was sent, taken and the line cut instead of an answer, the
 * answer after `slowMs`, the line cut while the message comes in, taken twice.
 */
export type MailFault = 'later' | 'refuse' | 'lost' | 'slow' | 'cut' | 'twice';

export interface TakenMail {
  readonly at: string;
  readonly from: string;
  readonly to: readonly string[];
  readonly message: Buffer;
}

/** A mail server that speaks SMTP and keeps what it took; nothing goes further. */
export class MailServerDouble implements AsyncDisposable {
  readonly taken: TakenMail[] = [];
  /** What goes wrong with the next messages; `always` with all of them. */
  readonly faults: MailFault[] = [];
  always: MailFault | undefined;
  /** Recipients it does not know (550), and those it wants later (450). */
  readonly unknown = new Set<string>();
  readonly deferred = new Set<string>();
  slowMs = 10_000;
  private readonly server: SMTPServer;

  private constructor() {
    this.server = new SMTPServer({
      disabledCommands: ['AUTH', 'STARTTLS'],
      logger: false,
      onRcptTo: ({ address }, _, done) => {
        if (this.unknown.has(address)) return done(Object.assign(new Error('no such mailbox'), { responseCode: 550 }));
        done(this.deferred.has(address) ? Object.assign(new Error('come again'), { responseCode: 450 }) : null);
      },
      onData: (stream, session, done) => void this.take(stream, session, done),
    });
  }

  static async start(): Promise<MailServerDouble> {
    const double = new MailServerDouble();
    await once(double.server.listen(0, '127.0.0.1'), 'listening');
    return double;
  }

  get port(): number {
    return (this.server.server.address() as AddressInfo).port;
  }

  get url(): string {
    return `smtp://127.0.0.1:${this.port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const session of this.server.connections) session._socket.destroy();
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
  }

  private async take(stream: SMTPServerDataStream, session: SMTPServerSession, done: (error?: Error | null) => void): Promise<void> {
    const fault = this.always ?? this.faults.shift();
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of stream) {
        if (fault === 'cut') return this.hangUp(session);
        chunks.push(chunk as Buffer);
      }
    } catch {
      return; // cut off by the sender: a message that did not end is none
    }
    if (fault === 'later' || fault === 'refuse') return done(Object.assign(new Error('not this one'), { responseCode: fault === 'later' ? 451 : 554 }));
    const { mailFrom, rcptTo } = session.envelope;
    const mail = { at: new Date().toISOString(), from: mailFrom === false ? '' : mailFrom.address, to: rcptTo.map(({ address }) => address), message: Buffer.concat(chunks) };
    for (let times = fault === 'twice' ? 2 : 1; times > 0; times--) keep(this.taken, mail);
    if (fault === 'lost') return this.hangUp(session);
    if (fault === 'slow') await sleep(this.slowMs, undefined, { ref: false });
    done();
  }

  private hangUp({ id }: SMTPServerSession): void {
    for (const connection of this.server.connections) if (connection.id === id) connection._socket.destroy();
  }
}
