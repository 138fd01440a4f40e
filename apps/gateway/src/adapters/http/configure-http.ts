import { allRoutes, ATTACHMENT_LIMITS, routes, uuidv7, type Route } from '@countersign/contracts';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance } from 'fastify';
import { GatewayConfig } from '../../config.js';
import { isCompatible } from '../../domain/compatible.js';
import { parseStrictJson, BadJsonError } from '../../domain/strict-json.js';
import { LocalIssuer } from '../oidc/local-issuer.js';
import { AuthGuard } from './auth.guard.js';
import { IdempotencyInterceptor } from './idempotency.interceptor.js';
import { Metrics } from './metrics.js';
import type { GatewayRequest } from './operation.js';
import { ProblemFilter } from './problem.filter.js';
import { serveWebApp } from './web-app.js';
import { BodyPipe } from './validation.pipe.js';

const BODY_LIMIT_BYTES = 1024 * 1024;
const MAX_PARAM_LENGTH = 200;
const REQUEST_TIMEOUT_MS = 30_000;
/** Also the longest that a connection, whose last answer was under way when the gateway began to stop, can hold it up. */
const KEEP_ALIVE_MS = 5_000;

/** Nest's adapter with our body parser instead of its own, which takes forms and lenient JSON. */
class StrictAdapter extends FastifyAdapter {
  override registerParserMiddleware(): void {
    takeStrictJson(this.getInstance() as unknown as FastifyInstance);
  }
}

export const httpAdapter = (): FastifyAdapter =>
  new StrictAdapter({ bodyLimit: BODY_LIMIT_BYTES, genReqId: () => uuidv7(), requestTimeout: REQUEST_TIMEOUT_MS, routerOptions: { maxParamLength: MAX_PARAM_LENGTH }, keepAliveTimeout: KEEP_ALIVE_MS, forceCloseConnections: 'idle' });

/** Puts issuer, headers, guards and static files in place; to be called once, before listening. */
export async function configureHttp(app: NestFastifyApplication): Promise<void> {
  const config = app.get(GatewayConfig);
  const server = app.getHttpAdapter().getInstance() as unknown as FastifyInstance;
  mountIssuer(server, app.get(LocalIssuer));
  answerHeaders(server, app.get(Metrics));
  app.enableCsrfProtection();
  app.useSecurityHeaders({ contentSecurityPolicy: { useDefaults: false, directives: CONTENT_POLICY }, strictTransportSecurity: config.publicUrl.startsWith('https:') });
  app.useGlobalGuards(app.get(AuthGuard));
  app.useGlobalInterceptors(app.get(IdempotencyInterceptor));
  app.useGlobalPipes(app.get(BodyPipe));
  app.useGlobalFilters(app.get(ProblemFilter));
  await serveWebApp(server, config.webDir);
}

/** Only our own files; inline styles are what the component library writes, inline scripts are never allowed. */
const CONTENT_POLICY = {
  'default-src': ["'self'"],
  'script-src': ["'self'"],
  'style-src': ["'self'", "'unsafe-inline'"],
  'img-src': ["'self'", 'data:', 'blob:'],
  'connect-src': ["'self'"],
  'worker-src': ["'self'"],
  'manifest-src': ["'self'"],
  'object-src': ["'none'"],
  'base-uri': ["'none'"],
  'form-action': ["'self'"],
  'frame-ancestors': ["'none'"],
};

/** The issuer is an application of its own below /oidc: it reads its requests itself. */
function mountIssuer(server: FastifyInstance, issuer: LocalIssuer): void {
  server.addHook('onRequest', (request, reply, done) => {
    const handle = request.raw.url === undefined ? undefined : issuer.handlerOf(request.raw.url);
    if (handle === undefined) return done();
    reply.hijack();
    handle(request.raw, reply.raw);
  });
}

const addressOf = ({ method, path }: Route): string => `${method} ${path}`;
/** Files that people hand in come as they are, and only where the contract says so. */
const TAKES_BYTES = new Set(allRoutes().flatMap(([, route]) => (route.bodyMedia ? [addressOf(route)] : [])));
/** A byte more than is allowed is taken, to be refused in the words of the rule. */
const LARGER_BODIES = new Map([
  [addressOf(routes.putAttachment), ATTACHMENT_LIMITS.fileBytes + 1],
  [addressOf(routes.sendMessage), ATTACHMENT_LIMITS.payloadBytes],
]);

/** JSON, and files where the contract takes them: other media types are 415, also those that a form on another site could send. */
function takeStrictJson(server: FastifyInstance): void {
  server.removeAllContentTypeParsers();
  server.addHook('onRoute', (route) => {
    const most = LARGER_BODIES.get(`${String(route.method)} ${route.url}`);
    if (most !== undefined) route.bodyLimit = most;
  });
  server.addContentTypeParser('application/octet-stream', { parseAs: 'buffer', bodyLimit: BODY_LIMIT_BYTES }, (request, body, done) => {
    if (!TAKES_BYTES.has(`${request.method} ${request.routeOptions.url}`)) return done(Object.assign(new Error('send application/json'), { statusCode: 415 }), undefined);
    (request as GatewayRequest).rawBody = body as Buffer;
    done(null, undefined);
  });
  server.addContentTypeParser('application/json', { parseAs: 'buffer', bodyLimit: BODY_LIMIT_BYTES }, (request, body, done) => {
    const bytes = body as Buffer;
    (request as GatewayRequest).rawBody = bytes;
    try {
      done(null, bytes.length === 0 ? undefined : parseStrictJson(decodeUtf8(bytes)));
    } catch (error) {
      done(error as Error);
    }
  });
}

function decodeUtf8(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new BadJsonError('utf8', 'the body is not UTF-8', { cause });
  }
}

function answerHeaders(server: FastifyInstance, metrics: Metrics): void {
  server.addHook('onSend', (request, reply, payload, done) => {
    reply.header('x-request-id', request.id);
    const { nextNonce } = request as GatewayRequest;
    if (nextNonce !== undefined) reply.header('dpop-nonce', nextNonce);
    if ((request.url.startsWith('/v1/') || isCompatible(request.url)) && !reply.hasHeader('cache-control')) reply.header('cache-control', 'no-store');
    done(null, payload);
  });
  server.addHook('onResponse', (request, reply, done) => {
    metrics.request(request.method, request.routeOptions.url ?? 'none', reply.statusCode, reply.elapsedTime);
    done();
  });
}
