import { freePort, serviceEnv, untilReady } from '@countersign/testing';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { personaToken, secretFile, type TestGateway } from './start-gateway.js';

const MAIN = path.join(import.meta.dirname, '../../../../dist/gateway.js');

/** Another copy of the gateway as the launcher starts it, on the same database and broker, in a process of its own. */
export interface GatewayProcess extends AsyncDisposable {
  readonly url: string;
  token(persona: string): Promise<string>;
}

/** Resolves once it is ready for people. */
export async function startGatewayProcess({ database, nats }: Pick<TestGateway, 'database' | 'nats'>, settings: Readonly<Record<string, string>> = {}): Promise<GatewayProcess> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const env = { ...serviceEnv('gateway', { database, nats }), PORT: String(port), PUBLIC_URL: url, LOCAL_ISSUER_SECRET_FILE: secretFile(nats.dir), LOG_LEVEL: 'info', COUNTERSIGN_PARENT_PIPE: '1', ...settings };
  const child = spawn(process.execPath, [MAIN], { env: { PATH: process.env['PATH'], ...env }, stdio: ['pipe', 'pipe', 'inherit'] });
  const gone = once(child, 'exit');
  await untilReady(child, 'the gateway');
  return {
    url,
    token: (persona) => personaToken(url, persona),
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await gone;
    },
  };
}
