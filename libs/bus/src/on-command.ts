import { AppError, commandSubject, RefusedError, type BodyClass, type Command } from '@countersign/contracts';
import { Catch, Logger, UseFilters, UseInterceptors, type CallHandler, type ExecutionContext, type NestInterceptor, type PipeTransform, type RpcExceptionFilter } from '@nestjs/common';
import { MessagePattern, Payload, Transport, type NatsContext } from '@nestjs/microservices';
import { Observable, throwError } from 'rxjs';
import { inTrace } from './trace.js';
import { checked } from './validate.js';

/** How an error travels back to the caller of a command. */
export interface WireError {
  readonly code: string;
  readonly message: string;
  readonly retryable: boolean;
  /** Present when a rule said no: what it said beside the sentence. */
  readonly refused?: Readonly<Record<string, unknown>>;
}

/** An error we know says what it is; any other says only that something went wrong, and is logged where it happened. */
export function toWireError(error: unknown): WireError {
  if (error instanceof AppError) return { code: error.code, message: error.message, retryable: error.retryable, ...(error instanceof RefusedError ? { refused: error.details } : {}) };
  return { code: 'internal', message: 'the command failed', retryable: false };
}

@Catch()
class WireErrorFilter implements RpcExceptionFilter<unknown> {
  private readonly logger = new Logger('Command');
  catch(error: unknown): Observable<never> {
    if (!(error instanceof AppError)) this.logger.error(error);
    return throwError(() => toWireError(error));
  }
}

class BodyPipe implements PipeTransform {
  constructor(private readonly kind: BodyClass) {}
  transform(value: unknown): object {
    return checked(this.kind, value, 'tolerant');
  }
}

class TraceInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const parent = (context.switchToRpc().getContext<NatsContext>().getHeaders() as { get(name: string): string } | undefined)?.get('traceparent');
    return new Observable((subscriber) => inTrace(parent, () => next.handle().subscribe(subscriber)));
  }
}

type Handler<Q, R> = TypedPropertyDescriptor<(request: Q) => Promise<R>>;

/**
 * The handler of one command, on a Nest controller: gets the validated request, returns the reply.
 *
 * The subject has one caller, so who asks is known from the credential. The request may come twice (a caller that got no
 * answer asks again with the same ids): the handler is idempotent by them. A thrown `AppError` reaches the caller with its
 * code.
 */
export const OnCommand =
  <Q extends object, R extends object>(command: Command<Q, R>) =>
  (target: object, key: string | symbol, descriptor: Handler<Q, R>): void => {
    Payload(new BodyPipe(command.request))(target, key, 0);
    UseFilters(new WireErrorFilter())(target, key, descriptor);
    UseInterceptors(new TraceInterceptor())(target, key, descriptor);
    MessagePattern(commandSubject(command), Transport.NATS)(target, key, descriptor);
  };
