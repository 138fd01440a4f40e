import { mkdirSync, writeFileSync } from 'node:fs';
import { BlockList } from 'node:net';
import path from 'node:path';
import { after, before, describe, it, mock } from 'node:test';
import { gzipSync } from 'node:zlib';
import { allRoutes } from '@countersign/contracts';
import type { FastifyInstance } from 'fastify';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { expect } from 'expect';
import { startGateway, type TestGateway } from '../../testing/start-gateway.js';
import { Identity } from './identity.js';

interface Document {
  readonly openapi: string;
  readonly paths: Record<string, Record<string, { operationId: string; responses: object; requestBody?: { content: Record<string, { schema: { $ref: string } }> }; parameters: { name: string; in: string; schema: object }[] }>>;
  readonly components: { schemas: Record<string, { properties: Record<string, object>; required?: string[] }> };
}

const REQUEST = '01a22857-4d6b-7f67-a3ac-bb4e7181c0af';

/** Fastify draws its routes as a tree, four characters per level. */
function routed(server: FastifyInstance): string[] {
  const above: string[] = [];
  return server.printRoutes({ commonPrefix: false }).split('\n').flatMap((line) => {
    const [, branch = '', part = '', methods] = /^(.*?[├└]── )(.*?)(?: \((.*)\))?$/.exec(line) ?? [];
    const level = branch.length / 4;
    above[level] = `${level > 1 ? above[level - 1] : ''}${part}`;
    return methods === undefined || part === '' ? [] : [above[level].replace(/(?<=.)\/$/, '')];
  });
}

describe('pages and papers of the gateway', { concurrency: 1 }, () => {
  let gateway: TestGateway;
  before(async () => {
    gateway = await startGateway();
  });
  after(() => gateway.close());
  const get = (address: string) => gateway.call(undefined, 'GET', address);

  it('say how the web app is built until it is', async () => {
    for (const address of ['/', '/a/123', '/inbox?x=1']) {
      const page = await get(address);
      expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
      expect(page.body).toContain('npm run build');
    }
  });

  it('serve the web app for every page address, its hashed files for ever, and no file of anybody else', async () => {
    const web = path.join(gateway.home, 'web');
    mkdirSync(path.join(web, 'assets'), { recursive: true });
    writeFileSync(path.join(web, 'index.html'), '<!doctype html><title>app</title>');
    writeFileSync(path.join(web, 'assets', 'app-1a2b.js'), 'export {};');
    writeFileSync(path.join(web, 'sw.js'), '/* worker */');
    writeFileSync(path.join(gateway.home, 'secret.txt'), 'hunter2');
    for (const address of ['/', '/a/123', '/teams/x?tab=board', '//', '//x']) expect((await get(address)).body).toContain('<title>app</title>');
    expect((await get('/')).headers.get('cache-control')).toBe('no-cache');
    expect((await get('/sw.js')).headers.get('cache-control')).toBe('no-cache');
    expect((await get('/assets/app-1a2b.js')).headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    writeFileSync(path.join(web, 'assets', 'app-1a2b.js.gz'), gzipSync('export {};'));
    for (const [address, asked] of [['/teams', ['/v1/me']], ['/verify', []], [`/a/${REQUEST}`, ['/v1/me', `/v1/approvals/${REQUEST}`, `/v1/approvals/${REQUEST}/manifest`]], ['/a/123,456', ['/v1/me']]] as const) {
      expect([address, [...((await get(address)).headers.get('link') ?? '').matchAll(/<([^>]*)>; rel=preload; as=fetch; crossorigin(?:, |$)/g)].map(([, path]) => path)]).toEqual([address, asked]);
    }
    for (const [wanted, sent] of [['gzip', 'gzip'], ['identity', null]] as const) {
      const file = await gateway.call(undefined, 'GET', '/assets/app-1a2b.js', { headers: { 'accept-encoding': wanted } });
      expect([file.headers.get('content-encoding'), file.headers.get('vary'), file.headers.get('cache-control'), file.headers.get('content-type'), file.body]).toEqual([sent, 'accept-encoding', 'public, max-age=31536000, immutable', 'application/javascript; charset=utf-8', 'export {};']);
    }
    expect((await get('/assets/gone-9z.js')).status).toBe(404);
    for (const address of ['/../secret.txt', '/%2e%2e/secret.txt', '/..%2fsecret.txt', '/assets/..%2f..%2fsecret.txt', '/assets/%2e%2e/%2e%2e/secret.txt']) expect(String((await get(address)).body)).not.toContain('hunter2');
    for (const address of ['/v1/nothing', '/oidc/nothing', '/healthz/x', '/dev/push/x', '/favicon.ico']) expect([address, (await get(address)).status]).toEqual([address, 404]);
  });

  it('carry headers that keep other sites out', async () => {
    for (const address of ['/', '/docs', '/v1/me', '/openapi.json', '/nothing.png']) {
      const { headers } = await get(address);
      expect(headers.get('content-security-policy')).toMatch(/default-src 'self';.*script-src 'self';.*frame-ancestors 'none'/);
      expect(headers.get('content-security-policy')).not.toMatch(/script-src[^;]*unsafe/);
      expect(headers.get('cross-origin-opener-policy')).toBe('same-origin');
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('referrer-policy')).toBe('no-referrer');
      expect(headers.get('access-control-allow-origin')).toBeNull();
      expect(headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
    }
  });

  it('describe every operation of the table, with the constraints that hold', async () => {
    const document = (await get('/openapi.json')).body as Document;
    expect(document.openapi).toBe('3.1.0');
    const described = Object.values(document.paths).flatMap((operations) => Object.values(operations).map(({ operationId }) => operationId));
    expect(described.sort()).toEqual(allRoutes().map(([name]) => name).sort());
    const { schemas } = document.components;
    expect(schemas['DecideBody']).toMatchObject({ properties: { digest: { pattern: '^[0-9a-f]{64}$' }, decision: { enum: expect.arrayContaining(['approve']) } }, required: ['decision', 'digest'] });
    expect(schemas['SubmitGoalBody']!.properties['repository']).toMatchObject({ $ref: '#/components/schemas/GoalRepositoryBody' });
    for (const reference of JSON.stringify(document).matchAll(/#\/components\/schemas\/(\w+)/g)) expect(schemas).toHaveProperty(reference[1]!);
    expect(document.paths['/v1/approvals/{id}/decision']!['post']!.parameters.map(({ name }) => name)).toEqual(['id', 'Idempotency-Key', 'If-Match']);
  });

  it('describe operations that exist: the server routes exactly those below /v1 and the original\'s prefixes', () => {
    const server = (gateway.running.app as NestFastifyApplication).getHttpAdapter().getInstance() as unknown as FastifyInstance;
    for (const [, { method, path: url }] of allRoutes()) expect([url, server.hasRoute({ method, url })]).toEqual([url, true]);
    expect(new Set(routed(server).filter((url) => /^\/(v1|agent-team|mission|event|global)\b/.test(url)))).toEqual(new Set(allRoutes().map(([, route]) => route.path)));
  });

  it('are readable by a person', async () => {
    const page = await get('/docs');
    expect(page.body).toContain('<code>POST /v1/approvals/:id/decision</code>');
  });

  it('say that the gateway is there, that it is ready, and how it is doing', async () => {
    expect((await get('/healthz')).body).toEqual({ ok: true });
    expect(await get('/readyz')).toMatchObject({ status: 200, body: { ok: true, nats: true, postgres: true } });
    await gateway.call('asha', 'GET', '/v1/me');
    const metrics = (await get('/metrics')).body as string;
    expect(metrics).toMatch(/^countersign_http_requests_total\{method="GET",route="\/v1\/me",status="200"\} 1$/m);
    expect(metrics.endsWith('# EOF\n')).toBe(true);
  });

  it('slow down a caller who asks too much, and say for how long', async () => {
    const proxies = new BlockList();
    proxies.addAddress('127.0.0.1');
    await using slow = await startGateway({ personRate: { burst: 5, perSecond: 0.01 }, strangerRate: { burst: 3, perSecond: 0.01 }, trustedProxies: proxies }, { database: gateway.database, nats: gateway.nats });
    const answers = await Promise.all(Array.from({ length: 8 }, () => slow.call('asha', 'GET', '/v1/me')));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(5);
    const refused = answers.filter(({ status }) => status === 429);
    for (const { headers, body } of refused) {
      expect((body as { code: string }).code).toBe('rate_limited');
      expect(Number(headers.get('retry-after'))).toBeGreaterThan(50);
    }
    expect((await slow.call('ben', 'GET', '/v1/me')).status).toBe(200);
    const away = mock.method(slow.running.app.get(Identity), 'of', () => Promise.reject(new Error('the database is away')));
    for (let n = 0; n < 6; n++) expect((await slow.call(undefined, 'GET', '/v1/me')).status).toBe(500); // nobody is a stranger because of it
    away.mock.restore();
    const strangers = await Promise.all(Array.from({ length: 6 }, () => slow.call(undefined, 'GET', '/v1/me')));
    expect(strangers.map(({ status }) => status).sort()).toEqual([401, 401, 401, 429, 429, 429]);
    const from = async (address: string) => (await slow.call(undefined, 'GET', '/v1/me', { headers: { 'x-forwarded-for': address } })).status;
    expect([await from('203.0.113.7'), await from('203.0.113.8')]).toEqual([401, 401]);
    expect([await from('198.51.100.1, 203.0.113.7'), await from('198.51.100.2, 203.0.113.7'), await from('198.51.100.3, 203.0.113.7')]).toEqual([401, 401, 429]);
    expect((await fetch(`${slow.url}/auth/login`, { redirect: 'manual' })).status).toBe(429);
  });
});
