import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { git, gitEnv } from './git.js';
import { GitError } from './errors.js';

/**
 * What the executor takes over from the person's own git configuration: how to sign in, how to reach a server, and which
 * folders of another owner are trusted. Nothing that rewrites a URL or starts a hook: the remote that was approved is the
 * remote that is used.
 */
const TAKEN = '^(credential\\.|http\\.|safe\\.directory$|core\\.sshcommand$)';

/** Writes that part as a file of our own and returns its path, for `GIT_CONFIG_GLOBAL`. Readable by the owner only: it may hold tokens. */
export async function personConfig(home: string): Promise<string> {
  const taken = (await Promise.all(['--system', '--global'].map(read))).flat();
  const folder = join(home, 'git');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const draft = join(folder, `config.${process.pid}.${Math.random().toString(36).slice(2)}`);
  await writeFile(draft, taken.map(([key, value]) => entry(key, value)).join(''), { mode: 0o600 });
  const file = join(folder, 'config');
  await rename(draft, file);
  return file;
}

async function read(scope: string): Promise<[key: string, value: string][]> {
  const { GIT_CONFIG_NOSYSTEM: _, GIT_CONFIG_GLOBAL: __, ...env } = gitEnv();
  const passed = process.env['GIT_CONFIG_GLOBAL'] === undefined ? env : { ...env, GIT_CONFIG_GLOBAL: process.env['GIT_CONFIG_GLOBAL'] };
  try {
    const listed = (await git(['config', scope, '--null', '--get-regexp', TAKEN], { cwd: '/', env: passed })).toString('utf8');
    return listed.split('\0').filter(Boolean).map((item) => splitOnce(item));
  } catch (cause) {
    if (cause instanceof GitError && cause.exitCode === 1) return []; // nothing matches, or there is no such file
    throw cause;
  }
}

/** A key without a value is git's shorthand for true. */
function splitOnce(item: string): [string, string] {
  const at = item.indexOf('\n');
  return at < 0 ? [item, 'true'] : [item.slice(0, at), item.slice(at + 1)];
}

/** `section.sub.section.key`: the middle keeps its dots and case, quoted by git-config(1). */
function entry(key: string, value: string): string {
  const [section, name] = [key.slice(0, key.indexOf('.')), key.slice(key.lastIndexOf('.') + 1)];
  const middle = key.slice(section.length + 1, Math.max(section.length + 1, key.length - name.length - 1));
  const title = middle === '' ? `[${section}]` : `[${section} "${middle.replaceAll(/[\\"]/g, '\\$&')}"]`;
  return `${title}\n\t${name} = "${value.replaceAll(/[\\"]/g, '\\$&').replaceAll('\n', '\\n')}"\n`;
}
