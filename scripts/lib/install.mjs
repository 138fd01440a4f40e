import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { step } from './report.mjs';
import { quietly } from './run.mjs';

/** The npm that started us, else the one on the PATH; run by `node` where that is possible. */
export function findNpm() {
  const cli = process.env.npm_execpath;
  return cli?.endsWith('.js') && existsSync(cli) ? { command: process.execPath, args: [cli] } : { command: 'npm', args: [] };
}

/**
 * Installs exactly what package-lock.json says, unless that is what lies there already. No install script runs: none of
 * the packages needs one (the Postgres binaries lack their library links, which the stack makes itself).
 */
export async function ensurePackages(root, npm, node) {
  if (isInstalled(root)) return;
  await step('Packages', async () => {
    await quietly(npm.command, [...npm.args, 'ci', '--ignore-scripts', '--no-audit', '--no-fund'], {
      cwd: root,
      env: { ...process.env, NODE_ENV: '', PATH: `${dirname(node)}:${process.env.PATH}` },
      hint: 'look at the lines above; when it is the network, run the command again: what was fetched is kept',
    });
    return `${countPackages(root)} from package-lock.json`;
  });
}

/**
 * npm writes node_modules/.package-lock.json last, so a broken-off install has none. It lists what is there; packages of
 * other platforms are absent from it, and only those (optional) may be.
 */
function isInstalled(root) {
  const installed = readPackages(join(root, 'node_modules', '.package-lock.json'));
  const wanted = readPackages(join(root, 'package-lock.json'));
  if (!installed || !wanted) return false;
  return Object.entries(wanted).every(([path, { version, integrity, optional, link, resolved }]) => {
    if (!path.includes('node_modules/')) return true; // the workspaces themselves
    const found = installed[path];
    if (!found) return Boolean(optional);
    return link ? found.resolved === resolved : found.version === version && found.integrity === integrity;
  });
}

function countPackages(root) {
  return Object.keys(readPackages(join(root, 'node_modules', '.package-lock.json')) ?? {}).length;
}

function readPackages(path) {
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')).packages : undefined;
}
