import { lookup } from 'node:dns/promises';
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
