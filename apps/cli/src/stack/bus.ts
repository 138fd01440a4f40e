import type { Service } from '@countersign/contracts';
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SetupError } from '../../../../scripts/lib/report.mjs';
import { findNatsServer, type Tool } from './find-tools.js';
import { shortPath } from './home.js';
import { identityOf, isOpenToAll, ownFolder, type Identity } from './identity.js';
import { natsSpec } from './nats.js';
import { natsSetup } from './nats-config.js';
import type { Place } from './place.js';
import { freePort } from './ports.js';
import { Handout } from './secrets.js';

export interface Bus {
  readonly url: string;
  readonly detail: string;
  /** The content of a service's credential file. */
  credsOf(service: Service): string;
  /** Where a server of the stack's own says what it refused. */
  readonly logPath?: string;
}

/** Starts nats-server with the home's own operator, or takes the one that NATS_URL names. */
export async function startBus(place: Place): Promise<Bus> {
  const { home, mode, env } = place;
  if (env.NATS_URL) return foreignBus(env.NATS_URL, env.NATS_CREDS);
  const identity = identityOf('nats', mode);
  const found = await findNatsServer(env);
  const tool = reachable(found, identity, join(home.root, 'run'));
  const port = await freePort();
  ownFolder(home.js, identity);
  const { config, credsOf, provision } = await natsSetup({ folder: join(home.keys, 'nats'), storeDir: home.js, port, version: tool.version });
  const handout = new Handout(home, identity);
  const configPath = handout.hand('nats.conf', config);
  // Its own user can make none of these anew. The store may go: what matters is in Postgres.
  const prepare = (): void => {
    ownFolder(home.js, identity);
    handout.restore();
    if (!existsSync(tool.path)) reachable(found, identity, join(home.root, 'run'));
  };
  const logPath = join(home.logs, 'nats.log');
  await place.begin(natsSpec(tool, configPath, port, identity, { logPath, logReader: identityOf('services', mode) }, prepare));
  const url = `nats://127.0.0.1:${port}`;
  await provision(url);
  return { url, detail: `${tool.version}  nats-server  ${shortPath(join(home.shown, 'js'))}`, credsOf, logPath };
}

/** A server that somebody else runs, with a folder of credentials: one `<service>.creds` each, issued by its operator. */
function foreignBus(url: string, credsFolder: string | undefined): Bus {
  if (!credsFolder || !existsSync(join(credsFolder, 'gateway.creds'))) {
    throw new SetupError('NATS_URL needs NATS_CREDS: a folder with one <service>.creds per service', {
      hint: "unset NATS_URL to let the stack start a server of its own, or let the server's operator issue them",
    });
  }
  return { url, detail: `NATS_URL (${new URL(url).host})`, credsOf: (service) => readFileSync(join(credsFolder, `${service}.creds`), 'utf8') };
}

/** A binary below a folder that only root can enter is copied to where its user can run it. */
function reachable(tool: Tool, identity: Identity, folder: string): Tool {
  if (!identity || isOpenToAll(tool.path)) return tool;
  const path = join(folder, 'nats-server');
  mkdirSync(folder, { recursive: true, mode: 0o711 });
  cpSync(tool.path, path);
  chmodSync(path, 0o755);
  return { ...tool, path };
}
