import { broadcastSubject, InvalidInputError, type Broadcast } from '@countersign/contracts';
import type { Msg } from '@nats-io/transport-node';
import type { Bus } from './connection.js';
import type { ConsumerLog } from './consumer.js';
import { checked } from './validate.js';

/** Tells the other copies of this service; while the broker is away, nobody hears it. */
export function tellCopies<T extends object>(bus: Bus, broadcast: Broadcast<T>, body: NoInfer<T>): void {
  if (bus.connected) bus.connection.publish(broadcastSubject(broadcast), JSON.stringify(checked(broadcast.body, body, 'strict')));
}

/**
 * Hears what the copies of this service tell, its own words included, until the connection is closed.
 *
 * Something stored can be made to arrive here by naming this subject as the reply of a pull, but then it carries a reply of
 * its own; a broadcast has none. Whatever is not exactly of this form is dropped.
 */
export function hearCopies<T extends object>(bus: Bus, broadcast: Broadcast<T>, hear: (body: T) => void, log: Pick<ConsumerLog, 'warn'>): void {
  const subject = broadcastSubject(broadcast);
  const callback = (error: Error | null, message: Msg): void => {
    const body = error === null ? opened(broadcast, message) : undefined;
    if (body === undefined) log.warn({ subject, reply: message?.reply }, 'broadcast dropped: not of its form');
    else hear(body);
  };
  bus.connection.subscribe(subject, { callback });
}

function opened<T extends object>(broadcast: Broadcast<T>, message: Msg): T | undefined {
  if (message.reply !== undefined && message.reply !== '') return undefined;
  try {
    return checked(broadcast.body, message.json(), 'strict');
  } catch (error) {
    if (error instanceof InvalidInputError || error instanceof SyntaxError) return undefined;
    throw error;
  }
}
