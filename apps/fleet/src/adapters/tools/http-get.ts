import { answerTo, type Wire } from '@countersign/service';
import { request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { refuseAddress } from '../../domain/capability/addresses.js';
import type { JudgedUrl } from '../../domain/capability/hosts.js';
import type { Refusal } from '../../domain/capability/refusal.js';
import { check, granted, ToolProblem } from './outcomes.js';

export interface GetLimits {
  readonly maxBytes: number;
  readonly timeoutMs: number;
  readonly maxRedirects: number;
}

export interface Page {
  readonly url: string;
  readonly status: number;
  readonly contentType: string;
  readonly body: Buffer;
  readonly truncated: boolean;
}

const REDIRECTS = [301, 302, 303, 307, 308];

/**
 * Asks one URL and follows its redirects. Each hop is judged as the first was; its name is resolved once, every address it has is
 * judged, and the one dialled is one of those: a name that changes its mind between the two questions is never asked the second.
 */
export async function getPage(start: string, judge: (url: string) => JudgedUrl | Refusal, wire: Wire, { maxBytes, timeoutMs, maxRedirects }: GetLimits, stopped: AbortSignal): Promise<Page> {
  const clock = AbortSignal.any([AbortSignal.timeout(timeoutMs), stopped]);
  let next = start;
  for (let hop = 0; hop <= maxRedirects; hop++) {
    const url = granted(judge(next));
    const response = await ask(url, await addressOf(url, wire), wire, clock).catch(failed(url.host, clock));
    const location = REDIRECTS.includes(response.statusCode ?? 0) ? response.headers.location : undefined;
    if (location === undefined) return await pageOf(url, response, maxBytes).catch(failed(url.host, clock));
    response.destroy();
    if (!URL.canParse(location, url.href)) throw new ToolProblem('http_failed', `${url.host} redirects to no URL`);
    next = /^[a-z][a-z0-9+.-]*:/i.test(location) ? location : new URL(location, url.href).href;
  }
  throw new ToolProblem('too_many_redirects', `more than ${maxRedirects} redirects`);
}

async function addressOf({ host, isAddress }: JudgedUrl, wire: Wire): Promise<string> {
  const addresses = isAddress ? [host] : await wire.resolve(host).catch(() => []);
  const [first] = addresses;
  if (first === undefined) throw new ToolProblem('name_not_found', `there is no ${host}`);
  for (const address of addresses) check(refuseAddress(address));
  return first;
}

function ask(url: JudgedUrl, address: string, wire: Wire, signal: AbortSignal): Promise<IncomingMessage> {
  const options: RequestOptions = {
    method: 'GET', host: url.host, port: url.port, path: url.target, signal, setDefaultHeaders: false,
    headers: { host: new URL(url.href).host, 'user-agent': 'countersign-fleet', accept: '*/*', 'accept-encoding': 'identity', connection: 'close' },
    createConnection: () => dial(url, address, wire),
  };
  const request = (url.secure ? httpsRequest : httpRequest)(options);
  request.end();
  return answerTo(request);
}

function dial({ secure, host, isAddress, port }: JudgedUrl, address: string, wire: Wire): Socket {
  const socket = wire.connect(address, port);
  if (!secure) return socket;
  return connectTls({ socket, host, ALPNProtocols: ['http/1.1'], ...(isAddress ? {} : { servername: host }), ...(wire.authorities ? { ca: [...wire.authorities] } : {}) });
}

async function pageOf(url: JudgedUrl, response: IncomingMessage, maxBytes: number): Promise<Page> {
  if (![undefined, 'identity'].includes(response.headers['content-encoding'])) {
    response.destroy();
    throw new ToolProblem('http_failed', `${url.host} answers in an encoding that was not asked for`);
  }
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response) {
    bytes += chunks[chunks.push(chunk as Buffer) - 1]!.length;
    if (bytes > maxBytes) break;
  }
  response.destroy();
  return { url: url.href, status: response.statusCode ?? 0, contentType: response.headers['content-type'] ?? '', body: Buffer.concat(chunks).subarray(0, maxBytes), truncated: bytes > maxBytes };
}

const failed = (host: string, clock: AbortSignal) => (error: unknown): never => {
  if (clock.aborted) throw new ToolProblem('http_timeout', `${host} did not answer in time`);
  if (error instanceof ToolProblem) throw error;
  throw new ToolProblem('http_failed', `${host} cannot be asked: ${(error as NodeJS.ErrnoException).code ?? (error as Error).name}`);
};
