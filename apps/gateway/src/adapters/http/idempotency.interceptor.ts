import { createHash } from 'node:crypto';
import { IDEMPOTENCY_KEY, uuidv7, type Route } from '@countersign/contracts';
import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { firstValueFrom, from, type Observable } from 'rxjs';
import { HttpRefusal } from '../../domain/problem.js';
import type { StoredAnswer } from '../postgres/idempotency.js';
import { Once } from './once.js';
import { ROUTE, type GatewayReply, type GatewayRequest } from './operation.js';
import { TEAM_HEADER } from './team-choice.js';

/** The same request was answered before: the filter sends that answer again. */
export class Replay {
  constructor(readonly answer: StoredAnswer) {}
}

/** Headers that belong to an answer and are repeated with it. */
const KEPT = ['etag', 'location'] as const;

/** Every POST carries an `Idempotency-Key` (those of the original's clients may): the same key with the same request gets the same answer, and is done once. */
@Injectable()
export class IdempotencyInterceptor implements NestInterceptor {
  constructor(
    private readonly reflector: Reflector,
    private readonly once: Once,
  ) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const route = this.reflector.get<Route | undefined>(ROUTE, context.getHandler());
    if (route?.method !== 'POST') return next.handle();
    const http = context.switchToHttp();
    return from(this.answer(route, http.getRequest<GatewayRequest>(), http.getResponse<GatewayReply>(), next));
  }

  private async answer(route: Route, request: GatewayRequest, reply: GatewayReply, next: CallHandler): Promise<unknown> {
    const header = request.headers['idempotency-key'];
    if (header === undefined && route.compatible) return this.unnamed(request, next);
    if (typeof header !== 'string' || !IDEMPOTENCY_KEY.test(header)) throw new HttpRefusal('idempotency_key_missing', 'send an Idempotency-Key: 1 to 200 printable characters, a new one for each new request');
    const key = `${request.url} ${header}`; // a key belongs to one address: a client may use one for all requests of one deed
    const { answer, replayed } = await this.once.run({ personId: request.session!.personId, key, hash: hashOf(request) }, async (resourceId) => {
      request.resourceId = resourceId;
      const body = await bodyOf(next);
      const headers = Object.fromEntries(KEPT.map((name) => [name, reply.getHeader(name)]).filter((pair): pair is [string, string] => typeof pair[1] === 'string'));
      return { status: route.replayStatus ?? route.status, body, headers };
    });
    if (replayed) throw new Replay(answer);
    return answer.body;
  }

  /** The original's clients know of no keys: each of their requests is one of its own. */
  private unnamed(request: GatewayRequest, next: CallHandler): Promise<unknown> {
    request.resourceId = uuidv7();
    return bodyOf(next);
  }
}

const bodyOf = (next: CallHandler): Promise<unknown> => firstValueFrom(next.handle() as Observable<unknown>, { defaultValue: undefined });

/** Everything that says what is asked for: a key that comes with another precondition, or for another team, is another request. */
const hashOf = ({ method, url, headers, rawBody }: GatewayRequest): Buffer =>
  createHash('sha256')
    .update(JSON.stringify([method, url, headers['content-type'] ?? null, headers['if-match'] ?? null, headers[TEAM_HEADER] ?? null]))
    .update(rawBody ?? '')
    .digest();
