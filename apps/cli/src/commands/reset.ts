import { existsSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { say } from '../../../../scripts/lib/report.mjs';
import { dataPlace } from '../stack/database.js';
import { homeOf } from '../stack/home.js';
import { ensureSecrets } from '../stack/secrets.js';
import { EXIT, UsageError, type Command } from './command.js';
import { endStack } from './down.js';

export const reset: Command = {
  usage: '[--yes]',
  summary: 'end the stack and delete everything it keeps',
  options: { yes: { type: 'boolean' } },
  async run(call) {
    const home = homeOf(call.global.home);
    if (!existsSync(home.root)) {
      say('  nothing to delete');
      return EXIT.done;
    }
    // Only a folder that a stack made is deleted: `--home /` must not be the end of a machine.
    if (!existsSync(home.secrets)) throw new UsageError(`${home.shown} is not the home of a stack`);
    if (call.flags.yes !== true && !(await confirmed(home.shown))) return EXIT.failed;
    await endStack(home);
    const apart = dataPlace(home, 'shared', ensureSecrets(home).id);
    if (apart.apart) rmSync(dirname(apart.folder), { recursive: true, force: true });
    rmSync(home.root, { recursive: true, force: true });
    say(`  ${home.shown} is gone`);
    return EXIT.done;
  },
};

async function confirmed(path: string): Promise<boolean> {
  if (!process.stdin.isTTY) throw new UsageError('this deletes data and would ask first', 'pass --yes');
  const ask = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return (await ask.question(`  delete ${path} with its database, audit trail and keys? [y/N] `)).trim().toLowerCase() === 'y';
  } finally {
    ask.close();
  }
}
