import { THE_WIRE, type Wire } from '@countersign/service';
import { certificateFor } from '@countersign/testing';
import { expect } from 'expect';
import { once } from 'node:events';
import { createServer as createTlsServer } from 'node:https';
import { connect, type AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { judgeUrl } from '../../domain/capability/hosts.js';
import { aGrant } from '../../testing/capabilities.js';
import { PUBLIC, TestWeb } from '../../testing/tool-bench.js';
import { getPage, type GetLimits } from './http-get.js';
import { DeniedError, ToolProblem } from './outcomes.js';

const LIMITS: GetLimits = { maxBytes: 1000, timeoutMs: 60_000, maxRedirects: 3 };
const ANY = aGrant({ net_scopes: { enabled: true, allow_hosts: ['*'] } });

describe('a page that is asked for', () => {
  let web: TestWeb;
  const never = new AbortController().signal;

  before(async () => {
    web = await TestWeb.start((request, response) => {
      const [path, argument = ''] = request.url!.split('?');
      if (path === '/endless') { const more = (): void => { while (response.write('x'.repeat(65_536))); response.once('drain', more); }; more(); response.on('error', () => undefined); }
      else if (path === '/silent') return;
      else if (path === '/gzip') response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('x'.repeat(100_000)));
      else if (path === '/again') response.writeHead(302, { location: `/again?${Number(argument) + 1}` }).end();
      else if (path === '/cut') { response.writeHead(200, { 'content-length': '100' }); response.write('half'); response.destroy(); }
      else if (path === '/switch') request.socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n');
      else if (path === '/nowhere') response.writeHead(302, { location: 'http://' }).end();
      else response.writeHead(200, { 'content-type': 'text/plain' }).end(JSON.stringify(request.headers));
    });
  });
  after(() => web[Symbol.asyncDispose]());

  const get = async (url: string, { wire = web.wire, limits = LIMITS, signal = never }: { wire?: Wire; limits?: GetLimits; signal?: AbortSignal } = {}) => {
    try {
      return await getPage(url, (text) => judgeUrl(ANY, text), wire, limits, signal);
    } catch (error) {
      if (error instanceof DeniedError) return error.refusal.code;
      if (error instanceof ToolProblem) return error.code;
      throw error;
    }
  };

  it('is asked with nothing of ours but a name, at the address that was judged', async () => {
    const page = await get('http://a.test/x?y=1#z');
    expect(page).toMatchObject({ url: 'http://a.test/x?y=1#z', status: 200, contentType: 'text/plain', truncated: false });
    expect(JSON.parse((page as { body: Buffer }).body.toString())).toEqual({ host: 'a.test', 'user-agent': 'countersign-fleet', accept: '*/*', 'accept-encoding': 'identity', connection: 'close' });
    expect(web.dialled.at(-1)).toBe(`${PUBLIC}:80`);
  });

  it('is dialled where its name led when it was judged, not where it leads afterwards', async () => {
    web.names.set('turns.test', [[PUBLIC], ['127.0.0.1']]);
    expect(await get('http://turns.test/')).toMatchObject({ status: 200 });
    expect(web.dialled.at(-1)).toBe(`${PUBLIC}:80`);
    const { length } = web.dialled;
    expect(await get('http://turns.test/')).toBe('address_not_public'); // asked anew, judged anew
    expect(web.dialled).toHaveLength(length);
  });

  it('is refused at home by the wire of a real fleet', async () => {
    for (const name of ['localhost', 'ip6-localhost', 'localhost.localdomain']) expect([name, await get(`http://${name}/`, { wire: THE_WIRE })]).toEqual([name, expect.stringMatching(/^(address_not_public|name_not_found)$/)]);
    expect(await get('http://localhost/', { wire: THE_WIRE })).toBe('address_not_public');
  });

  it('ends at its limits: bytes, time, redirects', async () => {
    const endless = await get('http://a.test/endless');
    expect(endless).toMatchObject({ truncated: true });
    expect((endless as { body: Buffer }).body).toHaveLength(1000);
    expect(await get('http://a.test/silent', { limits: { ...LIMITS, timeoutMs: 100 } })).toBe('http_timeout');
    expect(await get('http://a.test/again?0')).toBe('too_many_redirects');
    expect(web.asked.filter((asked) => asked.startsWith('a.test/again'))).toHaveLength(4);
  });

  it('ends with its run', async () => {
    const run = new AbortController();
    const asked = get('http://a.test/silent', { signal: run.signal });
    run.abort();
    expect(await asked).toBe('http_timeout');
  });

  it('says what went wrong: no name, no answer, half an answer, an encoding or a protocol nobody asked for', async () => {
    web.names.set('none.test', [[]]);
    expect(await Promise.all(['http://none.test/', 'http://a.test/cut', 'http://a.test/gzip', 'http://a.test/nowhere', 'http://a.test/switch'].map((url) => get(url)))).toEqual(['name_not_found', 'http_failed', 'http_failed', 'http_failed', 'http_failed']);
    expect(await get('http://a.test/', { wire: { ...web.wire, connect: () => connect({ host: '127.0.0.1', port: 1 }) } })).toBe('http_failed');
  });

  it('is believed over TLS only when the certificate is of the name that was asked', async () => {
    const { cert, key } = certificateFor('safe.test');
    const server = createTlsServer({ cert, key }, (_, response) => response.end('safe')).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const wire: Wire = { resolve: () => Promise.resolve([PUBLIC]), connect: () => connect((server.address() as AddressInfo).port, '127.0.0.1'), authorities: [cert] };
    try {
      expect(await get('https://safe.test/', { wire })).toMatchObject({ status: 200, body: Buffer.from('safe') });
      expect(await get('https://other.test/', { wire })).toBe('http_failed');
      expect(await get('https://safe.test/', { wire: { ...wire, authorities: [] } })).toBe('http_failed');
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });
});
