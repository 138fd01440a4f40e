import { expect } from 'expect';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { after, before, describe, it } from 'node:test';

const ROOT = resolve(import.meta.dirname, '../../..');
/** What can only mean that it hangs: the first run installs everything. */
const HANGING_MS = 15 * 60_000;

const git = (...args: string[]): string => execFileSync('git', args, { encoding: 'utf8' }).trim();

/** What a person sees of `npm run demo </dev/null`, with nothing of ours in the environment but the way to node, npm and git. */
async function demo(clone: string, home: string): Promise<{ code: number | null; text: string }> {
  const env = { PATH: [dirname(process.execPath), process.env['PATH'] ?? ''].join(':'), HOME: home, ...proxies() };
  const child = spawn('npm', ['run', 'demo'], { cwd: clone, env, stdio: ['ignore', 'pipe', 'pipe'], timeout: HANGING_MS });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, text };
}

/** How this machine reaches a registry is no part of the product. */
const proxies = (): Record<string, string> => Object.fromEntries(Object.entries(process.env).filter((pair): pair is [string, string] => pair[1] !== undefined && /^(npm_config_registry|https?_proxy|no_proxy|NODE_EXTRA_CA_CERTS)$/i.test(pair[0])));

/** Processes that still stand in the clone. */
const leftIn = (folder: string): string[] =>
  readdirSync('/proc').filter((pid) => {
    try {
      return readlinkSync(`/proc/${pid}/cwd`).startsWith(folder);
    } catch {
      return false; // no process, or one that just ended
    }
  });

describe('the first command of the README, in a fresh clone below a folder nobody else may enter', () => {
  const parent = mkdtempSync(join(tmpdir(), 'countersign-readme-')); // mkdtemp makes it 0700
  const clone = join(parent, 'clone');
  const home = join(parent, 'home');
  before(() => {
    mkdirSync(home, { mode: 0o700 });
    git('clone', '--quiet', '--no-hardlinks', ROOT, clone);
  });
  after(() => rmSync(parent, { recursive: true, force: true }));

  for (const time of ['the first time', 'again']) {
    it(`goes from goal to verified record, ${time}`, async (t) => {
      const { code, text } = await demo(clone, home);
      t.diagnostic(text.split('\n').slice(-40).join('\n'));
      expect(code).toBe(0);
      expect(text.match(/^\s+(?:[1-9]|10) {2,}\S/gm) ?? []).toHaveLength(10);
      const [, branch, commit, tree] = /pushed {2,}(\S+) at ([0-9a-f]{12}); its tree ([0-9a-f]{12}) is the one that was approved/.exec(text)!;
      const remote = join(clone, '.countersign/demo/chai-till.git');
      expect(git('-C', remote, 'rev-parse', '--short=12', branch!)).toBe(commit);
      expect(git('-C', remote, 'rev-parse', '--short=12', `${branch}^{tree}`)).toBe(tree);
      expect(git('-C', join(clone, '.countersign/demo/chai-till'), 'status', '--porcelain')).toBe('');
      expect(text).toMatch(/record {2,}\d+ entries, \d+ under a signed head, verified offline/);
      expect(leftIn(parent)).toEqual([]);
    });
  }
});
