import { RemoteError } from '@countersign/bus';
import { AppError, RefusedError } from '@countersign/contracts';
import { GuardError } from '@countersign/database';
import { LOGGER, type Logger } from '@countersign/service';
import { Catch, HttpException, Inject, Injectable, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { HttpRefusal, problemOf, type Answer } from '../../domain/problem.js';
import { Replay } from './idempotency.interceptor.js';
import type { GatewayReply, GatewayRequest } from './operation.js';

/** Codes for what the framework itself refuses. */
const CODES: Readonly<Record<number, string>> = {
  400: 'bad_request',
  401: 'signed_out',
  403: 'forbidden',
  404: 'not_found',
  405: 'method_not_allowed',
  413: 'body_too_large',
  414: 'url_too_long',
  415: 'unsupported_media_type',
  431: 'headers_too_large',
  503: 'unavailable',
};

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
    const answer = problemOf(asRefusal(error), request.id);
    if (answer.status >= 500) this.log.error({ err: error, requestId: request.id, route: request.routeOptions?.url }, 'request failed');
    send(reply, answer);
  }
}

/** What another service found wrong with what it was sent is the caller's to know; its other errors are its own. */
const ABOUT_THE_REQUEST: ReadonlySet<string> = new Set(['not_found', 'invalid_input', 'malformed_id']);

/** Turns the framework's own refusals into ours; its words are not repeated. */
function asRefusal(error: unknown): unknown {
  if (error instanceof GuardError || (error instanceof RemoteError && ABOUT_THE_REQUEST.has(error.code))) return new RefusedError(error.code, error.code.replaceAll('_', ' '));
  if (error instanceof AppError) return error;
  const status = error instanceof HttpException ? error.getStatus() : (error as { statusCode?: number } | null)?.statusCode;
  const code = status === undefined ? undefined : CODES[status];
  return code === undefined ? error : new HttpRefusal(code, WORDS[code] ?? code.replaceAll('_', ' '));
}

const WORDS: Readonly<Record<string, string>> = {
  body_too_large: 'the body may have at most 1 MiB',
  unsupported_media_type: 'send application/json',
  not_found: 'there is nothing here',
  bad_request: 'the request cannot be read',
  forbidden: 'a browser says that this request comes from another site',
};

function send(reply: GatewayReply, { status, problem, headers }: Answer): void {
  void reply.status(status).headers(headers).header('cache-control', 'no-store').type('application/problem+json').send(JSON.stringify(problem));
}

function replay(reply: GatewayReply, { answer }: Replay): void {
  void reply.status(answer.status).headers(answer.headers).header('idempotency-replayed', 'true').type('application/json; charset=utf-8').send(JSON.stringify(answer.body));
}
