import type { Capabilities, SpawnRequestParams } from '@countersign/contracts';
import { expect } from 'expect';
import { execFileSync } from 'node:child_process';
import { linkSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { aGrant } from '../../testing/capabilities.js';
import { TestWeb, ToolBench, type ToolRun } from '../../testing/tool-bench.js';
import type { CheckBase } from '../checks/check-sandbox.js';

type Call = readonly [tool: string, args: object];
/** What is tried, the call, and the code it is refused with. */
type Escape = readonly [what: string, call: Call, code: string];

const read = (path: string): Call => ['read', { path }];
const write = (path: string): Call => ['write', { path, content: 'x' }];
const patch = (...lines: string[]): Call => ['apply_patch', { patchText: ['*** Begin Patch', ...lines, '*** End Patch'].join('\n') }];
const git = (...args: string[]): Call => ['git', { args }];
const fetch = (url: string): Call => ['webfetch', { url }];
const auth = (alias: string): Call => ['auth', { alias }];

const FULL_GIT = { read: true, commit: true, push: true, push_requires_approval: true };
/** Everything of the workspace's `docs`, and every part of git. */
const DOCS = aGrant({ tool_allowlist: ['*'], fs_scopes: { read: ['docs'], write: ['docs'] }, git_caps: FULL_GIT, secrets_scopes: ['npm'] });
const WEB = aGrant({ tool_allowlist: ['*'], net_scopes: { enabled: true, allow_hosts: ['example.com', 'api.test:8443'] } });
const ALL = aGrant({ tool_allowlist: ['*'], fs_scopes: { read: ['.'], write: ['.'] }, git_caps: FULL_GIT, net_scopes: { enabled: true, allow_hosts: ['*', '*:8443', '*:22'] }, secrets_scopes: ['npm', 'aws'] });

const PATHS: readonly Escape[] = [
  ['climbs out', read('../outside/secret.txt'), 'path_outside_workspace'],
  ['climbs out from below', read('docs/../../x'), 'path_outside_workspace'],
  ['climbs, and comes back', read('docs/../secret.txt'), 'path_outside_workspace'],
  ['is absolute', read('/etc/passwd'), 'path_outside_workspace'],
  ['ends early by NUL', read('docs/a.md\0.png'), 'path_malformed'],
  ['climbs by backslashes', read('docs\\..\\secret.txt'), 'path_malformed'],
  ['is written backwards', read('docs/\u202egnp.md'), 'path_malformed'],
  ['holds a line end', read('docs/a\n.md'), 'path_malformed'],
  ['is nothing', read(''), 'path_malformed'],
  ['is longer than a path', read(`docs/${'x'.repeat(400)}`), 'path_malformed'],
  ["is git's own", read('.git/config'), 'path_git_internal'],
  ["is git's own in capitals", read('docs/.GIT/config'), 'path_git_internal'],
  ["is git's own with a dot behind", read('.git./config'), 'path_git_internal'],
  ["is git's own by its short name", read('GIT~1/config'), 'path_git_internal'],
  ["is git's own by its stream", read('.git::$INDEX_ALLOCATION/config'), 'path_git_internal'],
  ["is git's own with an invisible letter", read('.g\u200cit/config'), 'path_malformed'],
  ['is beside the scope', read('secret.txt'), 'path_not_allowed'],
  ['begins like the scope', read('docs2/x.md'), 'path_not_allowed'],
  ['is the scope in capitals', read('DOCS/a.md'), 'path_not_allowed'],
  ['lists above the scope', ['list', { path: '.' }], 'path_not_allowed'],
  ['lists above by default', ['list', {}], 'path_not_allowed'],
  ['lists the parent', ['list', { path: '..' }], 'path_outside_workspace'],
  ['globs above', ['glob', { pattern: '../**' }], 'path_outside_workspace'],
  ['globs absolutely', ['glob', { pattern: '/etc/*' }], 'path_outside_workspace'],
  ['globs beside the scope', ['glob', { pattern: '**', path: 'src' }], 'path_not_allowed'],
  ['greps everything', ['grep', { pattern: 'SECRET', path: '.' }], 'path_not_allowed'],
  ['greps what an absolute glob names', ['grep', { pattern: 'root', include: '/etc/*' }], 'path_outside_workspace'],
  ['writes above', write('../evil.txt'), 'path_outside_workspace'],
  ['writes absolutely', write('/tmp/evil'), 'path_outside_workspace'],
  ['writes beside the scope', write('src/a.ts'), 'path_not_allowed'],
  ['writes a hook', write('.git/hooks/post-commit'), 'path_git_internal'],
  ['edits beside the scope', ['edit', { path: 'src/b.ts', old: '1', new: '2' }], 'path_not_allowed'],
  ['patches in a file above', patch('*** Add File: ../evil', '+x'), 'path_outside_workspace'],
  ['patches away a file beside the scope', patch('*** Delete File: secret.txt'), 'path_not_allowed'],
  ['moves a file out by a patch', patch('*** Update File: docs/a.md', '*** Move to: ../../evil'), 'path_outside_workspace'],
  ['moves a file beside the scope by a patch', patch('*** Update File: docs/a.md', '*** Move to: src/evil.ts'), 'path_not_allowed'],
  ['hides one bad file among good ones in a patch', patch('*** Add File: docs/new.md', '+x', '*** Add File: .git/config', '+x'), 'path_git_internal'],
];

/** Made in the workspace before they are asked for; `outside` is a place of the host. */
const LINKS: readonly Escape[] = [
  ['follows a link to a file of the host', read('docs/host'), 'path_link_escape'],
  ['follows a link that climbs to it', read('docs/climbs'), 'path_link_escape'],
  ['follows a directory that is a link to the root', read('docs/root/etc/passwd'), 'path_link_escape'],
  ['lists through a link', ['list', { path: 'docs/root' }], 'path_link_escape'],
  ['follows a link past the workspace', ['list', { path: 'docs/past' }], 'path_link_escape'],
  ["follows the kernel's link to this process", read('docs/magic/environ'), 'path_link_escape'],
  ['follows a link in circles', read('docs/loop'), 'path_link_escape'],
  ['follows a link to a file beside the scope', read('docs/beside'), 'path_link_escape'],
  ['greps through a link', ['grep', { pattern: 'SECRET', path: 'docs/host' }], 'path_link_escape'],
  ['writes through a link to a file', write('docs/host'), 'path_link_refused'],
  ['writes below a link to a directory', write('docs/root/tmp/evil'), 'path_link_escape'],
  ['edits through a link', ['edit', { path: 'docs/host', old: 'OUTSIDE', new: 'x' }], 'path_link_refused'],
  ['patches through a link', patch('*** Update File: docs/host', '@@', '-OUTSIDE SECRET', '+x'), 'path_link_refused'],
  ['reads a file that has a second name outside', read('docs/hard'), 'path_hard_link'],
  ['writes a file that has a second name outside', write('docs/hard'), 'path_hard_link'],
  ['edits a file that has a second name outside', ['edit', { path: 'docs/hard', old: 'OUTSIDE', new: 'x' }], 'path_hard_link'],
  ['waits at a FIFO for ever', read('docs/fifo'), 'path_special_file'],
  ['writes into a FIFO', write('docs/fifo'), 'path_special_file'],
  ['reads a socket', read('docs/socket'), 'path_special_file'],
  ["reads a device by the host's name", read('docs/zero'), 'path_link_escape'],
];

const GIT: readonly Escape[] = [
  ['goes elsewhere', git('-C', '/', 'log'), 'git_option_refused'],
  ['names another repository', git('--git-dir=/tmp/x', 'log'), 'git_option_refused'],
  ['names another work tree', git('--work-tree', '/', 'status'), 'git_option_refused'],
  ['brings hooks', git('-c', 'core.hooksPath=/tmp', 'commit', '-m', 'x'), 'git_option_refused'],
  ['brings a pager', git('-p', 'log'), 'git_option_refused'],
  ['brings programs', git('--exec-path=/tmp', 'log'), 'git_option_refused'],
  ['takes configuration from the environment', git('--config-env=core.sshCommand=PATH', 'log'), 'git_option_refused'],
  ['sets GIT_DIR', git('GIT_DIR=/tmp/x', 'log'), 'git_environment_refused'],
  ['sets GIT_SSH_COMMAND', git('GIT_SSH_COMMAND=touch /tmp/x', 'push'), 'git_environment_refused'],
  ['brings an environment', ['git', { args: ['log'], env: { GIT_EXTERNAL_DIFF: 'id' } }], 'invalid_params'],
  ['configures', git('config', 'core.sshCommand', 'id'), 'git_subcommand_refused'],
  ['uses an alias', git('lg'), 'git_subcommand_refused'],
  ['uses a shell alias', git('!id'), 'git_subcommand_refused'],
  ['updates submodules', git('submodule', 'update'), 'git_subcommand_refused'],
  ['clones by a program', git('clone', 'ext::sh -c id'), 'git_subcommand_refused'],
  ['fetches by a program', git('fetch', '--upload-pack=id'), 'git_subcommand_refused'],
  ['runs a program on every commit', git('bisect', 'run', 'sh'), 'git_subcommand_refused'],
  ['checks out through filters', git('checkout', '.'), 'git_subcommand_refused'],
  ['writes a file by log', git('log', '--output=/tmp/x'), 'git_option_refused'],
  ['shortens that option', git('log', '--outp=/tmp/x'), 'git_option_refused'],
  ['compares files of the host', git('diff', '--no-index', '/etc/passwd', '/dev/null'), 'git_option_refused'],
  ['has an external program compare', git('diff', '--ext-diff'), 'git_option_refused'],
  ['has an external program convert', git('log', '-p', '--textconv'), 'git_option_refused'],
  ['reads options from a file', git('log', '--stdin'), 'git_option_refused'],
  ['blames a file of the host', git('blame', '--contents', '/etc/passwd', 'docs/a.md'), 'git_option_refused'],
  ['shows a file beside the scope', git('show', 'HEAD:secret.txt'), 'path_not_allowed'],
  ['shows a file above', git('show', 'HEAD:../secret.txt'), 'path_outside_workspace'],
  ['logs a file beside the scope', git('log', '-p', '--', 'secret.txt'), 'path_not_allowed'],
  ['logs by pathspec magic', git('log', '-p', '--', ':(top)secret.txt'), 'path_not_allowed'],
  ['blames a file beside the scope', git('blame', 'secret.txt'), 'path_not_allowed'],
  ['names a branch of somebody else', git('log', 'other'), 'git_revision_refused'],
  ['names a ref', git('log', 'refs/heads/other'), 'git_revision_refused'],
  ['names a revision by its log', git('log', 'HEAD@{1}'), 'git_revision_refused'],
  ['names a revision by its text', git('show', ':/secret'), 'git_revision_refused'],
  ['hides an option as a revision', git('log', 'HEAD', '--output=/tmp/x'), 'git_option_refused'],
  ['pushes to a file', git('push', 'file:///tmp/x'), 'git_remote_refused'],
  ['pushes by a program', git('push', 'ext::sh -c id'), 'git_remote_refused'],
  ['pushes over the network', git('push', 'https://evil.example/x.git', 'HEAD:main'), 'git_remote_refused'],
  ['pushes with a program at the other end', git('push', '--receive-pack=id', 'origin'), 'git_option_refused'],
  ['pushes by force', git('push', '--force'), 'git_option_refused'],
  ['pushes by force in the refspec', git('push', 'origin', '+HEAD:main'), 'git_refspec_refused'],
  ['deletes a branch', git('push', 'origin', ':main'), 'git_refspec_refused'],
  ['pushes a ref with a path', git('push', 'origin', 'HEAD:../../x'), 'git_refspec_refused'],
  ['pushes everything', git('push', '--mirror'), 'git_option_refused'],
  ['rewrites a commit', git('commit', '--amend', '-m', 'x'), 'git_option_refused'],
  ['commits as somebody else', git('commit', '--author=Eve <eve@example.test>', '-m', 'x'), 'git_option_refused'],
  ['commits a message of the host', git('commit', '-F', '/etc/passwd'), 'git_option_refused'],
];

const SECRETS: readonly Escape[] = [
  ['asks for an alias that is not listed', auth('aws'), 'secret_not_allowed'],
  ['asks in capitals', auth('NPM'), 'secret_not_allowed'],
  ['asks with a space behind', auth('npm '), 'secret_not_allowed'],
  ['asks with a NUL behind', auth('npm\0aws'), 'secret_not_allowed'],
  ['asks by a path', auth('./npm'), 'secret_not_allowed'],
  ["asks for another team's", auth('../01a1faa8-85f2-786b-9b67-420704a3cc02/npm'), 'secret_not_allowed'],
  ['asks for every', auth('*'), 'secret_not_allowed'],
  ['asks for nothing', auth(''), 'secret_not_allowed'],
  ['asks for what every object has', auth('__proto__'), 'secret_not_allowed'],
  ['asks for two', ['auth', { alias: ['npm', 'aws'] }], 'invalid_params'],
];

const HOSTS: readonly Escape[] = [
  ['is somebody else', fetch('https://evil.test/'), 'host_not_allowed'],
  ['ends like the host', fetch('https://evil-example.com/'), 'host_not_allowed'],
  ['begins like the host', fetch('https://example.com.evil.test/'), 'host_not_allowed'],
  ['begins like the host by an escaped dot', fetch('https://example.com%2eevil.test/'), 'host_not_allowed'],
  ['looks like the host', fetch('https://ex\u0430mple.com/'), 'host_not_allowed'],
  ['leaves out the slashes', fetch('https:evil.test'), 'host_not_allowed'],
  ['has the host as a user', fetch('https://example.com@evil.test/'), 'url_credentials_refused'],
  ['carries a password', fetch('https://me:pass@example.com/'), 'url_credentials_refused'],
  ['carries an empty user', fetch('https://@example.com/'), 'url_credentials_refused'],
  ['ends with a dot', fetch('https://example.com./'), 'url_malformed'],
  ['has a backslash that browsers turn', fetch('https://evil.test\\@example.com/'), 'url_malformed'],
  ['has a tab that browsers drop', fetch('https://example\t.com/'), 'url_malformed'],
  ['has a space before', fetch(' https://example.com/'), 'url_malformed'],
  ['has a line end', fetch('https://example.com/\r\nHost: evil.test'), 'url_malformed'],
  ['has no scheme', fetch('//evil.test/'), 'url_malformed'],
  ['has no scheme but a host', fetch('example.com/x'), 'url_malformed'],
  ['is a loopback address', fetch('http://127.0.0.1/'), 'host_is_address'],
  ['is one as a number', fetch('http://2130706433/'), 'host_is_address'],
  ['is one in hexadecimal', fetch('http://0x7f000001/'), 'host_is_address'],
  ['is one in octal', fetch('http://0177.0.0.1/'), 'host_is_address'],
  ['is a short one', fetch('http://127.1/'), 'host_is_address'],
  ['is one in IPv6', fetch('http://[::1]/'), 'host_is_address'],
  ['is one of IPv4 in IPv6', fetch('http://[::ffff:7f00:1]/'), 'host_is_address'],
  ['is the metadata service', fetch('http://169.254.169.254/latest/meta-data/'), 'host_is_address'],
  ['is one in wide digits', fetch('http://\uff11\uff12\uff17.0.0.1/'), 'host_is_address'],
  ['is another port', fetch('https://example.com:8443/'), 'port_not_allowed'],
  ['is a port of another service', fetch('http://example.com:22/'), 'port_not_allowed'],
  ['is the ordinary port of a host listed with another', fetch('https://api.test/'), 'host_not_allowed'],
  ['is a file', fetch('file:///etc/passwd'), 'url_scheme_refused'],
  ['is ftp', fetch('ftp://example.com/x'), 'url_scheme_refused'],
  ['is data', fetch('data:text/plain,x'), 'url_scheme_refused'],
  ['is a script', fetch('javascript:alert(1)'), 'url_scheme_refused'],
  ['is the fleet itself', fetch('blob:https://example.com/x'), 'url_scheme_refused'],
  ['leads to a private address', fetch('http://private.example.com/'), 'address_not_public'],
  ['leads to a public and a private address', fetch('http://both.example.com/'), 'address_not_public'],
  ['leads to a loopback address in IPv6', fetch('http://six.example.com/'), 'address_not_public'],
  ['leads to the metadata service', fetch('http://meta.example.com/'), 'address_not_public'],
  ['redirects to somebody else', fetch('http://example.com/to?https://evil.test/'), 'host_not_allowed'],
  ['redirects to an address', fetch('http://example.com/to?http://169.254.169.254/'), 'host_is_address'],
  ['redirects to a file', fetch('http://example.com/to?file:///etc/passwd'), 'url_scheme_refused'],
  ['redirects with a password', fetch('http://example.com/to?http://me:pass@example.com/'), 'url_credentials_refused'],
  ['redirects to another port', fetch('http://example.com/to?http://example.com:22/'), 'port_not_allowed'],
  ['redirects to a name with a private address', fetch('http://example.com/to?http://private.example.com/'), 'address_not_public'],
  ['redirects without a scheme to somebody else', fetch('http://example.com/to?//evil.test/'), 'host_not_allowed'],
  ['redirects twice, then to somebody else', fetch('http://example.com/to?/to?https://evil.test/'), 'host_not_allowed'],
  ['searches, under a grant that lists hosts', ['websearch', { query: 'x' }], 'search_host_unverifiable'],
];

const NO_SPAWN = aGrant({ tool_allowlist: ['*'], tool_denylist: ['spawn_agent'] });
const TASK: Call = ['Task', { description: 'look', prompt: 'look at it', subagent_type: 'worker' }];
const SPAWN_REQUEST: Call = ['spawn/request', { role: 'worker', justification: 'more of me' }];

const TOOLS: readonly (readonly [what: string, grant: Capabilities, call: Call, code: string])[] = [
  ['is not granted', aGrant({ tool_allowlist: ['read'] }), ['bash', { command: 'id' }], 'tool_not_allowed'],
  ['is granted and denied', aGrant({ tool_allowlist: ['*'], tool_denylist: ['ba*'] }), ['bash', { command: 'id' }], 'tool_not_allowed'],
  ['is spelt in capitals', aGrant({ tool_allowlist: ['read'] }), ['Bash', { command: 'id' }], 'tool_not_allowed'],
  ['is a glob itself', aGrant({ tool_allowlist: ['*'], tool_denylist: ['bash'] }), ['ba*h', { command: 'id' }], '-32008'],
  ['is what every object has', aGrant({ tool_allowlist: ['*'] }), ['constructor', {}], '-32008'],
  ['has a name that the sandbox would need to hold it', aGrant({ tool_allowlist: ['*'] }), ['checks.run ', {}], '-32008'],
  ['has no network', aGrant({ tool_allowlist: ['*'] }), fetch('https://example.com/'), 'net_disabled'],
  ['searches without network', aGrant({ tool_allowlist: ['*'] }), ['websearch', { query: 'x' }], 'net_disabled'],
  ['has a network of no hosts', aGrant({ tool_allowlist: ['*'], net_scopes: { enabled: true, allow_hosts: [] } }), fetch('https://example.com/'), 'host_not_allowed'],
  ['reads without a scope', aGrant({ tool_allowlist: ['*'] }), read('docs/a.md'), 'path_not_allowed'],
  ['writes without a scope', aGrant({ tool_allowlist: ['*'], fs_scopes: { read: ['.'], write: [] } }), write('docs/a.md'), 'path_not_allowed'],
  ['logs without the capability', aGrant({ tool_allowlist: ['*'], git_caps: { ...FULL_GIT, read: false } }), git('log'), 'git_read_not_allowed'],
  ['shows its state without the capability', aGrant({ tool_allowlist: ['*'] }), git('status'), 'git_read_not_allowed'],
  ['commits without the capability', aGrant({ tool_allowlist: ['*'], git_caps: { ...FULL_GIT, commit: false } }), git('commit', '-m', 'x'), 'git_commit_not_allowed'],
  ['pushes without the capability', aGrant({ tool_allowlist: ['*'], git_caps: { ...FULL_GIT, push: false } }), git('push'), 'git_push_not_allowed'],
  ['starts an agent by its name, which is denied', NO_SPAWN, ['spawn_agent', { role: 'worker', justification: 'more of me' }], 'tool_not_allowed'],
  ['starts an agent by the name of the original', NO_SPAWN, TASK, 'tool_not_allowed'],
  ['starts an agent by the older method', NO_SPAWN, SPAWN_REQUEST, 'tool_not_allowed'],
  ['starts an agent by the name of the original, for a mission that only reads', aGrant({ tool_allowlist: ['read'] }), TASK, 'tool_not_allowed'],
  ['starts an agent by the older method, for a mission that only reads', aGrant({ tool_allowlist: ['read'] }), SPAWN_REQUEST, 'tool_not_allowed'],
];

const ESCAPES = PATHS.length + LINKS.length + GIT.length + SECRETS.length + HOSTS.length + TOOLS.length;

describe('what a worker tries by its tools, and may not', () => {
  let bench: ToolBench;
  let base: CheckBase;
  let web: TestWeb;

  before(async () => {
    bench = new ToolBench();
    base = bench.repositoryOf({ 'docs/a.md': '# A\n', 'docs/deep/b.md': 'b\n', 'src/a.ts': 'export const a = 1;\n', 'src/b.ts': 'export const b = 1;\n', 'secret.txt': 'INSIDE SECRET\n' });
    execFileSync('git', ['-C', base.repository, 'branch', 'other']);
    web = await TestWeb.start((request, response) => {
      const to = request.url!.startsWith('/to?') ? request.url!.slice('/to?'.length) : undefined;
      if (to === undefined) response.end('a page');
      else response.writeHead(302, { location: to }).end();
    });
    web.names.set('private.example.com', [['10.1.2.3']]).set('both.example.com', [['93.184.215.14', '192.168.0.1']]).set('six.example.com', [['::1']]).set('meta.example.com', [['169.254.169.254']]);
  });
  after(async () => { bench[Symbol.dispose](); await web[Symbol.asyncDispose](); });

  /** Each escape on its own: the code, the record of it, and nothing that came of it. */
  const refuses = (escapes: readonly Escape[], run: () => ToolRun): void => {
    for (const [what, [tool, args], code] of escapes) {
      it(`${what}: ${code}`, async () => {
        const { length } = run().denied;
        expect(await run().call(tool, args)).toBe(code);
        expect(run().denied.slice(length).map((denial) => [denial.code, denial.tool])).toEqual(code === 'invalid_params' ? [] : [[code, tool]]);
        expect(run().draft.files.size).toBe(0);
      });
    }
  };
  const allows = async (run: ToolRun, calls: readonly Call[]): Promise<void> => {
    for (const [tool, args] of calls) expect([tool, args, await run.call(tool, args)]).toEqual([tool, args, expect.any(Object)]);
  };

  it('is a table that says what it says: more than sixty, each of its own', () => {
    expect(ESCAPES).toBeGreaterThanOrEqual(60);
    const calls = [...PATHS, ...LINKS, ...GIT, ...SECRETS, ...HOSTS].map(([, call]) => JSON.stringify(call));
    expect(new Set(calls).size).toBe(calls.length);
  });

  describe('a path that', () => {
    let run: ToolRun;
    before(() => { run = bench.run(base, DOCS); });
    after(() => run[Symbol.asyncDispose]());
    refuses(PATHS, () => run);

    it('stays inside is read, listed, searched and written', async () => {
      await using allowed = bench.run(base, DOCS);
      await allows(allowed, [
        read('docs/a.md'), read('./docs//deep/b.md'), ['list', { path: 'docs' }], ['glob', { pattern: '**/*.md' }], ['grep', { pattern: '^#', path: 'docs' }], write('docs/new/c.md'),
        ['edit', { path: 'docs/a.md', old: 'A', new: 'B' }], patch('*** Update File: docs/deep/b.md', '*** Move to: docs/deep/c.md', '@@', '-b', '+c'),
      ]);
      expect([...allowed.draft.files].map(([path, { content }]) => [path, content?.toString()])).toEqual([['docs/new/c.md', 'x'], ['docs/a.md', '# B\n'], ['docs/deep/b.md', undefined], ['docs/deep/c.md', 'c\n']]);
      expect(allowed.denied).toEqual([]);
    });

    it('is refused by its scope alone, is granted by a wider one: it is the rule that refuses', async () => {
      await using wide = bench.run(base, ALL);
      const scoped = PATHS.filter(([, , code]) => code === 'path_not_allowed').map(([, call]) => call).filter(([, args]) => !('path' in args && ['docs2/x.md', 'DOCS/a.md'].includes(String(args.path))));
      expect(scoped.length).toBeGreaterThan(8);
      await allows(wide, scoped);
      expect(await wide.call(...read('secret.txt'))).toBe('file_not_found'); // the patch of the table took it away
    });

    it('climbs or begins at the root would lead to the secret, without the rule', () => {
      const folder = join(bench.use.workDir, 'x');
      expect(readFileSync(join(folder, '..', '..', 'outside/secret.txt'), 'utf8')).toContain('OUTSIDE');
    });
  });

  describe('a way that', () => {
    let run: ToolRun;
    let folder: string;
    const socket = createServer();

    before(async () => {
      run = bench.run(base, { ...DOCS, fs_scopes: { read: ['docs'], write: ['docs', 'src'] } });
      await run.call(...write('src/own.ts'));
      await run.call('list', { path: 'docs' });
      run.draft.files = new Map(); // it stays in the folder, as what a shell command leaves there does
      expect(await run.sh('ln -s ../src/own.ts docs/beside && ln -s loop docs/loop && ln -s / docs/root && echo made')).toBe('made');
      folder = join(bench.use.workDir, readdirSync(bench.use.workDir).find((name) => name.startsWith('check-'))!);
      for (const [name, to] of Object.entries({ host: join(bench.outside, 'secret.txt'), climbs: '../../../outside/secret.txt', past: '../../..', magic: '/proc/self', zero: '/dev/zero' })) symlinkSync(to, join(folder, 'docs', name));
      linkSync(join(bench.outside, 'secret.txt'), join(folder, 'docs/hard'));
      execFileSync('mkfifo', [join(folder, 'docs/fifo')]);
      await new Promise<void>((resolve) => socket.listen(join(folder, 'docs/socket'), resolve));
    });
    after(async () => { socket.close(); await run[Symbol.asyncDispose](); });
    refuses(LINKS, () => run);

    it('is of the workspace itself is followed: a link inside the scope, to a file inside the scope', async () => {
      symlinkSync('deep/b.md', join(folder, 'docs/inside'));
      symlinkSync('deep', join(folder, 'docs/folder'));
      expect(await run.call(...read('docs/inside'))).toMatchObject({ path: 'docs/deep/b.md', text: 'b\n' });
      expect(await run.call(...write('docs/folder/d.md'))).toMatchObject({ path: 'docs/deep/d.md' });
      run.draft.files = new Map();
    });

    it('is found by a search gives away nothing of where it leads', async () => {
      expect(await run.call('grep', { pattern: 'SECRET|root' })).toEqual({ matches: [], truncated: false });
      expect(await run.call('glob', { pattern: '**/{secret.txt,own.ts,passwd}' })).toEqual({ paths: [], truncated: false });
    });

    it('is named leads to the secret where nobody looks: these are real escapes', () => {
      for (const name of ['host', 'climbs', 'hard']) expect(readFileSync(join(folder, 'docs', name), 'utf8')).toContain('OUTSIDE SECRET');
      expect(readFileSync(join(folder, 'docs/root/etc/passwd'), 'utf8')).toContain('root');
      expect(readFileSync(join(folder, 'docs/beside'), 'utf8')).toBe('x');
    });
  });

  describe('a git command that', () => {
    let run: ToolRun;
    before(() => { run = bench.run(base, DOCS, { answer: () => { throw new Error('nobody is asked'); } }); });
    after(() => run[Symbol.asyncDispose]());
    refuses(GIT, () => run);

    it('names a commit of another branch does not see it', async () => {
      const other = execFileSync('git', ['-C', base.repository, '-c', 'user.name=t', '-c', 'user.email=t@t', 'commit-tree', '-m', 'hidden', `${base.commit}^{tree}`], { encoding: 'utf8' }).trim();
      expect(await run.call(...git('show', other))).toBe('git_revision_refused');
      expect(await run.call(...git('log', `${base.commit}..${other}`))).toBe('git_revision_refused');
    });

    it('looks at its own history, in its scope, is answered', async () => {
      await using allowed = bench.run(base, DOCS);
      await allows(allowed, [git('log'), git('log', '-1', '--stat', '--', 'docs/a.md'), git('show', 'HEAD:docs/a.md'), git('show', '--stat'), git('diff'), git('status'), git('blame', 'docs/a.md')]);
      expect((await allowed.call(...git('show', '-p', 'HEAD')) as { output: string }).output).not.toContain('INSIDE SECRET');
      await using wide = bench.run(base, ALL);
      expect((await wide.call(...git('show', '-p', 'HEAD')) as { output: string }).output).toContain('INSIDE SECRET');
    });
  });

  describe('a secret that', () => {
    let run: ToolRun;
    before(() => { run = bench.run(base, DOCS, { secrets: { npm: 'npm-value-1', aws: 'aws-value-1' } }); });
    after(() => run[Symbol.asyncDispose]());
    refuses(SECRETS, () => run);

    it('is listed is handed out by its alias, and the others with a wider grant', async () => {
      expect(await run.call(...auth('npm'))).toEqual({ alias: 'npm', value: 'npm-value-1' });
      await using wide = bench.run(base, ALL, { secrets: { npm: 'npm-value-1', aws: 'aws-value-1' } });
      expect(await wide.call(...auth('aws'))).toEqual({ alias: 'aws', value: 'aws-value-1' });
    });
  });

  describe('a URL that', () => {
    let run: ToolRun;
    before(() => { run = bench.run(base, WEB, { wire: web.wire, searchUrl: 'https://search.test/?q={query}' }); });
    after(() => run[Symbol.asyncDispose]());
    refuses(HOSTS, () => run);

    it('is refused was never dialled, wherever it led', () => {
      expect(web.dialled.filter((place) => place !== '93.184.215.14:80')).toEqual([]);
      expect(web.asked.filter((asked) => !asked.startsWith('example.com/'))).toEqual([]);
    });

    it('is granted is asked, its subdomains, ports and redirects as well', async () => {
      for (const url of ['http://example.com/x', 'http://www.example.com/', 'http://EXAMPLE.com:80/', 'http://api.test:8443/', 'http://example.com/to?/page', 'http://example.com/to?http://www.example.com/y']) expect([url, await run.call(...fetch(url))]).toEqual([url, expect.objectContaining({ status: 200, text: 'a page' })]);
    });

    it('is refused by the list alone is asked under a wider one', async () => {
      await using wide = bench.run(base, ALL, { wire: web.wire });
      for (const url of ['http://evil.test/', 'http://evil-example.com/', 'http://example.com.evil.test/', 'http://example.com:8443/', 'http://example.com/to?http://evil.test/']) expect([url, await wide.call(...fetch(url))]).toEqual([url, expect.objectContaining({ status: 200 })]);
    });
  });

  describe('a tool that', () => {
    for (const [what, grant, [tool, args], code] of TOOLS) {
      it(`${what}: ${code}`, async () => {
        await using run = bench.run(base, grant, { spawns: 1 });
        expect(await (tool === SPAWN_REQUEST[0] ? run.ask('spawn/request', args as SpawnRequestParams) : run.call(tool, args))).toBe(code);
        expect(run.denied.map((denial) => denial.code)).toEqual(code.startsWith('-') ? [] : [code]);
        if (!code.startsWith('git_')) expect(run.desk.names).not.toContain(tool); // git has parts of its own
      });
    }

    it('would run a shell command where no sandbox holds it: sandbox_insufficient', async () => {
      await using run = bench.run(base, ALL, { level: 0 });
      expect(await run.call('bash', { command: 'id' })).toBe('sandbox_insufficient');
      expect(run.desk.names).not.toContain('bash');
    });

    it('is listed draws on the slice, refused or not, and is refused when it is used up', async () => {
      await using run = bench.run(base, DOCS, { slice: { tool_calls: 2 } });
      expect([await run.call('Bash', {}), await run.call(...read('docs/a.md')), await run.call(...read('../x')), await run.call(...read('docs/a.md'))]).toEqual(['-32008', expect.any(Object), 'path_outside_workspace', '-32002']);
      expect(run.host.slice.drawn).toEqual({ tool_calls: 2 });
    });
  });

  describe('a file that is handed in', () => {
    const put = (run: ToolRun, path: string, more: object = { text: 'x' }) => run.ask('artifact/put', { taskId: 'task', path, ...more });
    const CONFLICT = '-32006';

    it('in the place of a link, or where a folder must be a file or a file a folder, is refused: nothing goes that nobody named', async () => {
      const fixed = bench.repositoryOf({ 'shared/s': 's', LICENSE: 'free' }, { links: { docs: 'shared' } });
      await using run = bench.run(fixed, ALL);
      for (const path of ['docs', 'docs/readme.md', 'LICENSE/x.test.js', 'shared']) expect([path, await put(run, path)]).toEqual([path, CONFLICT]);
      expect([...run.draft.files.keys()]).toEqual([]);
      await put(run, 'docs', { deleted: true });
      expect(await put(run, 'docs/readme.md')).toBe(CONFLICT);
      await put(run, 'new');
      expect(await put(run, 'new/file')).toBe(CONFLICT);
    });

    it('by a tool is judged as well: below what the read scopes do not show, and what a command made in the place of a link', async () => {
      const fixed = bench.repositoryOf({ 'shared/s': 's', LICENSE: 'free' }, { links: { docs: 'shared' } });
      await using below = bench.run(fixed, aGrant({ tool_allowlist: ['*'], fs_scopes: { read: ['LICENSE/**'], write: ['.'] } }));
      expect(await below.call('write', { path: 'LICENSE/x', content: 'x' })).toBe('draft_path_in_the_way');
      await using run = bench.run(fixed, ALL);
      expect(await run.call('bash', { command: 'rm docs LICENSE; mkdir docs LICENSE; echo x > docs/readme.md; echo x > LICENSE/x', keep: ['docs/readme.md', 'LICENSE/x'] })).toMatchObject({
        drafted: ['LICENSE', 'LICENSE/x'], left: expect.arrayContaining([{ path: 'docs/readme.md', reason: 'draft_path_in_the_way' }]),
      });
    });

    it('in the place of what was handed in as deleted is taken', async () => {
      await using run = bench.run(bench.repositoryOf({ 'shared/s': 's', LICENSE: 'free' }), ALL);
      await put(run, 'shared/s', { deleted: true });
      await put(run, 'LICENSE', { deleted: true });
      expect([await put(run, 'shared'), await put(run, 'LICENSE/x')]).toEqual([expect.objectContaining({ path: 'shared' }), expect.objectContaining({ path: 'LICENSE/x' })]);
    });
  });
});
