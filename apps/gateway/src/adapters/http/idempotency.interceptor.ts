import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { PersonId, uuidv7, type Route } from '@countersign/contracts';
import { LOGGER, type Logger } from '@countersign/service';
import { Inject, Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { firstValueFrom, from, type Observable } from 'rxjs';
import { HttpRefusal, isRefusal } from '../../domain/problem.js';
import { IdempotencyKeys, type Claim, type HeldKey, type StoredAnswer } from '../postgres/idempotency.js';
import { ROUTE, type GatewayReply, type GatewayRequest } from './operation.js';
import { asRefusal } from './refusal.js';
import { TEAM_HEADER } from './team-choice.js';

/** The same request was answered before: the filter sends that answer again. */
export class Replay {
  constructor(readonly answer: StoredAnswer) {}
}

const KEY = /^[\x21-\x7e]{1,200}$/;
const WAIT_AT_MOST_MS = 10_000;
const LOOK_EVERY_MS = 40;
/** Headers that belong to an answer and are repeated with it. */
const KEPT = ['etag', 'location'] as const;

/**
 * Every POST carries an `Idempotency-Key` (those of the original's clients may): the same key with the same request gets the same answer, and is done once.
 *
 * A refusal changed nothing, so it frees the key. After an error of unknown outcome (no reply, a lost COMMIT, a process that
 * died) the key stays with its ids, and the same request again takes it up: what commands do, they do once per id.
 */
@Injectable()
export class IdempotencyInterceptor implements NestInterceptor {
  constructor(
    private readonly reflector: Reflector,
    private readonly keys: IdempotencyKeys,
    @Inject(LOGGER) private readonly log: Logger,
  ) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const route = this.reflector.get<Route | undefined>(ROUTE, context.getHandler());
    if (route?.method !== 'POST') return next.handle();
    const http = context.switchToHttp();
    return from(this.once(route, http.getRequest<GatewayRequest>(), http.getResponse<GatewayReply>(), next));
  }

  private async once(route: Route, request: GatewayRequest, reply: GatewayReply, next: CallHandler): Promise<unknown> {
    const header = request.headers['idempotency-key'];
    if (header === undefined && route.compatible) return this.unnamed(request, next);
    if (typeof header !== 'string' || !KEY.test(header)) throw new HttpRefusal('idempotency_key_missing', 'send an Idempotency-Key: 1 to 200 printable characters, a new one for each new request');
    const key = `${request.url} ${header}`; // a key belongs to one address: a client may use one for all requests of one deed
    const personId = PersonId.parse(request.session!.personId);
    const claim = await this.claim(personId, key, hashOf(request));
    if (claim.outcome === 'answered') throw new Replay(claim.answer);
    if (claim.outcome === 'reused') throw new HttpRefusal('idempotency_key_reused', 'this Idempotency-Key was used for another request');
    if (claim.outcome === 'running') throw new HttpRefusal('request_in_progress', 'the same request is being worked on', {}, { 'retry-after': '1' });
    request.resourceId = claim.resourceId;
    return this.answer(claim.held, route, reply, next);
  }

  /** The original's clients know of no keys: each of their requests is one of its own. */
  private unnamed(request: GatewayRequest, next: CallHandler): Promise<unknown> {
    request.resourceId = uuidv7();
    return firstValueFrom(next.handle() as Observable<unknown>, { defaultValue: undefined });
  }

  private async answer(held: HeldKey, route: Route, reply: GatewayReply, next: CallHandler): Promise<unknown> {
    let body: unknown;
    try {
      body = await firstValueFrom(next.handle() as Observable<unknown>, { defaultValue: undefined });
    } catch (error) {
      await this.note(isRefusal(asRefusal(error)) ? this.keys.refused(held) : this.keys.interrupted(held), held);
      throw error;
    }
    const headers = Object.fromEntries(KEPT.map((name) => [name, reply.getHeader(name)]).filter((pair): pair is [string, string] => typeof pair[1] === 'string'));
    await this.note(this.keys.answered(held, { status: route.replayStatus ?? route.status, body, headers }), held);
    return body;
  }

  /** What became of the request is true whether or not it can be noted; without the note the same request is taken up again later, with the same ids. */
  private async note(noted: Promise<void>, { personId, key }: HeldKey): Promise<void> {
    await noted.catch((error: unknown) => this.log.error({ err: error, personId, key }, 'the outcome of a request could not be noted'));
  }

  /** Waits for a twin that is being worked on just now. */
  private async claim(personId: PersonId, key: string, hash: Buffer): Promise<Claim> {
    const deadline = performance.now() + WAIT_AT_MOST_MS;
    for (;;) {
      const claim = await this.keys.claim(personId, key, hash);
      if (claim.outcome !== 'running' || performance.now() > deadline) return claim;
      await sleep(LOOK_EVERY_MS);
    }
  }
}

/** Everything that says what is asked for: a key that comes with another precondition, or for another team, is another request. */
const hashOf = ({ method, url, headers, rawBody }: GatewayRequest): Buffer =>
  createHash('sha256')
    .update(JSON.stringify([method, url, headers['content-type'] ?? null, headers['if-match'] ?? null, headers[TEAM_HEADER] ?? null]))
    .update(rawBody ?? '')
    .digest();
