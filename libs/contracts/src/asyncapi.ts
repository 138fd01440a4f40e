import { bodySchemas, reachableSchemas, referenceTo, type Json } from './body-schemas.js';
import './commands/fleet.js';
import './commands/gateway.js';
import './commands/spawning.js';
import './commands/missions.js';
import './messages/team.js';
import { commands, commandSubject, type Command } from './command.js';
import { messages, type Message } from './message.js';
import type { Service } from './services.js';

const MEDIA = 'application/json';

/**
 * The AsyncAPI 3.0 document of the bus: every message with its only author and its consumers, every command with its only
 * caller. Made from the same values as allow-lists and streams; who sends or receives is the tag of the operation.
 */
export function asyncApiDocument(): Json {
  const declared = [...messages()].sort(byName);
  const asked = [...commands()].sort((a, b) => (commandSubject(a) < commandSubject(b) ? -1 : 1));
  const schemas = bodySchemas();
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Countersign bus',
      version: '1',
      description: 'NATS with JetStream. A message says "look": it names rows and never carries them, and may come twice, late or not at all. Commands are request and reply.',
      license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
    },
    defaultContentType: MEDIA,
    channels: Object.fromEntries([...declared.map((message) => [message.name, channelOf(message)]), ...asked.flatMap(commandChannels)]),
    operations: Object.fromEntries([...declared.flatMap(operationsOf), ...asked.flatMap(commandOperations)]),
    components: {
      messages: Object.fromEntries([...declared.map((message) => [message.name, { name: message.name, contentType: MEDIA, headers: { $ref: '#/components/schemas/Envelope' }, payload: referenceTo(message.body) }]), ...asked.flatMap(commandMessages)]),
      schemas: { Envelope: envelope, ...reachableSchemas(schemas, [...declared.map(({ body }) => body), ...asked.flatMap(({ request, reply }) => [request, reply])]) },
    },
  };
}

const byName = (a: { readonly name: string }, b: { readonly name: string }): number => (a.name < b.name ? -1 : 1);

/** CloudEvents 1.0 names in the NATS binding, and the broker's own duplicate check (libs/bus). */
const envelope: Json = {
  type: 'object',
  properties: {
    'Nats-Msg-Id': { type: 'string', format: 'uuid' },
    'ce-specversion': { type: 'string', const: '1.0' },
    'ce-id': { type: 'string', format: 'uuid' },
    'ce-source': { type: 'string', description: 'countersign/<author>' },
    'ce-type': { type: 'string', description: 'Name and version of the message' },
    'ce-subject': { type: 'string', description: 'The subject as its author wrote it' },
    'ce-sequence': { type: 'string', description: 'Place in the order of this subject' },
    'ce-datacontenttype': { type: 'string', const: MEDIA },
    traceparent: { type: 'string', description: 'W3C trace context' },
  },
  required: ['Nats-Msg-Id', 'ce-id', 'ce-source', 'ce-type', 'ce-subject', 'ce-sequence'],
};

const messageRef = (name: string): Json => ({ $ref: `#/components/messages/${name}` });
const channelRef = (name: string): Json => ({ $ref: `#/channels/${name}` });
const inChannel = (channel: string, message: string): Json => ({ $ref: `#/channels/${channel}/messages/${message}` });
const tags = (service: Service): Json[] => [{ name: service }];

function channelOf({ name, subject }: Message): Json {
  const parameters = Object.fromEntries([...subject.matchAll(/\{(\w+)\}/g)].map(([, id]) => [id, { description: 'UUIDv7' }]));
  return { address: subject, parameters, messages: { [name]: messageRef(name) } };
}

function operationsOf({ name, author, consumers }: Message): [string, Json][] {
  const common = { channel: channelRef(name), messages: [inChannel(name, name)] };
  return [
    [`${author}.sends.${name}`, { action: 'send', ...common, tags: tags(author) }],
    ...consumers.map((consumer): [string, Json] => [`${consumer}.receives.${name}`, { action: 'receive', ...common, tags: tags(consumer) }]),
  ];
}

const replyOf = (command: Command): string => `${commandSubject(command)}.reply`;

/** The reply's address is the caller's own inbox, known only at run time. */
const commandChannels = (command: Command): [string, Json][] => {
  const subject = commandSubject(command);
  return [
    [subject, { address: subject, messages: { request: messageRef(subject) } }],
    [replyOf(command), { address: null, messages: { reply: messageRef(replyOf(command)) } }],
  ];
};

const commandMessages = (command: Command): [string, Json][] => [
  [commandSubject(command), { name: commandSubject(command), contentType: MEDIA, payload: referenceTo(command.request) }],
  [replyOf(command), { name: replyOf(command), contentType: MEDIA, payload: referenceTo(command.reply) }],
];

function commandOperations(command: Command): [string, Json][] {
  const subject = commandSubject(command);
  const common = { channel: channelRef(subject), messages: [inChannel(subject, 'request')], reply: { channel: channelRef(replyOf(command)), messages: [inChannel(replyOf(command), 'reply')] } };
  return [
    [`${command.caller}.asks.${subject}`, { action: 'send', ...common, tags: tags(command.caller) }],
    [`${command.service}.answers.${subject}`, { action: 'receive', ...common, tags: tags(command.service) }],
  ];
}
