import { messages, subjectParams, type Message } from '@countersign/contracts';
import { headers as newHeaders, type MsgHdrs } from '@nats-io/transport-node';
import { ForgedMessageError } from './errors.js';

/** An outbox row as the relay reads it. */
export interface OutboxRow {
  readonly team_id: string;
  readonly id: string;
  readonly subject: string;
  readonly key_seq: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly payload: Buffer;
}

/** CloudEvents 1.0 names in the NATS binding (`ce-*`), W3C trace context, and the broker's own duplicate check. */
export function headersOf(row: OutboxRow): MsgHdrs {
  const type = row.headers['ce-type'] ?? '';
  const out = newHeaders();
  const all = {
    ...row.headers,
    'Nats-Msg-Id': row.id,
    'ce-specversion': '1.0',
    'ce-id': row.id,
    'ce-source': sourceOf(messages().find(({ name }) => name === type)),
    'ce-subject': row.subject,
    'ce-sequence': String(row.key_seq),
    'ce-datacontenttype': 'application/json',
  };
  for (const [name, value] of Object.entries(all)) out.set(name, value);
  return out;
}

/** What a consumer needs of a message's headers and subject. */
export interface Envelope {
  readonly messageId: string;
  readonly teamId: string;
  readonly params: Readonly<Record<string, string>>;
  readonly sequence: number;
  readonly traceparent: string | undefined;
}

/**
 * Reads the envelope of a delivery and checks that the stored subject is the one its author wrote.
 *
 * A delivery can be sent on to another subject by naming that subject as the reply of a pull, and the stream would store
 * it there; its headers still tell where it comes from (reliability D7, N2). Such a message is refused before any handler.
 */
export function openEnvelope(message: Message, subject: string, headers: MsgHdrs | undefined): Envelope {
  const header = (name: string): string => headers?.get(name) ?? '';
  const params = subjectParams(message, subject);
  const sequence = Number(header('ce-sequence'));
  const genuine = header('ce-type') === message.name && header('ce-source') === sourceOf(message) && header('ce-subject') === subject;
  if (!genuine || params === undefined || !isUuid(params['teamId']) || !isUuid(header('ce-id')) || !Number.isSafeInteger(sequence) || sequence < 1) {
    throw new ForgedMessageError(`${subject}: the headers are not those of ${message.name}`);
  }
  return { messageId: header('ce-id'), teamId: params['teamId'], params, sequence, traceparent: headers?.get('traceparent') };
}

const isUuid = (text: string | undefined): text is string => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text ?? '');

/** Headers as they are kept with a dead letter. */
export const plainHeaders = (headers: MsgHdrs | undefined): Record<string, string> =>
  Object.fromEntries([...(headers ?? [])].map(([name, values]) => [name, values.join(',')]));

const sourceOf = (message: Message | undefined): string => `countersign/${message?.author ?? 'unknown'}`;
