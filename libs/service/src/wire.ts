import { lookup } from 'node:dns/promises';
import type { ClientRequest, IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';

/** The outside world of a request: names to addresses, addresses to connections. */
export interface Wire {
  resolve(host: string): Promise<readonly string[]>;
  connect(address: string, port: number): Socket;
  /** Certificates trusted besides the system's. */
  readonly authorities?: readonly string[];
}

export const THE_WIRE: Wire = {
  resolve: async (host) => (await lookup(host, { all: true, verbatim: true })).map(({ address }) => address),
  connect: (address, port) => connect({ host: address, port }),
};

/**
 * The answer to a request that is under way. Rejects where the line ends without one, and where the server switches to a protocol that nobody
 * asked for, which Node by itself reports neither as an answer nor as an error.
 */
export function answerTo(request: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request.once('response', resolve);
    request.on('error', reject);
    request.once('upgrade', (_, line) => {
      line.destroy();
      reject(new Error('the server switched to another protocol'));
    });
    request.once('close', () => reject(new Error('the line was closed without an answer')));
  });
}
