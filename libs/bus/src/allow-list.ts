import { broadcasts, broadcastSubject, commands, commandSubject, messages, subjectFilter, type Message, type Service } from '@countersign/contracts';
import { answersOf, durableOf, inboxOf, PROVISIONER, STREAM, STREAM_KEEPER, type User } from './names.js';

/** Everything a user may do on the bus; whatever is not listed is refused by the server. There are no deny rules to get wrong. */
export interface AllowList {
  readonly publish: readonly string[];
  readonly subscribe: readonly string[];
}

/**
 * A service's rights, made from the contracts: its own messages, the commands it calls, answers to its own callers, what its copies tell each other, and of
 * JetStream exactly its own durables.
 *
 * Answers go by an explicit list and not by `allow_responses`: that would let a caller name any subject as its reply and
 * have the responder speak there with the responder's rights. A responder may speak only where its own answers are awaited: the
 * rest of the caller's inbox holds those of others and of the broker.
 */
export function allowList(user: User): AllowList {
  if (user === PROVISIONER) {
    return { publish: ['$JS.API.INFO', `$JS.API.STREAM.*.${STREAM}`, `$JS.API.CONSUMER.*.${STREAM}.>`, `$JS.API.CONSUMER.*.${STREAM}`], subscribe: [`${inboxOf(user)}.>`] };
  }
  const own = commands().filter((command) => command.service === user);
  const live = broadcasts().filter(({ service }) => service === user).map(broadcastSubject);
  return {
    publish: [
      ...messages().filter((message) => message.author === user).map(subjectFilter),
      ...commands().filter((command) => command.caller === user).map(commandSubject),
      ...new Set(own.map((command) => `${answersOf(command.caller, user)}.>`)),
      ...live,
      `$JS.API.STREAM.INFO.${STREAM}`,
      ...(user === STREAM_KEEPER ? [`$JS.API.STREAM.CREATE.${STREAM}`] : []),
      ...consumedBy(user).flatMap((message) => durableRights(user, message)),
    ],
    subscribe: [`${inboxOf(user)}.>`, ...own.map(commandSubject), ...live],
  };
}

/** The messages a service has a durable for. */
export const consumedBy = (service: Service): readonly Message[] => messages().filter((message) => message.consumers.includes(service));

/**
 * The create subject names durable *and* filter, and the server refuses a request whose body says otherwise: a service can
 * make its durable anew after the store was lost, but cannot widen what it sees.
 */
function durableRights(service: Service, message: Message): string[] {
  const durable = durableOf(service, message);
  return [
    `$JS.API.CONSUMER.CREATE.${STREAM}.${durable}.${subjectFilter(message)}`,
    `$JS.API.CONSUMER.INFO.${STREAM}.${durable}`,
    `$JS.API.CONSUMER.MSG.NEXT.${STREAM}.${durable}`,
    `$JS.ACK.${STREAM}.${durable}.>`,
  ];
}
