import { expect } from 'expect';
import { git } from '@countersign/git';
import { certificateFor } from '@countersign/testing';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
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

  it('does not lead a push elsewhere: what a server redirects to is not asked, whatever the person has set', async () => {
    const asked: string[] = [];
    await using there = await aServer((request, response) => {
      asked.push(`there ${request.url}`);
      response.end();
    });
    await using here = await aServer((request, response) => {
      asked.push('here');
      response.writeHead(302, { location: `${there.url}${request.url}` }).end();
    });
    process.env['GIT_CONFIG_GLOBAL'] = join(home, 'follows');
    writeFileSync(join(home, 'follows'), `[http]\n\tsslVerify = false\n\tfollowRedirects = true\n[http "${here.url}/"]\n\tfollowRedirects = true\n`);
    try {
      await expect(git(home, ['ls-remote', '--', `${here.url}/x.git`], { env: await personEnvironment(home) })).rejects.toMatchObject({ code: 'git_failed' });
      expect(asked).toEqual(['here']);
    } finally {
      process.env['GIT_CONFIG_GLOBAL'] = join(home, 'gitconfig');
    }
  });

  it('lies where nobody else can read it, and no prompt can wait for an answer', async () => {
    const environment = await personEnvironment(home);
    expect(statSync(environment['GIT_CONFIG_GLOBAL']!).mode & 0o777).toBe(0o600);
    expect(environment).toMatchObject({ GIT_ASKPASS: 'false', GIT_ALLOW_PROTOCOL: 'file:https:ssh' });
    expect(Object.keys(environment).filter((name) => /TOKEN|SECRET|DATABASE|NATS/.test(name))).toEqual([]);
  });
});

async function aServer(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<AsyncDisposable & { readonly url: string }> {
  const server = createServer(certificateFor('localhost'), answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `https://localhost:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
