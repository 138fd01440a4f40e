import { join } from 'node:path';

import { Database } from '@countersign/database';

import { HeadStore } from '../adapters/head-store/head-store.js';
import { openSigningKey } from '../adapters/key-store/key-store.js';
import { ChainStore } from '../adapters/postgres/chain-store.js';
import { Notary } from '../notary.js';

// Runs one round as the notary and kills itself, as hard as a power cut could, right after the step named on the command line.
const [, , home, step, url, key] = process.argv as [string, string, string, string, string, string];
const { kid, key: hex } = JSON.parse(key) as { kid: string; key: string };
const database = new Database({ url, contextKey: { kid, key: Buffer.from(hex, 'hex') } });
const heads = HeadStore.open(join(home, 'heads.sqlite'));
const quiet = { info: () => undefined, warn: () => undefined, fatal: () => undefined };
const notary = new Notary({
  chains: new ChainStore(database),
  heads,
  key: openSigningKey(join(home, 'signing-key.json'), 'test', heads.all().size === 0),
  health: { report: () => undefined },
  log: quiet,
  onStep: (reached) => {
    if (reached === step) process.kill(process.pid, 'SIGKILL');
  },
});
await notary.start();
await notary.round();
