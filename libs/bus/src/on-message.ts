import type { Message } from '@countersign/contracts';
import { Catch, UseFilters, type RpcExceptionFilter } from '@nestjs/common';
import { Ctx, EventPattern, Payload, Transport } from '@nestjs/microservices';
import { throwError, type Observable } from 'rxjs';
import type { Delivery } from './delivery.js';

/** Hands the original error to the transport: without it Nest replaces every error by "Internal server error" and its class is lost. */
@Catch()
export class RethrowFilter implements RpcExceptionFilter<unknown> {
  catch(error: unknown): Observable<never> {
    return throwError(() => error);
  }
}

type Handler<T> = TypedPropertyDescriptor<(body: T, delivery: Delivery) => Promise<void>>;

/**
 * A handler `(body, delivery)` of one message, on a Nest controller.
 *
 * It resolves: acknowledged. It throws something retryable or unforeseen: it comes again, later each time, five times at
 * most. It throws an error that no retry can help: a dead letter at once. Refused by the epoch or a suspension: dropped,
 * because reactivation starts from the rows.
 */
export const OnMessage =
  <T extends object>(message: Message<T>) =>
  (target: object, key: string | symbol, descriptor: Handler<T>): void => {
    Payload()(target, key, 0);
    Ctx()(target, key, 1);
    UseFilters(new RethrowFilter())(target, key, descriptor);
    (EventPattern(message.name, Transport.NATS) as MethodDecorator)(target, key, descriptor);
  };
