import { bytesOf } from '@countersign/contracts';
import { expect } from 'expect';
import fc from 'fast-check';
import { BlockList, isIP } from 'node:net';
import { describe, it } from 'node:test';
import { aGrant } from '../../testing/capabilities.js';
import { refuseAddress } from './addresses.js';
import { judgeGit } from './git-command.js';
import { globMatches } from './glob.js';
import { judgeUrl, refuseSearch } from './hosts.js';
import { applyHunks, isPatchProblem, parsePatch } from './patch.js';
import { judgePath, outermost, plainPath, refuseReal } from './paths.js';
import { isRefusal } from './refusal.js';
import { refuseAlias } from './secrets.js';
import { capabilitiesOfRun, offeredTools, refuseTool } from './tools.js';

const codeOf = (judged: unknown): unknown => (isRefusal(judged) ? judged.code : judged);

describe('the tools of a run', () => {
  const all = { sandboxed: true, webSearch: true, spawns: 1 };

  it('let deny beat allow, and an empty list allow nothing', () => {
    expect(codeOf(refuseTool(aGrant(), 'checks.run'))).toBe('tool_not_allowed');
    expect(refuseTool(aGrant({ tool_allowlist: ['checks.*'] }), 'checks.run')).toBeUndefined();
    expect(codeOf(refuseTool(aGrant({ tool_allowlist: ['*'], tool_denylist: ['checks.run'] }), 'checks.run'))).toBe('tool_not_allowed');
    expect(codeOf(refuseTool(aGrant({ tool_allowlist: ['checks.run'] }), 'checksXrun'))).toBe('tool_not_allowed');
  });

  it('are judged as what they do: every way to another agent is spawn_agent', () => {
    const doors = ['spawn_agent', 'Task', 'spawn/request'];
    const refused = (tool_allowlist: string[], tool_denylist: string[] = []) => doors.filter((door) => refuseTool(aGrant({ tool_allowlist, tool_denylist }), door));
    expect([refused(['*'], ['spawn_agent']), refused(['*'], ['spawn_*']), refused(['read']), refused(['Task'])]).toEqual([doors, doors, doors, doors]);
    expect([refused(['*'], ['Task']), refused(['spawn_agent'], ['spawn/request']), refused(['spawn_agent'])]).toEqual([['Task'], ['spawn/request'], []]);
    expect(offeredTools(aGrant({ tool_allowlist: ['Task*', 'read'], fs_scopes: { read: ['.'], write: [] } }), all)).toEqual(['read', 'TaskCreate', 'TaskUpdate', 'TaskList']);
  });

  it('are those that the grant and the agent spec both name', () => {
    const grant = aGrant({ tool_allowlist: ['*'], tool_denylist: ['bash'], fs_scopes: { read: ['.'], write: ['.'] }, net_scopes: { enabled: true, allow_hosts: ['example.com'] } });
    const run = capabilitiesOfRun(grant, { tools: ['read', 'bash', 'webfetch'], networkHosts: ['api.example.com', 'example.org'] });
    expect(offeredTools(run, all)).toEqual(['read', 'webfetch']);
    expect(run.net_scopes.allow_hosts).toEqual(['api.example.com']);
    expect(offeredTools(capabilitiesOfRun(grant, { tools: ['webfetch'], networkHosts: [] }), all)).toEqual([]);
  });

  it('are not listed where no call of them could be granted', () => {
    const grant = aGrant({ tool_allowlist: ['*'] });
    const TEAM = ['TeamCreate', 'SendMessage', 'TaskCreate', 'TaskUpdate', 'TaskList'];
    expect(offeredTools(grant, all)).toEqual(['bash', 'checks.run', 'spawn_agent', ...TEAM, 'Task']);
    expect(offeredTools(grant, { sandboxed: false, webSearch: false, spawns: 0 })).toEqual(['checks.run', ...TEAM]);
    expect(offeredTools(aGrant({ tool_allowlist: ['websearch', 'webfetch'], net_scopes: { enabled: true, allow_hosts: ['*'] } }), all)).toEqual(['webfetch', 'websearch']);
    expect(offeredTools(aGrant({ tool_allowlist: ['websearch'], net_scopes: { enabled: true, allow_hosts: ['example.com'] } }), all)).toEqual([]);
  });
});

describe('a path', () => {
  it('is judged in its normal form', () => {
    expect(['src/a.ts', './src//a.ts', 'src/./a.ts/', '..a/b', '.github/x', 'a b', 'git~x', '~root'].map(plainPath)).toEqual(['src/a.ts', 'src/a.ts', 'src/a.ts', '..a/b', '.github/x', 'a b', 'git~x', '~root']);
    expect(['.', './', ''].map((path) => codeOf(plainPath(path)))).toEqual(['.', '.', 'path_malformed']);
    expect(['src/\u202ea.ts', 'src/a\ufe00.ts', '\u3164/a', 'a\u2800', '❤\ufe0f.md'].map((path) => codeOf(plainPath(path)))).toEqual(['path_malformed', 'path_malformed', 'path_malformed', 'path_malformed', '❤\ufe0f.md']);
  });

  it('stays inside the scopes of its use', () => {
    const grant = aGrant({ fs_scopes: { read: ['docs/', './src/a.ts'], write: ['docs'] } });
    expect(['docs/x.md', 'docs', 'src/a.ts'].map((path) => judgePath(grant, 'read', path))).toEqual(['docs/x.md', 'docs', 'src/a.ts']);
    expect(['docs2/x', 'src/a.tsx', 'src', '.', 'DOCS/x'].map((path) => codeOf(judgePath(grant, 'read', path)))).toEqual(Array(5).fill('path_not_allowed'));
    expect(codeOf(judgePath(grant, 'write', 'src/a.ts'))).toBe('path_not_allowed');
    expect(codeOf(judgePath(aGrant(), 'read', 'a'))).toBe('path_not_allowed');
  });

  it('is judged again where its links lead', () => {
    const grant = aGrant({ fs_scopes: { read: ['docs'], write: [] } });
    expect(['docs/b', 'src/b', '/etc/passwd', 'docs/.git/config'].map((real) => refuseReal(grant, 'read', 'docs/a', real)?.code)).toEqual([undefined, 'path_link_escape', 'path_link_escape', 'path_link_escape']);
  });

  it('as a scope is mounted once', () => {
    expect(outermost(['src', 'src/a', 'docs/', './docs'])).toEqual(['src', 'docs']);
    expect(outermost(['.', 'src'])).toEqual(['.']);
  });
});

describe('an address', () => {
  const blocks = new BlockList();
  for (const [net, bits] of [['10.0.0.0', 8], ['127.0.0.0', 8], ['169.254.0.0', 16], ['172.16.0.0', 12], ['192.168.0.0', 16], ['100.64.0.0', 10], ['0.0.0.0', 8], ['224.0.0.0', 3]] as const) blocks.addSubnet(net, bits);

  it('of a private, local or reserved block is never public, whatever the others are', () => {
    fc.assert(fc.property(fc.ipV4(), (address) => { if (blocks.check(address)) expect([address, refuseAddress(address)?.code]).toEqual([address, 'address_not_public']); }), { numRuns: 3000 });
    for (const address of ['1.1.1.1', '93.184.215.14', '172.15.255.255', '172.32.0.1', '100.128.0.0', '2606:4700:4700::1111', '2a00:1450:4001::1']) expect([address, refuseAddress(address)]).toEqual([address, undefined]);
    for (const address of ['::1', '::', 'fe80::1', 'fc00::1', 'ff02::1', '::ffff:127.0.0.1', '::ffff:8.8.8.8', '::127.0.0.1', '64:ff9b::7f00:1', '2002:7f00:1::', '2001:0:1::', '2001:db8::1', '255.255.255.255', '', 'localhost', '1.2.3', '01.2.3.4', '256.1.1.1', 'fe80::1%eth0']) {
      expect([address, refuseAddress(address)?.code]).toEqual([address, 'address_not_public']);
    }
  });

  it('is read as Node reads it, or not at all', () => {
    fc.assert(fc.property(fc.oneof(fc.ipV6(), fc.ipV4(), fc.stringMatching(/^[0-9a-f:.]{1,20}$/)), (text) => {
      expect([text, bytesOf(text)?.length]).toEqual([text, { 4: 4, 6: 16, 0: undefined }[isIP(text)]]);
    }), { numRuns: 3000 });
  });
});

describe('a URL', () => {
  const grant = aGrant({ net_scopes: { enabled: true, allow_hosts: ['example.com', 'api.test:8443', '192.0.2.7'] } });

  it('is asked for as it was parsed', () => {
    expect(judgeUrl(grant, 'https://EXAMPLE.com/a/../b?q=1#frag')).toMatchObject({ href: 'https://example.com/b?q=1#frag', host: 'example.com', port: 443, secure: true, target: '/b?q=1' });
    expect(judgeUrl(grant, 'http://www.example.com:443/')).toMatchObject({ host: 'www.example.com', port: 443, secure: false });
    expect(judgeUrl(grant, 'https://api.test:8443/x')).toMatchObject({ host: 'api.test', port: 8443 });
    expect(judgeUrl(grant, 'https://192.0.2.7/')).toMatchObject({ isAddress: true });
    expect(judgeUrl(aGrant({ net_scopes: { enabled: true, allow_hosts: ['*'] } }), 'https://bücher.example/')).toMatchObject({ host: 'xn--bcher-kva.example' });
  });

  it('for a host that is listed with a port is asked on that port alone', () => {
    expect(codeOf(judgeUrl(grant, 'https://api.test/'))).toBe('host_not_allowed');
    expect(codeOf(judgeUrl(grant, 'https://example.com:8443/'))).toBe('port_not_allowed');
  });

  it('of a search needs a grant of every host', () => {
    expect([refuseSearch(aGrant()), refuseSearch(grant), refuseSearch(aGrant({ net_scopes: { enabled: true, allow_hosts: ['*'] } }))].map((refusal) => refusal?.code)).toEqual(['net_disabled', 'search_host_unverifiable', undefined]);
  });
});

describe('git', () => {
  const grant = aGrant({ fs_scopes: { read: ['src'], write: [] }, git_caps: { read: true, commit: true, push: true, push_requires_approval: true } });

  it('is asked in words we know', () => {
    expect(judgeGit(grant, ['log', '-5', '--oneline', '--since', '2 weeks ago', 'HEAD~3..HEAD', '--', './src/a.ts'])).toEqual({ verb: 'log', options: ['--max-count=5', '--oneline', '--since=2 weeks ago'], revisions: ['HEAD~3..HEAD'], paths: ['src/a.ts'] });
    expect(judgeGit(grant, ['show', 'abcdef12:src/a.ts'])).toEqual({ verb: 'show', options: [], revisions: ['abcdef12'], paths: [], file: 'src/a.ts' });
    expect(judgeGit(grant, ['blame', '-L', '1,+5', 'HEAD^', 'src/a.ts'])).toEqual({ verb: 'blame', options: ['-L1,+5'], revisions: ['HEAD^'], file: 'src/a.ts', paths: [] });
    expect(judgeGit(grant, ['diff', '-U3'])).toEqual({ verb: 'diff', options: ['-U3'], revisions: [], paths: [] });
    expect(judgeGit(grant, ['commit', '-am', 'Say -C --git-dir'])).toEqual({ verb: 'commit', message: 'Say -C --git-dir\n' });
    expect(judgeGit(grant, ['push', 'origin', 'HEAD:refs/heads/fix-1'])).toEqual({ verb: 'push', branch: 'fix-1' });
    expect(judgeGit(grant, ['status', '--short'])).toEqual({ verb: 'status' });
  });

  it('is given no word that could be an option or another place, whatever the worker writes', () => {
    const word = fc.oneof(fc.constantFrom('log', 'show', 'diff', 'blame', 'HEAD', '--', '-n', '5', 'src/a.ts', '-p', '--stat', '-L', '1,2'), fc.string({ maxLength: 12 }), fc.string({ maxLength: 8 }).map((text) => `-${text}`), fc.string({ maxLength: 8 }).map((text) => `--${text}`));
    fc.assert(fc.property(fc.array(word, { maxLength: 6 }), (args) => {
      const judged = judgeGit(grant, args);
      if (isRefusal(judged) || !('options' in judged)) return;
      for (const option of judged.options) expect(option).toMatch(/^(--(max-count|skip|since|until|author|grep|unified)=|-U\d|-L\d|--?[a-z-]+$)/);
      for (const revision of judged.revisions) expect(revision).toMatch(/^(HEAD|[0-9a-f]{4})/);
      for (const path of [...judged.paths, ...(judged.file === undefined ? [] : [judged.file])]) expect(path === 'src' || path.startsWith('src/')).toBe(true);
    }), { numRuns: 3000 });
  });

  it('needs the part of the grant it uses', () => {
    const none = aGrant({ fs_scopes: { read: ['.'], write: [] } });
    expect([['log'], ['status'], ['blame', 'a'], ['commit', '-m', 'x'], ['push']].map((args) => codeOf(judgeGit(none, args)))).toEqual(['git_read_not_allowed', 'git_read_not_allowed', 'git_read_not_allowed', 'git_commit_not_allowed', 'git_push_not_allowed']);
  });
});

describe('an alias', () => {
  it('is given out by its very letters', () => {
    const grant = aGrant({ secrets_scopes: ['npm'] });
    expect(['npm', 'NPM', 'npm ', '', 'toString'].map((alias) => refuseAlias(grant, alias)?.code)).toEqual([undefined, ...Array<string>(4).fill('secret_not_allowed')]);
  });
});

describe('a glob', () => {
  const asRegExp = (pattern: string): RegExp => new RegExp(`^${pattern.split('/').map((part) => (part === '**' ? '**' : part.replaceAll('.', '\\.').replaceAll(/\*+/g, '[^/]*').replaceAll('?', '[^/]'))).join('/').replaceAll('**/', '(?:.*/)?').replaceAll('/**', '(?:/.*)?').replace(/^\*\*$/, '.*')}$`);

  it('matches what the expression it stands for matches', () => {
    const part = fc.oneof(fc.stringMatching(/^[ab.*?]{1,3}$/), fc.constant('**'));
    const path = fc.array(fc.stringMatching(/^[ab.]{1,3}$/), { minLength: 1, maxLength: 4 }).map((parts) => parts.filter((name) => name !== '.').join('/') || 'a');
    fc.assert(fc.property(fc.array(part, { minLength: 1, maxLength: 3 }).filter((parts) => parts.filter((name) => name === '**').length <= 1 && !parts.includes('.')).map((parts) => parts.join('/')), path, (pattern, name) => {
      expect([pattern, name, globMatches(pattern, name)]).toEqual([pattern, name, asRegExp(pattern).test(name)]);
    }), { numRuns: 3000 });
    expect([globMatches('**/*.ts', 'a/b/c.ts'), globMatches('**/*.ts', 'c.ts'), globMatches('src/**', 'src'), globMatches('*.ts', 'a/b.ts')]).toEqual([true, true, true, false]);
  });
});

describe('a patch', () => {
  const patch = (...lines: string[]): string => ['*** Begin Patch', ...lines, '*** End Patch'].join('\n');
  const hunksOf = (...lines: string[]) => { const steps = parsePatch(patch('*** Update File: f', ...lines)); if (isPatchProblem(steps) || steps[0]?.kind !== 'update') throw new Error('no update'); return steps[0].hunks; };

  it('names every path it touches', () => {
    expect(parsePatch(patch('*** Add File: a', '+one', '*** Update File: b', '*** Move to: ../c', '@@', '-x', '+y', '*** Delete File: .git/d'))).toMatchObject([{ kind: 'add', path: 'a', text: 'one\n' }, { kind: 'update', path: 'b', moveTo: '../c' }, { kind: 'delete', path: '.git/d' }]);
  });

  it('is refused whole when a line of it belongs nowhere', () => {
    for (const text of ['', patch(), 'x', patch('stray'), patch('*** Add File: a', 'no plus'), patch('*** Update File: a'), patch('*** Delete File: a', '+x'), patch('*** Update File: a', '@@', 'xx')]) expect([text, isPatchProblem(parsePatch(text))]).toEqual([text, true]);
  });

  it('changes the lines it names, in order, and nothing where they do not stand', () => {
    expect(applyHunks('f', 'a\nb\nc\nb\n', hunksOf('@@ c', '-b', '+B'))).toBe('a\nb\nc\nB\n');
    expect(applyHunks('f', 'a\nb\n', hunksOf('@@', ' a', '-b', '+c', '@@', '+d'))).toBe('a\nc\nd\n');
    expect(applyHunks('f', 'a\nb', hunksOf('@@', '-b', '+c'))).toBe('a\nc');
    expect(applyHunks('f', 'a\na\n', hunksOf('@@', '-a', '+z', '*** End of File'))).toBe('a\nz\n');
    expect(applyHunks('f', 'a\n', hunksOf('@@', '-a'))).toBe('');
    expect(applyHunks('f', 'a\n', hunksOf('@@', '-b', '+c'))).toMatchObject({ problem: 'patch_no_match' });
    expect(applyHunks('f', 'a\n', hunksOf('@@ z', '-a', '+c'))).toMatchObject({ problem: 'patch_no_match' });
  });

  it('finds lines among many equal ones', () => {
    fc.assert(fc.property(fc.array(fc.constantFrom('a', 'b'), { minLength: 1, maxLength: 12 }), fc.array(fc.constantFrom('a', 'b'), { minLength: 1, maxLength: 4 }), (lines, wanted) => {
      const at = lines.findIndex((_, index) => wanted.every((line, offset) => lines[index + offset] === line));
      const applied = applyHunks('f', `${lines.join('\n')}\n`, hunksOf('@@', ...wanted.map((line) => `-${line}`), '+X'));
      expect(applied).toEqual(at < 0 ? expect.objectContaining({ problem: 'patch_no_match' }) : `${[...lines.slice(0, at), 'X', ...lines.slice(at + wanted.length)].join('\n')}\n`);
    }), { numRuns: 1000 });
  });
});
