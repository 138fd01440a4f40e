import { commandSubject, RefusedError, uuidv7, type Command } from '@countersign/contracts';
import { errors, headers, type Msg } from '@nats-io/transport-node';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Bus } from './connection.js';
import { NoReplyError, RemoteError } from './errors.js';
import type { WireError } from './on-command.js';
import { answersOf } from './names.js';
import { traceparent } from './trace.js';
import { checked } from './validate.js';

const DEFAULT_TIMEOUT_MS = 5_000;
const NOBODY_THERE_WAIT_MS = 100;

/** Nest's packet on the wire: what its NATS transport reads and writes. */
interface Answer {
  readonly err?: WireError | string;
  readonly response?: unknown;
}

/** Asks other services, in the packet form of Nest's NATS transport. */
export class CommandClient {
  /** `timeoutMs`: of a request that names none. */
  constructor(
    private readonly bus: Bus,
    private readonly timeoutMs = DEFAULT_TIMEOUT_MS,
  ) {}

  /**
   * Sends the request and returns the validated reply. Until the timeout it waits for a service that is just starting.
   *
   * Throws `RefusedError` when a rule over there said no, `RemoteError` for its other errors and for a reply that breaks its
   * rules, `NoReplyError` when there was no answer in time: then the command may have been carried out, and may be sent again with the same ids.
   */
  async request<Q extends object, R extends object>(command: Command<Q, R>, body: NoInfer<Q>, { timeoutMs = this.timeoutMs }: { timeoutMs?: number } = {}): Promise<R> {
    const subject = commandSubject(command);
    const data = checked(command.request, body, 'strict');
    const packet = JSON.stringify({ pattern: subject, data, id: uuidv7() });
    const answer = (await this.ask(command, packet, performance.now() + timeoutMs)).json<Answer>();
    if (answer.err !== undefined) throw fromWireError(answer.err);
    return replyOf(command, answer.response);
  }

  private async ask(command: Command, packet: string, deadline: number): Promise<Msg> {
    const subject = commandSubject(command);
    for (;;) {
      const timeout = Math.ceil(deadline - performance.now());
      if (timeout <= 0) throw new NoReplyError(subject);
      try {
        const answer = await this.untilReconnect(this.send(command, packet, timeout));
        if (answer !== 'reconnected') return answer;
      } catch (cause) {
        if (!nobodyThere(cause) || deadline - performance.now() < NOBODY_THERE_WAIT_MS) throw new NoReplyError(subject, { cause });
        await sleep(NOBODY_THERE_WAIT_MS);
      }
    }
  }

  /** Each answer is awaited at a subject of its own that nobody can guess, in the part of the inbox where only this service may speak. */
  private send(command: Command, packet: string, timeout: number): Promise<Msg> {
    const carried = headers();
    carried.set('traceparent', traceparent());
    const reply = `${answersOf(this.bus.user, command.service)}.${randomUUID()}`;
    return this.bus.connection.request(commandSubject(command), packet, { timeout, headers: carried, noMux: true, reply });
  }

  /** A server that went away took request or reply with it; the command is idempotent, so it is asked again at once. */
  private async untilReconnect(answer: Promise<Msg>): Promise<Msg | 'reconnected'> {
    let forget = (): void => undefined;
    const reconnected = new Promise<'reconnected'>((resolve) => (forget = this.bus.onReconnect(() => resolve('reconnected'))));
    try {
      return await Promise.race([answer, reconnected]);
    } finally {
      forget();
      answer.catch(() => undefined); // given up, if it is still under way
    }
  }
}

/** It was carried out, whatever is wrong with the reply: not to be mistaken for a fault of the request. */
function replyOf<Q extends object, R extends object>(command: Command<Q, R>, response: unknown): R {
  try {
    return checked(command.reply, response, 'tolerant');
  } catch (cause) {
    throw new RemoteError('malformed_reply', `${commandSubject(command)}: the reply breaks its rules`, false, { cause });
  }
}

/** The server says so at once, so nobody can have got the request: asking again is safe. */
const nobodyThere = (cause: unknown): boolean => cause instanceof errors.RequestError && cause.isNoResponders();

function fromWireError(error: WireError | string): RefusedError | RemoteError {
  if (typeof error === 'string') return new RemoteError('internal', error, false);
  return error.refused !== undefined ? new RefusedError(error.code, error.message, error.refused) : new RemoteError(error.code, error.message, error.retryable);
}
