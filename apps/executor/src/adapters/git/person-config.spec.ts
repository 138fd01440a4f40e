import { expect } from 'expect';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { personEnvironment } from './person-config.js';

const PERSON = `[user]
	name = Asha
[credential]
	helper = store
[credential "https://git.example/some.group"]
	helper = "!f() { echo \\"password=x\\"; }; f"
	useHttpPath
[http "https://proxy.example/"]
	extraHeader = Authorization: Basic abc\\\\d
[safe]
	directory = /srv/shared
[url "https://evil.example/"]
	pushInsteadOf = /srv/
[core]
	hooksPath = /evil
	sshCommand = "ssh -i \\"/home/asha/my key\\""
	pager = less
[push]
	default = mirror
[alias]
	push = !evil
`;

describe('the person’s git configuration', () => {
  let home: string;
  const saved = process.env['GIT_CONFIG_GLOBAL'];
  before(() => {
    home = mkdtempSync(join(tmpdir(), 'person-'));
    process.env['GIT_CONFIG_GLOBAL'] = join(home, 'gitconfig');
    writeFileSync(join(home, 'gitconfig'), PERSON);
  });
  after(() => {
    if (saved === undefined) delete process.env['GIT_CONFIG_GLOBAL'];
    else process.env['GIT_CONFIG_GLOBAL'] = saved;
    rmSync(home, { recursive: true });
  });

  it('is taken over only for signing in, reaching a server and trusting a folder, value for value', async () => {
    const { GIT_CONFIG_GLOBAL: file } = await personEnvironment(home);
    const taken = execFileSync('git', ['config', '--file', file!, '--list'], { encoding: 'utf8' }).trim().split('\n').filter((line) => !line.startsWith('http.proxy'));
    expect(taken).toEqual(expect.arrayContaining([
      'credential.helper=store',
      'credential.https://git.example/some.group.helper=!f() { echo "password=x"; }; f',
      'credential.https://git.example/some.group.usehttppath=true',
      'http.https://proxy.example/.extraheader=Authorization: Basic abc\\d',
      'safe.directory=/srv/shared',
      'core.sshcommand=ssh -i "/home/asha/my key"',
    ]));
    expect(taken.filter((line) => /^(user|url|push|alias|core\.(?!sshcommand))/.test(line))).toEqual([]);
  });

  it('lies where nobody else can read it, and no prompt can wait for an answer', async () => {
    const environment = await personEnvironment(home);
    expect(statSync(environment['GIT_CONFIG_GLOBAL']!).mode & 0o777).toBe(0o600);
    expect(environment).toMatchObject({ GIT_ASKPASS: 'false', GIT_ALLOW_PROTOCOL: 'file:https:ssh' });
    expect(Object.keys(environment).filter((name) => /TOKEN|SECRET|DATABASE|NATS/.test(name))).toEqual([]);
  });
});
