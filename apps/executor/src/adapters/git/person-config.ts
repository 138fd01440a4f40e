import { git } from '@countersign/git';
import { randomBytes } from 'node:crypto';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';

/**
 * What the executor takes over from the person's own git configuration: how to sign in, how to reach a server, and which
 * folders of another owner are trusted. Nothing that rewrites a URL, follows a server elsewhere or starts a hook: the remote that was
 * approved is the remote that is used.
 */
const TAKEN = '^(credential\\.|http\\.|safe\\.directory$|core\\.sshcommand$)';
/** As git lists it; for one URL it would count more than for all. */
const FOLLOWS = /^http\.(?:.*\.)?followredirects$/s;

/** What a push may see of our environment: where programs are, and the person's keys, agent and proxy. */
const PASSED_ON = ['PATH', 'HOME', 'SSH_AUTH_SOCK', 'GIT_SSH', 'GIT_SSH_COMMAND', 'SSL_CERT_FILE', 'SSL_CERT_DIR', 'HTTPS_PROXY', 'https_proxy', 'NO_PROXY', 'no_proxy', 'TMPDIR'] as const;

/** The environment in which git talks to a remote as the person: no prompt, three transports, and only the configuration above. */
export async function personEnvironment(home: string): Promise<Record<string, string>> {
  const kept = Object.fromEntries(PASSED_ON.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])));
  return {
    ...kept,
    GIT_CONFIG_GLOBAL: await personConfig(home),
    GIT_ASKPASS: 'false',
    SSH_ASKPASS: 'false',
    GIT_ALLOW_PROTOCOL: 'file:https:ssh',
    GIT_NO_REPLACE_OBJECTS: '1',
  };
}

/** Writes what is taken over to a file of our own and returns its path. Readable by the owner only: it may hold tokens. */
async function personConfig(home: string): Promise<string> {
  const sources = [['--system'], ...personFiles().map((file) => ['--file', file, '--includes'])];
  const taken = (await Promise.all(sources.map(read))).flat().filter(([key]) => !FOLLOWS.test(key));
  const folder = join(home, 'git');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const [draft, file] = [join(folder, `config.${randomBytes(6).toString('hex')}`), join(folder, 'config')];
  await writeFile(draft, [...taken, ['http.followredirects', 'false'] as const].map(([key, value]) => entry(key, value)).join(''), { mode: 0o600 });
  await rename(draft, file);
  return file;
}

/** In the order in which git reads them: the later one wins. */
function personFiles(): string[] {
  const { GIT_CONFIG_GLOBAL: named, XDG_CONFIG_HOME: xdg } = process.env;
  return named === undefined ? [join(xdg ?? join(homedir(), '.config'), 'git/config'), join(homedir(), '.gitconfig')] : [named];
}

async function read(scope: readonly string[]): Promise<[key: string, value: string][]> {
  // exit code 1: nothing matches, or there is no such file
  const { stdout } = await git('/', ['config', ...scope, '--null', '--get-regexp', TAKEN], { accept: [1], env: { GIT_CONFIG_NOSYSTEM: '0', HOME: homedir() } });
  return stdout.toString('utf8').split('\0').filter(Boolean).map(splitOnce);
}

/** A key without a value is git's shorthand for true. */
function splitOnce(item: string): [string, string] {
  const at = item.indexOf('\n');
  return at < 0 ? [item, 'true'] : [item.slice(0, at), item.slice(at + 1)];
}

/** `section.sub.section.key`: the middle keeps its dots and case, quoted by the rules of git-config(1). */
function entry(key: string, value: string): string {
  const [section, name] = [key.slice(0, key.indexOf('.')), key.slice(key.lastIndexOf('.') + 1)];
  const middle = key.slice(section.length + 1, Math.max(section.length + 1, key.length - name.length - 1));
  const title = middle === '' ? `[${section}]` : `[${section} "${middle.replaceAll(/[\\"]/g, '\\$&')}"]`;
  return `${title}\n\t${name} = "${value.replaceAll(/[\\"]/g, '\\$&').replaceAll('\n', '\\n')}"\n`;
}
