import { isPublicAddress } from '@countersign/contracts';
import { answerTo, type Wire } from '@countersign/service';
import { once } from 'node:events';
import { request as httpsRequest } from 'node:https';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { RejectedError, UnsentError } from '../answers.js';

export interface Question {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
}

/** What is read of an answer. */
export interface Answered {
  readonly status: number;
  readonly retryAfter: string | undefined;
}

/**
 * Asks once, follows nothing, reads nothing of what stands in the answer, and resolves with its status, and with when it may be asked again. The name is resolved once, every address it has must be public, and the one
 * dialled is one of those: a name that changes its mind afterwards is not asked again.
 *
 * Rejects with `UnsentError` when nothing of the question can have arrived, `RejectedError('address_not_public')` for an address that
 * is not public, with any other error once the question was on its way.
 */
export async function ask({ method, url, headers, body = new Uint8Array() }: Question, wire: Wire, signal: AbortSignal): Promise<Answered> {
  const { hostname, host, port, pathname, search } = new URL(url);
  const socket = await dial(hostname, port === '' ? 443 : Number(port), wire, signal);
  try {
    const length: Record<string, string> = method === 'POST' ? { 'content-length': String(body.length) } : {};
    const request = httpsRequest({ method, path: `${pathname}${search}`, setDefaultHeaders: false, signal, headers: { host, 'user-agent': 'countersign-executor', accept: '*/*', connection: 'close', ...length, ...headers }, createConnection: () => socket });
    request.end(body);
    const response = await answerTo(request);
    response.on('error', () => undefined); // the status is the answer, whatever becomes of the rest
    return { status: response.statusCode!, retryAfter: response.headers['retry-after'] };
  } finally {
    socket.destroy();
  }
}

async function dial(name: string, port: number, wire: Wire, signal: AbortSignal): Promise<TLSSocket> {
  const addresses = await wire.resolve(name).catch((cause: unknown) => {
    throw new UnsentError('host_unreachable', `there is no ${name}`, { cause });
  });
  const [first] = addresses;
  if (first === undefined) throw new UnsentError('host_unreachable', `there is no ${name}`);
  if (!addresses.every(isPublicAddress)) throw new RejectedError('address_not_public', `${name} leads to an address that is not public`);
  const line = wire.connect(first, port);
  const socket = connectTls({ socket: line, host: name, servername: name, ALPNProtocols: ['http/1.1'], ...(wire.authorities ? { ca: [...wire.authorities] } : {}) });
  try {
    await Promise.race([once(socket, 'secureConnect', { signal }), failure(line)]);
    return socket;
  } catch (cause) {
    socket.destroy();
    line.destroy();
    throw new UnsentError('host_unreachable', `${name} cannot be reached`, { cause });
  }
}

/** The line below may fail before the other one knows of it. */
const failure = (line: { once(event: 'error', heard: (error: Error) => void): unknown }): Promise<never> => new Promise((_, reject) => line.once('error', reject));
