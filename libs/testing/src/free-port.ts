import { createServer, type Server } from 'node:net';

/** Below those that a system hands out by itself, for a server on any port as for each connection: between looking and listening nobody else is given one of these. */
const [FIRST, LAST] = [12_000, 30_000];
const TRIES = 100;

/** A port on loopback for a server whose address must be known before it starts. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < TRIES; tries++) {
    const port = FIRST + Math.floor(Math.random() * (LAST - FIRST));
    const server = await listening(port);
    if (server === undefined) continue;
    await new Promise((resolve) => server.close(resolve));
    return port;
  }
  throw new Error('no free port on 127.0.0.1');
}

function listening(port: number): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => (error.code === 'EADDRINUSE' ? resolve(undefined) : reject(error)));
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
}
