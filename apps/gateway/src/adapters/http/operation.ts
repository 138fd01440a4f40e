import type { Route } from '@countersign/contracts';
import { applyDecorators, createParamDecorator, HttpCode, RequestMapping, RequestMethod, SetMetadata, type ExecutionContext } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Caller } from '../../domain/access.js';

/** Who is behind a request, and with which session. */
export interface Session extends Caller {
  readonly login: string;
  readonly displayName: string;
  readonly customerName: string;
  /** Names the browser session, the token or the key that it is bound to; devices are bound to it. */
  readonly key: string;
  /** Whoever reads the token could use it: it is bound to nothing, and is no session of a browser. */
  readonly copyable: boolean;
}
export interface GatewayRequest extends FastifyRequest {
  session?: Session;
  /** The body as it came, for comparing repeats. */
  rawBody?: Buffer;
  /** The id of what this request makes; the same when the request is repeated. */
  resourceId?: string;
  /** What the caller's next proof of possession should repeat, told with the answer. */
  nextNonce?: string;
}
export type GatewayReply = FastifyReply;

export const ROUTE = Symbol('route');

/** Serves one operation of the contract's table: path, method and status are taken from there; roles are checked by the guard. */
export const Operation = (route: Route): MethodDecorator =>
  applyDecorators(RequestMapping({ path: route.path, method: RequestMethod[route.method] }), HttpCode(route.status), SetMetadata(ROUTE, route));

const requestOf = (context: ExecutionContext): GatewayRequest => context.switchToHttp().getRequest<GatewayRequest>();

/** The signed-in caller. */
export const By = createParamDecorator((_: unknown, context: ExecutionContext): Session => {
  const { session } = requestOf(context);
  if (session === undefined) throw new TypeError('an operation without a guard');
  return session;
});

/** Names this request in answers and logs. */
export const RequestId = createParamDecorator((_: unknown, context: ExecutionContext): string => requestOf(context).id);

/** The id that what is made will have. */
export const NewId = createParamDecorator((_: unknown, context: ExecutionContext): string => {
  const { resourceId } = requestOf(context);
  if (resourceId === undefined) throw new TypeError('not an idempotent operation');
  return resourceId;
});
