import { createServer } from 'node:net';
import { SetupError } from '../../../../scripts/lib/report.mjs';

const STEPS = 200;

/** A free port on loopback, chosen by the system. It is free now; whoever takes it should do so soon. */
export async function freePort(): Promise<number> {
  const port = await tryPort(0);
  if (port === undefined) throw new SetupError('the system has no free port on 127.0.0.1');
  return port;
}

/** The first free port from `base` on; 0 means any. Ports in use are stepped over. */
export async function firstFreePort(base: number): Promise<number> {
  if (base === 0) return freePort();
  for (let port = base; port < base + STEPS && port <= 65535; port += 1) if ((await tryPort(port)) !== undefined) return port;
  throw new SetupError(`no free port between ${base} and ${base + STEPS}`, { hint: 'choose another start with --port N, or --port 0 for any' });
}

function tryPort(port: number): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => (error.code === 'EADDRINUSE' || error.code === 'EACCES' ? resolve(undefined) : reject(error)));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : undefined));
    });
  });
}
