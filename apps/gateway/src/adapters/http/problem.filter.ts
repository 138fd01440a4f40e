import { LOGGER, type Logger } from '@countersign/service';
import { Catch, Inject, Injectable, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { compatibleRefusal, isCompatible } from '../../domain/compatible.js';
import { problemOf, type Answer } from '../../domain/problem.js';
import { Replay } from './idempotency.interceptor.js';
import type { GatewayReply, GatewayRequest } from './operation.js';
import { asRefusal } from './refusal.js';

/** The one place where an error becomes an answer. What was not expected is logged with its causes and told by its code alone. */
@Catch()
@Injectable()
export class ProblemFilter implements ExceptionFilter {
  constructor(@Inject(LOGGER) private readonly log: Logger) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<GatewayRequest>();
    const reply = http.getResponse<GatewayReply>();
    if (reply.sent) return this.log.warn({ err: error }, 'failed after the answer had begun');
    if (error instanceof Replay) return replay(reply, error);
    const refusal = asRefusal(error);
    const answer = problemOf(refusal, request.id);
    if (answer.status >= 500) this.log.error({ err: error, requestId: request.id, route: request.routeOptions?.url }, 'request failed');
    if (isCompatible(request.url)) return send(reply, answer, 'application/json; charset=utf-8', compatibleRefusal(refusal, answer));
    send(reply, answer, 'application/problem+json', answer.problem);
  }
}

function send(reply: GatewayReply, { status, headers }: Answer, type: string, body: object): void {
  void reply.status(status).headers(headers).header('cache-control', 'no-store').type(type).send(JSON.stringify(body));
}

function replay(reply: GatewayReply, { answer }: Replay): void {
  void reply.status(answer.status).headers(answer.headers).header('idempotency-replayed', 'true').type('application/json; charset=utf-8').send(JSON.stringify(answer.body));
}
