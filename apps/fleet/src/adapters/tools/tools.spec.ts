import type { Capabilities } from '@countersign/contracts';
import { until } from '@countersign/testing';
import { expect } from 'expect';
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, linkSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import { aGrant } from '../../testing/capabilities.js';
import { ToolBench, type DeskWishes, type ToolRun } from '../../testing/tool-bench.js';
import type { CheckBase } from '../checks/check-sandbox.js';
import type { ToolAnswer, ToolQuestion } from './git-tool.js';

const ALL = aGrant({ tool_allowlist: ['*'], fs_scopes: { read: ['.'], write: ['.'] }, git_caps: { read: true, commit: true, push: true, push_requires_approval: true }, secrets_scopes: ['npm'] });
const scopes = (read: string[], writable: string[]): Capabilities => ({ ...ALL, fs_scopes: { read, write: writable } });

describe('the tools of a run', () => {
  let bench: ToolBench;
  let base: CheckBase;
  let run: ToolRun;

  before(() => {
    bench = new ToolBench();
    base = bench.repositoryOf({ 'a.md': '# A\nalpha\n', 'docs/b.md': 'beta\n', 'src/c.js': 'export const c = 1;\n', 'src/deep/d.js': 'console.log("d");\n', 'secret.txt': 'INSIDE SECRET\n' }, { links: { 'to-b': 'docs/b.md' } });
  });
  after(() => bench[Symbol.dispose]());
  afterEach(() => run?.[Symbol.asyncDispose]());

  const open = (grant: Capabilities = ALL, wishes: DeskWishes = {}): ToolRun => (run = bench.run(base, grant, wishes));
  const drafted = (): Record<string, string | null> => Object.fromEntries([...run.draft.files].map(([path, { content }]) => [path, content?.toString() ?? null]));
  const output = async (...args: string[]): Promise<string> => ((await run.call('git', { args })) as { output: string }).output;

  describe('on files', () => {
    it('read a part of a file, and say how much there is', async () => {
      open();
      expect(await run.call('read', { path: 'a.md' })).toEqual({ path: 'a.md', text: '# A\nalpha\n', bytes: 10, sha256: expect.stringMatching(/^[0-9a-f]{64}$/), truncated: false });
      expect(await run.call('read', { path: 'a.md', offset: 4, limit: 3 })).toMatchObject({ text: 'alp', bytes: 10, truncated: true });
      expect(await run.call('read', { path: 'to-b' })).toMatchObject({ path: 'docs/b.md', text: 'beta\n' });
      await run.call('write', { path: 'bin', contentBase64: Buffer.from([0, 255]).toString('base64') });
      expect(await run.call('read', { path: 'bin' })).toMatchObject({ contentBase64: 'AP8=', bytes: 2 });
      expect([await run.call('read', { path: 'nothing' }), await run.call('read', { path: 'docs' }), await run.call('list', { path: 'a.md' })]).toEqual(['file_not_found', 'is_a_directory', 'not_a_directory']);
    });

    it('list what is there, with the draft on top', async () => {
      open();
      await run.call('write', { path: 'new/x.md', content: '' });
      expect(await run.call('list', {})).toEqual({ entries: [{ name: 'a.md', kind: 'file' }, { name: 'docs', kind: 'directory' }, { name: 'new', kind: 'directory' }, { name: 'secret.txt', kind: 'file' }, { name: 'src', kind: 'directory' }, { name: 'to-b', kind: 'link' }], truncated: false });
      expect(await run.call('glob', { pattern: '**/*.md' })).toEqual({ paths: ['a.md', 'docs/b.md', 'new/x.md'], truncated: false });
    });

    it('write a program as a program: it may be run as before', async () => {
      run = bench.run(bench.repositoryOf({ 'bin/tool': '#!/bin/sh\necho old\n' }, { executable: ['bin/tool'] }), ALL);
      await run.call('write', { path: 'bin/tool', content: '#!/bin/sh\necho new\n' });
      await run.call('write', { path: 'bin/plain', content: 'x' });
      expect(await run.sh('bin/tool; test -x bin/plain || echo plain')).toBe('new\nplain');
    });

    it('search by expression or by text, line by line', async () => {
      open();
      expect(await run.call('grep', { pattern: 'al(ph|x)a|BETA', ignoreCase: true })).toEqual({ matches: [{ path: 'a.md', line: 2, text: 'alpha' }, { path: 'docs/b.md', line: 1, text: 'beta' }], truncated: false });
      expect(await run.call('grep', { pattern: '("d")', literal: true, include: '**/*.js' })).toEqual({ matches: [{ path: 'src/deep/d.js', line: 1, text: 'console.log("d");' }], truncated: false });
      expect(await run.call('grep', { pattern: '(' })).toBe('pattern_invalid');
    });

    it('give up a search that would never end, and go on', async () => {
      open();
      await run.call('write', { path: 'slow.txt', content: `${'a'.repeat(60)}!` });
      expect(await run.call('grep', { pattern: '(a+)+$', path: 'slow.txt' })).toBe('search_too_slow');
      expect(await run.call('read', { path: 'slow.txt' })).toMatchObject({ bytes: 61 });
    });

    it('edit what stands there exactly once, unless all are meant', async () => {
      open();
      expect(await run.call('edit', { path: 'a.md', old: 'alpha', new: 'omega' })).toMatchObject({ path: 'a.md', replaced: 1 });
      expect([await run.call('edit', { path: 'a.md', old: 'alpha', new: 'x' }), await run.call('edit', { path: 'a.md', old: 'a', new: 'x' }), await run.call('edit', { path: 'nothing', old: 'a', new: 'x' })]).toEqual(['edit_no_match', expect.objectContaining({ replaced: 1 }), 'file_not_found']);
      await run.call('write', { path: 'two', content: 'a a' });
      expect([await run.call('edit', { path: 'two', old: 'a', new: '$&' }), await run.call('edit', { path: 'two', old: 'a', new: '$&', replaceAll: true })]).toEqual(['edit_ambiguous', expect.objectContaining({ replaced: 2 })]);
      expect(drafted()).toEqual({ 'a.md': '# A\nomegx\n', two: '$& $&' });
    });

    it('draft a whole patch or none of it', async () => {
      open();
      const apply = (...lines: string[]) => run.call('apply_patch', { patchText: ['*** Begin Patch', ...lines, '*** End Patch'].join('\n') });
      expect(await apply('*** Add File: n.md', '+n', '*** Update File: a.md', '@@', '-nothing', '+x')).toBe('patch_no_match');
      expect(await apply('*** Add File: a.md', '+n')).toBe('patch_no_match');
      expect(await apply('*** Delete File: n.md')).toBe('patch_no_match');
      expect(await apply('nonsense')).toBe('patch_malformed');
      expect(drafted()).toEqual({});
      expect(await apply('*** Add File: n.md', '+n', '*** Update File: n.md', '@@', '-n', '+m', '*** Delete File: docs/b.md', '*** Update File: a.md', '*** Move to: docs/a.md', '@@', ' # A', '-alpha', '+beta')).toEqual({
        changed: [{ path: 'n.md', change: 'added' }, { path: 'n.md', change: 'updated' }, { path: 'docs/b.md', change: 'deleted' }, { path: 'a.md', change: 'deleted' }, { path: 'docs/a.md', change: 'added' }],
      });
      expect(drafted()).toEqual({ 'n.md': 'm\n', 'docs/b.md': null, 'a.md': null, 'docs/a.md': '# A\nbeta\n' });
      expect(await run.call('read', { path: 'a.md' })).toBe('file_not_found');
    });

    it('hold the limits of a draft', async () => {
      open();
      expect(await run.call('write', { path: 'big', content: 'x'.repeat(10 * 1024 * 1024 + 1) })).toBe('file_too_large');
      expect(drafted()).toEqual({});
    });

    it('see in a narrow scope nothing else, by whatever tool', async () => {
      open(scopes(['docs'], ['docs/out']));
      expect(await run.sh('find . -type f; cat secret.txt ../secret.txt /repository/secret.txt 2>/dev/null; true')).toBe('./docs/b.md');
      expect(await run.call('glob', { pattern: '**' })).toEqual({ paths: ['docs/b.md'], truncated: false });
      expect(await output('show', 'HEAD', '--name-only')).not.toMatch(/secret|src/);
    });
  });

  describe('in a shell', () => {
    it('change what the write scopes cover, and only that becomes part of the draft', async () => {
      open(scopes(['.'], ['src', 'out']));
      const result = await run.call('bash', { command: 'sed -i s/1/2/ src/c.js && rm src/deep/d.js && echo n > src/new.js && echo o > out/o.txt && echo built > out/cache; echo x > a.md; cat a.md', keep: ['**/*.txt', 'src/*.js'] });
      expect(result).toEqual({ exitCode: 0, outputTail: expect.stringMatching(/a\.md: Read-only file system\n# A\nalpha/), drafted: expect.arrayContaining(['out/o.txt', 'src/c.js', 'src/new.js', 'src/deep/d.js']), left: [{ path: 'out/cache', reason: 'new_file' }] });
      expect(drafted()).toEqual({ 'src/c.js': 'export const c = 2;\n', 'src/new.js': 'n\n', 'out/o.txt': 'o\n', 'src/deep/d.js': null });
      expect(await run.sh('cat out/cache src/c.js')).toBe('built\nexport const c = 2;');
    });

    it('find the ordinary programs of a shell, and nothing ordinary is reported as an attempt', async () => {
      open();
      const said = await run.sh(['ls -la src', 'cp -a src copy', 'mv copy moved', 'sed -i s/1/2/ moved/c.js', 'find moved -name "*.js" -exec cat {} +', 'sort a.md | uniq -c', 'touch -d yesterday a.md', 'stat a.md', 'grep -rn beta .', `awk '{print NR}' a.md`, 'seq 3 | xargs -n1 echo', 'chmod +x a.md', 'tar cf - src | tar tf -', 'mktemp -d', 'date', 'node -e "console.log(1)"'].map((command) => `${command} >/dev/null || echo "failed: ${command.replaceAll('"', '')}"`).join('\n'));
      expect([said, run.syscalls]).toEqual(['', []]);
    });

    it('find the draft, and the folder as the last command left it', async () => {
      open();
      await run.call('write', { path: 'docs/b.md', content: 'drafted\n' });
      expect(await run.sh('cat b.md; mkdir -p ../tmp && echo kept > ../tmp/k', { cwd: 'docs' })).toBe('drafted');
      expect(await run.call('read', { path: 'tmp/k' })).toMatchObject({ text: 'kept\n' });
      expect(drafted()).toEqual({ 'docs/b.md': 'drafted\n' });
    });

    it('end at their time, with what they started', async () => {
      open();
      expect(await run.call('bash', { command: 'echo begun; sleep 300 & sleep 300', timeout_ms: 3_000 })).toMatchObject({ exitCode: null, timedOut: true, outputTail: expect.stringContaining('begun') });
    });

    it('end with their run, whose folder is gone then', async () => {
      open();
      const folders = (): string[] => readdirSync(bench.use.workDir).filter((name) => name.startsWith('check-'));
      const running = run.call('bash', { command: 'echo x > a.md; sleep 120', timeout_ms: 120_000 });
      await until('the command being at work', () => folders().some((name) => existsSync(join(bench.use.workDir, name, 'a.md')) && readFileSync(join(bench.use.workDir, name, 'a.md'), 'utf8') === 'x\n'));
      const ending = Date.now();
      await run[Symbol.asyncDispose]();
      expect(await running).toMatchObject({ exitCode: null });
      expect(Date.now() - ending).toBeLessThan(30_000);
      expect(folders()).toEqual([]);
    });

    it('reach nothing of the host: files, processes, network, environment, credentials', async () => {
      const server = createServer((socket) => socket.end('reached')).listen(0, '127.0.0.1');
      await new Promise((resolve) => server.once('listening', resolve));
      const { port } = server.address() as AddressInfo;
      process.env['COUNTERSIGN_TEST_CREDENTIAL'] = 'HOST CREDENTIAL';
      open(ALL, { secrets: { npm: 'npm-value-1' } });
      const attempts = [
        `cat ${bench.outside}/secret.txt`, 'cat ../outside/secret.txt', `cat ${bench.root}/secrets-*/*`, 'cat /etc/shadow', 'cat /proc/1/environ', 'cat /proc/*/environ | tr "\\0" "\\n"', 'ls /root /home /work', 'env', `echo x > ${bench.outside}/evil`,
        `ln ${bench.outside}/secret.txt hard`, `ls -l /proc/*/root/etc`, `exec 3<>/dev/tcp/127.0.0.1/${port} && cat <&3`, `node -e "require('node:net').connect(${port}, '127.0.0.1').on('data', (d) => console.log(String(d))).on('error', (e) => console.log(e.code))"`,
        'node -e "fetch(\'https://example.com\').then(() => console.log(\'reached\'), (e) => console.log(e.cause.code))"', 'curl https://example.com', 'git push', 'node -e "process.setuid(0)"', 'mkfifo f', 'mount -t tmpfs x /mnt', 'unshare -r id', 'chroot / id',
      ];
      try {
        const said = [await run.sh(attempts.map((command) => `( ${command} ) 2>&1 | head -c 2000; echo`).join('\n'), { timeout_ms: 60_000 }), await run.sh('kill -9 -1; echo alive')];
        for (const secret of ['OUTSIDE SECRET', 'HOST CREDENTIAL', 'npm-value-1', 'root:x:', 'reached', 'uid=0']) expect([secret, said.join('\n').includes(secret)]).toEqual([secret, false]);
        expect(said[0]).toMatch(/EACCES|ECONNREFUSED|EPERM|ENETUNREACH/);
        expect(existsSync(join(bench.outside, 'evil'))).toBe(false);
        expect(drafted()).toEqual({});
        expect(run.syscalls).toContain('setuid');
      } finally {
        server.close();
        delete process.env['COUNTERSIGN_TEST_CREDENTIAL'];
      }
    });

    it('leave nothing in the draft that is no ordinary file of its own name', async () => {
      open();
      await run.sh('rm a.md && ln -s /etc/passwd a.md; rm src/c.js && ln docs/b.md src/c.js; rm -r src/deep && ln -s / src/deep; mkdir .git && echo x > .git/config; ln -s /etc/passwd docs/l; echo "# x" > "$(printf "a\\nb")"');
      expect(drafted()).toEqual({ 'a.md': null, 'src/deep/d.js': null }); // src/c.js has a second name: it stays as it was
      expect([await run.call('read', { path: 'docs/l' }), await run.call('read', { path: 'a.md' })]).toEqual(['path_link_escape', 'file_not_found']);
    });

    it('are told when what they left keeps a scope from being mounted', async () => {
      open(scopes(['.'], ['src/deep', 'src/c.js']));
      const folder = join(bench.use.workDir, await run.sh('true').then(() => readdirSync(bench.use.workDir).find((name) => name.startsWith('check-'))!));
      execFileSync('rm', ['-r', join(folder, 'src')]);
      symlinkSync(bench.outside, join(folder, 'src'));
      expect(await run.call('bash', { command: 'cat src/secret.txt' })).toBe('path_link_escape');
      linkSync(join(bench.outside, 'secret.txt'), join(folder, 'hard'));
      expect(await run.call('grep', { pattern: 'SECRET' })).toEqual({ matches: [{ path: 'secret.txt', line: 1, text: 'INSIDE SECRET' }], truncated: false });
    });
  });

  describe('of git', () => {
    it('show the history of the run, and what is drafted', async () => {
      open();
      expect(await output('log', '--oneline')).toMatch(/^[0-9a-f]{7,} base\n$/);
      expect([await output('status'), await output('diff')]).toEqual(['', '']);
      await run.call('edit', { path: 'a.md', old: 'alpha', new: 'omega' });
      await run.call('write', { path: 'new.md', content: 'n\n' });
      expect(await output('status', '--short')).toBe(' M a.md\n?? new.md\n');
      expect(await output('diff')).toMatch(/-alpha\n\+omega\n[\s\S]*new file mode 100644[\s\S]*\+n\n$/);
      expect(await output('diff', '--', 'new.md')).not.toContain('omega');
      expect(await output('show', 'HEAD:a.md')).toBe('# A\nalpha\n');
      expect(await output('blame', '-s', 'a.md')).toContain('alpha');
      expect([await run.call('git', { args: ['show', 'HEAD:to-b'] }), await run.call('git', { args: ['show', 'HEAD:nothing'] }), await run.call('git', { args: ['log', '--graph', '--reverse'] })]).toEqual(['path_link_escape', 'file_not_found', 'git_failed']);
    });

    it('commit to a ref of the run, by the queue, in the name of the fleet, and move no branch', async () => {
      open(ALL, { runId: 'run-commit' });
      expect(await run.call('git', { args: ['commit', '-m', 'Nothing'] })).toBe('nothing_to_commit');
      await run.call('write', { path: 'new.md', content: 'n\n' });
      const { commit } = (await run.call('git', { args: ['commit', '-am', 'Say n'] })) as { commit: string };
      const show = (format: string): string => execFileSync('git', ['-C', base.repository, 'show', '-s', `--format=${format}`, commit], { encoding: 'utf8' }).trim();
      expect([show('%an <%ae>'), show('%s'), show('%P')]).toEqual(['Countersign fleet <fleet@countersign.invalid>', 'Say n', base.commit]);
      expect(await output('log', '--oneline')).toMatch(/Say n\n[0-9a-f]+ base\n$/);
      expect(await output('status')).toBe('');
      expect(execFileSync('git', ['-C', base.repository, 'for-each-ref', '--format=%(refname)', 'refs/heads'], { encoding: 'utf8' })).not.toContain('run-commit');
      expect(drafted()).toEqual({ 'new.md': 'n\n' });
    });

    it('push only after a person said yes to exactly this commit, to a branch of the mirror', async () => {
      const asked: ToolQuestion[] = [];
      let answer: Omit<ToolAnswer, 'approvalId'> = { outcome: 'pending', reason: '' };
      open(ALL, { runId: 'run-push', answer: (question) => { asked.push(question); return { approvalId: 'tool_1', ...answer }; } });
      const branches = (): string => execFileSync('git', ['-C', base.repository, 'for-each-ref', '--format=%(refname) %(objectname)', 'refs/heads/countersign'], { encoding: 'utf8' });
      await run.call('write', { path: 'new.md', content: 'n\n' });
      const { commit } = (await run.call('git', { args: ['commit', '-m', 'Say n'] })) as { commit: string };
      const push = () => run.call('git', { args: ['push', 'origin', 'HEAD:fix'] });
      expect(await push()).toEqual({ output: '', outcome: 'approval_required', approvalId: 'tool_1' });
      expect(asked).toEqual([{ tool: 'git', args: { verb: 'push', ref: 'refs/heads/countersign/push-fix', commit }, code: 'git_push_requires_approval', reason: expect.stringContaining('countersign/push-fix') }]);
      for (const outcome of ['denied', 'expired', 'withdrawn'] as const) { answer = { outcome, reason: 'no' }; expect(await push()).toMatchObject({ outcome: 'denied' }); }
      expect(branches()).toBe('');
      answer = { outcome: 'approved', reason: '' };
      expect(await push()).toMatchObject({ outcome: 'done', output: `${commit}\n` });
      expect(branches()).toBe(`refs/heads/countersign/push-fix ${commit}\n`);
      expect(run.denied).toEqual([]);
      await using other = bench.run(base, ALL, { runId: 'run-other', answer: () => ({ approvalId: 'tool_2', outcome: 'approved', reason: '' }) });
      expect(await other.call('git', { args: ['push', 'origin', 'HEAD:fix'] })).toBe('push_rejected');
    });

    it('run nothing that a repository brings: attributes, filters, external diffs, hooks', async () => {
      const marker = join(bench.root, 'ran');
      const hostile = bench.repositoryOf({ '.gitattributes': '* diff=evil filter=evil\n', 'a.md': 'a\n' });
      for (const [key, program] of [['diff.evil.command', 'touch'], ['diff.evil.textconv', 'touch'], ['filter.evil.clean', 'touch'], ['core.fsmonitor', 'touch'], ['core.pager', 'touch'], ['core.sshCommand', 'touch']]) execFileSync('git', ['-C', hostile.repository, 'config', key!, `${program} ${marker}; true`]);
      for (const hook of ['post-commit', 'pre-push', 'reference-transaction']) { writeFileSync(join(hostile.repository, 'hooks', hook), `#!/bin/sh\ntouch ${marker}\n`); chmodSync(join(hostile.repository, 'hooks', hook), 0o755); }
      run = bench.run(hostile, ALL, { answer: () => ({ approvalId: 'tool_1', outcome: 'approved', reason: '' }) });
      await run.call('write', { path: 'a.md', content: 'b\n' });
      for (const args of [['diff'], ['log', '-p'], ['show', '-p'], ['blame', 'a.md'], ['status'], ['commit', '-m', 'x'], ['push']]) expect([args, await run.call('git', { args })]).toEqual([args, expect.any(Object)]);
      expect(existsSync(marker)).toBe(false);
    });

    it('print as much as can be read, and no more', async () => {
      const long = bench.repositoryOf({ 'long.txt': 'line of text\n'.repeat(50_000) });
      run = bench.run(long, ALL);
      expect(await run.call('git', { args: ['show', '-p'] })).toMatchObject({ truncated: true, output: expect.stringMatching(/^commit /) });
    });
  });

  describe('of secrets', () => {
    it("hand out a listed alias's value, from a file that only the fleet's user may read", async () => {
      open(ALL, { secrets: { npm: 'npm-value-1' } });
      expect(await run.call('auth', { alias: 'npm' })).toEqual({ alias: 'npm', value: 'npm-value-1' });
      const folder = readdirSync(bench.root).filter((name) => name.startsWith('secrets-')).sort((a, b) => Number(a.slice(8)) - Number(b.slice(8))).at(-1)!;
      const [file] = readdirSync(join(bench.root, folder)).map((name) => join(bench.root, folder, name));
      chmodSync(file!, 0o640);
      expect(await run.call('auth', { alias: 'npm' })).toBe('secrets_unsafe');
      chmodSync(file!, 0o600);
      writeFileSync(file!, '{"other":"x","npm":""}');
      expect(await run.call('auth', { alias: 'npm' })).toBe('secret_missing');
      writeFileSync(file!, 'not json');
      expect(await run.call('auth', { alias: 'npm' })).toBe('secrets_unsafe');
      execFileSync('rm', [file!]);
      expect(await run.call('auth', { alias: 'npm' })).toBe('secret_missing');
    });
  });

  describe('of the web', () => {
    it('search where a service is named, and say so where none is', async () => {
      const web = aGrant({ tool_allowlist: ['*'], net_scopes: { enabled: true, allow_hosts: ['*'] } });
      open(web);
      expect([await run.call('websearch', { query: 'x' }), run.desk.names]).toEqual(['search_not_configured', expect.not.arrayContaining(['websearch'])]);
    });
  });
});
