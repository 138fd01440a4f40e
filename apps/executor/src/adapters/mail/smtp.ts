import type { MailServer } from '@countersign/service';
import SMTPConnection from 'nodemailer/lib/smtp-connection';
import { Readable } from 'node:stream';
import { RejectedError, UnsentError } from '../answers.js';

export interface Letter {
  readonly from: string;
  readonly to: readonly string[];
  readonly message: Buffer;
}

/**
 * Hands one message over, to all recipients or to none. Resolves with the server's status once it has answered that it has it.
 *
 * Rejects with `UnsentError` when it surely has not (also for its "later", 4xx), with `RejectedError` for its no, with any other error when
 * the message was on its way and no answer came.
 */
export async function deliver({ from, to, message }: Letter, server: MailServer, limitMs: number, signal: AbortSignal): Promise<string> {
  const times = { connectionTimeout: limitMs, greetingTimeout: limitMs, socketTimeout: limitMs };
  const connection = new SMTPConnection({ host: server.host, port: server.port, secure: server.secure, requireTLS: server.requireTls, ignoreTLS: !server.requireTls, name: 'countersign.invalid', ...times });
  const letter = new HeldBack(message, () => refusalsOf(connection));
  const broken = new Promise<never>((_, reject) => {
    connection.once('error', reject);
    signal.addEventListener('abort', () => reject(new Error('stopped')), { once: true });
    if (signal.aborted) reject(new Error('stopped'));
  });
  const step = <T>(start: (done: Done<T>) => void): Promise<T> => Promise.race([broken, new Promise<T>((resolve, reject) => start((error, value) => (error ? reject(error) : resolve(value as T))))]);
  try {
    await step<undefined>((done) => connection.connect(done));
    if (server.login) await step((done) => connection.login({ credentials: server.login }, done));
    const { response } = await step<{ readonly response: string }>((done) => connection.send({ from, to: [...to], size: message.length }, letter, done));
    return response.slice(0, 3);
  } catch (cause) {
    throw readFailure(cause as Error, letter.begun);
  } finally {
    connection.close();
  }
}

type Done<T> = (error?: Error | null, value?: T) => void;
type Refusals = readonly { readonly responseCode?: number | undefined }[];

/** A message that begins to flow only when every recipient was taken: the library itself would go on with the others. */
class HeldBack extends Readable {
  begun = false;
  constructor(
    private readonly message: Buffer,
    private readonly refusals: () => Refusals | undefined,
  ) {
    super();
  }

  override _read(): void {
    if (this.begun) return;
    const refusals = this.refusals();
    if (refusals?.length !== 0) {
      const responseCode = refusals?.map((each) => each.responseCode ?? 500).find((code) => code >= 500) ?? refusals?.[0]?.responseCode;
      this.destroy(Object.assign(new Error('not all recipients were taken'), { responseCode }));
      return;
    }
    this.begun = true;
    this.push(this.message);
    this.push(null);
  }
}

/** Of the transaction under way; undefined where the library does not tell, which counts as a no. Its own word comes only after the message. */
const refusalsOf = (connection: SMTPConnection): Refusals | undefined => (connection as unknown as { readonly _envelope?: { readonly rejectedErrors?: Refusals } })._envelope?.rejectedErrors;

/** RFC 5321, 4.2.1: what a reply of each class means; 421 at the end is a server that goes away, and no word about the message. */
export function readFailure(cause: Error & { readonly responseCode?: number | undefined }, begun: boolean): Error {
  const { responseCode } = cause;
  if (begun && (responseCode === undefined || responseCode === 421)) return cause;
  if (responseCode !== undefined && responseCode >= 500 && responseCode !== 503) return new RejectedError('mail_refused', `the mail server answered ${responseCode}`, { cause });
  return new UnsentError(responseCode === undefined ? 'mail_unreachable' : 'mail_deferred', 'the mail server has not taken the message', { cause });
}
