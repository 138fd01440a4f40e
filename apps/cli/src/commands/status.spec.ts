import { expect } from 'expect';
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, describe, it } from 'node:test';
import { markOf } from '../../../../scripts/lib/process-lock.mjs';
import { homeOf } from '../stack/home.js';
import type { StackRecord } from '../stack/record.js';
import { sandboxUse } from '../stack/sandbox.js';

const CLI = join(import.meta.dirname, '../../../../dist/cli.js');

describe('the status of a stack', () => {
  const ended: (() => void)[] = [];
  after(() => ended.forEach((end) => end()));
  it('tells what waits in a service for somebody else beside that it is well, and of one that is not that it is not', async () => {
    const pages = { '/well': [200, { ok: true }], '/waits': [200, { ok: true, waits: { letters: 'one mailbox puts them off' } }], '/unwell': [503, { ok: false, problems: { effects: 'nobody could look' } }], '/odd': [200, 'no report'] } as const;
    const server = createServer(({ url }, response) => {
      const [code, body] = pages[url as keyof typeof pages];
      response.writeHead(code).end(body === 'no report' ? body : JSON.stringify(body));
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const folder = mkdtempSync(join(tmpdir(), 'countersign-status-'));
    ended.push(() => server.close(), () => rmSync(folder, { recursive: true }));
    const home = homeOf(folder, {});
    const mark = markOf(process.pid);
    const names = Object.keys(pages).map((page) => page.slice(1));
    const health = Object.fromEntries(names.map((name) => [name, `http://127.0.0.1:${(server.address() as AddressInfo).port}/${name}`]));
    const record: StackRecord = { state: 'ready', supervisor: mark, home: folder, url: '', databaseUrl: '', natsUrl: '', startedAt: '', notes: [], sandbox: sandboxUse(undefined, {}), missing: [], parts: [...names, 'nats'].map((name) => ({ name, ...mark })), health };
    mkdirSync(dirname(home.record), { recursive: true });
    writeFileSync(home.record, JSON.stringify(record));
    const said = async (...flags: string[]): Promise<string> => text(spawn(process.execPath, [CLI, 'status', '--home', folder, ...flags], { env: { ...process.env, NO_COLOR: '1' }, stdio: ['ignore', 'pipe', 'inherit'] }).stdout);
    const lines = (await said()).split('\n').filter((line) => /^(?:well|waits|unwell|odd|nats)\t/.test(line));
    expect(lines).toEqual(expect.arrayContaining([`well\t${mark.pid}\tok`, `waits\t${mark.pid}\tok`, 'waits\twaits\tletters: one mailbox puts them off', `unwell\t${mark.pid}\tnot ready`, `odd\t${mark.pid}\tnot ready`, `nats\t${mark.pid}\trunning`]));
    expect((JSON.parse(await said('--json')) as { parts: object[] }).parts).toMatchObject([{ name: 'well', health: 'ok' }, { name: 'waits', health: 'ok', waits: { letters: 'one mailbox puts them off' } }, { name: 'unwell', health: 'not ready' }, { name: 'odd', health: 'not ready' }, { name: 'nats', running: true }]);
  });
});
