import { randomUUID } from 'node:crypto';
import { connect } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { expect } from 'expect';
import fc from 'fast-check';
import { seedTeamOf, type SeededWork } from '../../testing/seed-work.js';
import { startGateway, type Answer, type CallOptions, type TestGateway } from '../../testing/start-gateway.js';

describe('bad input', { concurrency: 1 }, () => {
  let gateway: TestGateway;
  let work: SeededWork;
  before(async () => {
    gateway = await startGateway({ personRate: { burst: 10_000, perSecond: 10_000 } });
    work = await seedTeamOf(gateway.database, 'asha');
  });
  after(() => gateway.close());

  const goals = () => `/v1/teams/${work.teamId}/goals`;
  const repository = { mirror: 'demo', base: 'a'.repeat(40), remote: '/srv/demo.git', branch: 'countersign/x' };
  const goal = { text: 'Document it', repository };
  const post = (options: CallOptions, route = goals()): Promise<Answer> => gateway.call('asha', 'POST', route, options);
  const expectProblem = (answer: Answer, status: number, code: string): void => {
    expect(answer).toMatchObject({ status, body: { status, code, type: `urn:countersign:problem:${code}`, title: code.replaceAll('_', ' '), requestId: answer.headers.get('x-request-id') } });
    expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(answer.headers.get('cache-control')).toBe('no-store');
  };
  const pointers = ({ body }: Answer): string[] => (body as { errors: { pointer: string }[] }).errors.map(({ pointer }) => pointer);

  it('is refused when it is not JSON, not UTF-8, or can be read two ways', async () => {
    const raws: (string | Uint8Array)[] = ['{', '{"text":', 'null x', '{"text":"a","text":"b"}', '{"__proto__":{"text":"x"}}', '{"a":{"constructor":{"prototype":{}}}}', Buffer.from([0x22, 0xff, 0x22])];
    for (const raw of raws) expectProblem(await post({ raw }), 400, 'invalid_json');
    expect(({} as { text?: string }).text).toBeUndefined();
  });

  it('is refused when it is nested too deeply, however deep', async () => {
    for (const depth of [33, 100_000]) expectProblem(await post({ raw: `{"text":${'['.repeat(depth)}${']'.repeat(depth)}}` }), 400, 'invalid_json');
  });

  it('is refused above one mebibyte, whether it says so or not', async () => {
    const raw = `{"text":"${'x'.repeat(1024 * 1024)}"}`;
    expectProblem(await post({ raw }), 413, 'body_too_large');
    const stream = await fetch(`${gateway.url}${goals()}`, { method: 'POST', duplex: 'half', body: new Blob([raw]).stream(), headers: { authorization: `Bearer ${await gateway.token('asha')}`, 'content-type': 'application/json', 'idempotency-key': 'k' } } as RequestInit);
    expect(stream.status).toBe(413);
  });

  it('is refused in any other media type, above all in those a form could send', async () => {
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'application/xml', 'application/jsonp', 'nonsense']) {
      expectProblem(await post({ raw: JSON.stringify(goal), headers: { 'content-type': type } }), 415, 'unsupported_media_type');
    }
  });

  it('is told field by field what is wrong, without its values', async () => {
    const secret = 'https://me:hunter2@example.test/x';
    const answer = await post({ body: { text: 7, repository: { ...repository, base: 'nope', remote: secret, branch: '../x', extra: 1 }, other: true } });
    expectProblem(answer, 422, 'invalid_input');
    expect(new Set(pointers(answer))).toEqual(new Set(['/text', '/repository/base', '/repository/remote', '/repository/branch', '/repository/extra', '/other']));
    expect(JSON.stringify(answer.body)).not.toContain('hunter2');
  });

  it('is refused when a body is a list, a text, a number or nothing at all', async () => {
    for (const raw of ['[]', '"text"', '7', 'true', 'null', '']) expect([400, 422]).toContain((await post({ raw })).status);
  });

  const hostile = fc.oneof(fc.jsonValue({ maxDepth: 3 }), fc.constantFrom('', ' ', '\u0000', '\ud800', "'; drop table app.goal; --", 'x'.repeat(5000), '-1', 1e308, -0, [], {}, null, true, '../../etc/passwd', '\u202e'));
  it('never becomes a 500, whatever stands where', async () => {
    const shapes: [string, string, (value: unknown) => object][] = [
      ['POST', goals(), (text) => ({ ...goal, text })],
      ['POST', goals(), (base) => ({ ...goal, repository: { ...repository, base } })],
      ['POST', goals(), (repair) => ({ ...goal, repair })],
      ['POST', '/v1/teams', (bundleId) => ({ bundleId, mode: 'trial' })],
      ['POST', '/v1/devices', (name) => ({ name, platform: 'fcm', address: 1 })],
      ['POST', `/v1/teams/${work.teamId}/suspend`, (reason) => ({ reason: [reason] })],
    ];
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...shapes), hostile, async ([method, route, wrap], value) => {
        fc.pre(!(route === goals() && typeof value === 'string' && value.length > 0 && value.length <= 4000)); // a valid text would wait for a manager that is not there
        fc.pre(!(route === goals() && (value === undefined || value === null)));
        const { status, body } = await gateway.call('asha', method, route, { body: wrap(value) });
        expect(body).toMatchObject({ status });
        expect(status).toBeGreaterThanOrEqual(400);
        expect(status).toBeLessThan(500);
      }),
      { numRuns: 60 },
    );
  });

  it('names nothing when a path is no id', async () => {
    for (const id of ['1', 'x', '%00', '..%2f..%2fetc', 'a'.repeat(150), `${work.teamId}x`, '00000000-0000-0000-0000-00000000000g', "'--", '%F0%9F%98%80']) {
      const answer = await gateway.call('asha', 'GET', `/v1/teams/${id}`);
      expect({ id, status: answer.status }).toEqual({ id, status: 404 });
    }
    expect((await gateway.call('asha', 'GET', `/v1/teams/${work.teamId.toUpperCase()}`)).status).toBe(200);
    expect((await gateway.call('asha', 'GET', `/v1/teams/${'a'.repeat(5000)}`)).status).toBeGreaterThanOrEqual(400);
    for (const bundle of ['nope', '%2e%2e', 'A', '_']) expect((await gateway.call('asha', 'GET', `/v1/bundles/${bundle}`)).status).toBe(404);
  });

  it('in a query is refused by name', async () => {
    for (const query of ['limit=0', 'limit=101', 'limit=x', 'limit=1&limit=2', 'cursor=%27', 'state=unheard', 'unknown=1', 'cursor=']) {
      const answer = await gateway.call('asha', 'GET', `/v1/approvals?${query}`);
      expect({ query, status: answer.status }).toEqual({ query, status: 422 });
      expect(pointers(answer)[0]).toBe(`/${query.slice(0, query.indexOf('='))}`);
    }
    expect((await gateway.call('asha', 'GET', '/v1/approvals?cursor=not-an-id')).status).toBe(422);
  });

  it('to an address or with a method that does not exist is told so', async () => {
    expectProblem(await gateway.call('asha', 'GET', '/v1/nothing'), 404, 'not_found');
    expectProblem(await gateway.call(undefined, 'POST', '/v1/me/x', { body: {} }), 404, 'not_found');
    expectProblem(await gateway.call('asha', 'PUT', '/v1/me', { body: {} }), 404, 'not_found');
    expect((await gateway.call('asha', 'GET', '/v1/%')).status).toBeGreaterThanOrEqual(400);
  });

  it('needs a key for each new request, and a readable one', async () => {
    const headers = { authorization: `Bearer ${await gateway.token('asha')}`, 'content-type': 'application/json' };
    const send = (extra: Record<string, string>) => fetch(`${gateway.url}/v1/devices`, { method: 'POST', headers: { ...headers, ...extra }, body: '{"name":"a","platform":"cli","address":"a"}' });
    for (const extra of [{}, { 'idempotency-key': '' }, { 'idempotency-key': 'x'.repeat(201) }, { 'idempotency-key': 'a b' }] as Record<string, string>[]) {
      const response = await send(extra);
      expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([400, 'idempotency_key_missing']);
    }
    expect((await send({ 'idempotency-key': randomUUID() })).status).toBe(201);
  });

  it('that breaks HTTP itself is answered and disturbs nobody', async () => {
    const { hostname, port } = new URL(gateway.url);
    for (const bytes of ['\u0000\u0001\u0002\r\n\r\n', 'GET / HTTP/9.9\r\n\r\n', `GET / HTTP/1.1\r\nHost: x\r\nX: ${'y'.repeat(40_000)}\r\n\r\n`, 'POST /v1/me HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n']) {
      const first = await new Promise<string>((resolve, reject) => {
        const socket = connect(Number(port), hostname, () => socket.write(bytes));
        socket.setTimeout(60_000, () => socket.destroy(new Error('no answer')));
        socket.once('data', (chunk) => resolve(chunk.toString())).once('close', () => resolve('')).once('error', reject);
      });
      expect(first).toMatch(/^(HTTP\/1\.1 4\d\d|$)/);
    }
    expect((await gateway.call('asha', 'GET', '/v1/me')).status).toBe(200);
  });
});
