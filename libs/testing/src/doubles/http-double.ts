import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * What goes wrong with a message: the address is not known (404) or exists no more (410), the service is busy (429, `Retry-After`) or
 * broken (503), the answer comes after `slowMs`, the message is taken and the line cut instead of an answer, taken twice; or nothing is taken and nothing answered, for as long as the other side waits.
 */
export type DoubleFault = 'missing' | 'gone' | 'busy' | 'broken' | 'slow' | 'lost' | 'twice' | 'hang';

/** A local run may go on for weeks: what a double took is kept so long, the newest last. */
export const MOST_KEPT = 500;
export function keep<T>(taken: T[], one: T): void {
  taken.push(one);
  if (taken.length > MOST_KEPT) taken.splice(0, taken.length - MOST_KEPT);
}

export interface Listening {
  readonly origin: string;
  close(): Promise<void>;
}

/** An HTTP server on loopback. What `answer` throws is answered with 400. */
export async function listening(answer: (request: IncomingMessage, response: ServerResponse) => Promise<void>): Promise<Listening> {
  const server = createServer((request, response) => void answer(request, response).catch(() => response.writeHead(400).end())).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  };
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close };
}

export async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** Answers what was taken, unless the line is cut instead. */
export async function answerSlowly(request: IncomingMessage, fault: DoubleFault | undefined, slowMs: number, answer: () => void): Promise<void> {
  if (fault === 'lost') return void request.socket.destroy();
  if (fault === 'slow') await sleep(slowMs, undefined, { ref: false });
  answer();
}
