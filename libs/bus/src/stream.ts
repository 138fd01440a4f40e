import { subjectFilter, type Message, type Service } from '@countersign/contracts';
import { AckPolicy, DeliverPolicy, DiscardPolicy, RetentionPolicy, StorageType, JetStreamApiCodes, JetStreamApiError, type ConsumerConfig, type JetStreamManager, type StreamConfig } from '@nats-io/jetstream';
import { durableOf, STREAM, STREAM_SUBJECTS } from './names.js';

const SECOND_NS = 1_000_000_000;
const RETENTION_HOURS = 72;
const DEDUPE_MINUTES = 10;
/**
 * A message not acknowledged, and not reported as in progress, for this long goes to somebody else. Shorter than the wait for a
 * missing predecessor, so that a delivery lost with a broker is back before its successor is taken out of turn.
 */
export const ACK_WAIT_MS = 3_000;
const MAX_ACK_PENDING = 256;

/** Durations are nanoseconds on the wire; written here with their own units because the client's helper takes milliseconds (reliability §4.3). */
export const STREAM_CONFIG = {
  name: STREAM,
  subjects: [STREAM_SUBJECTS],
  storage: StorageType.File,
  retention: RetentionPolicy.Limits,
  discard: DiscardPolicy.Old,
  max_age: RETENTION_HOURS * 3600 * SECOND_NS,
  duplicate_window: DEDUPE_MINUTES * 60 * SECOND_NS,
  num_replicas: 1,
  deny_delete: true,
  deny_purge: true,
} satisfies Partial<StreamConfig>;

/** What the relay compares: a stream made anew has another `created`, a shorter one a smaller `lastSequence`. */
export interface StreamState {
  readonly created: string;
  readonly lastSequence: number;
}

/** The stream as it is, or undefined when it is gone. */
export async function streamState(manager: JetStreamManager): Promise<StreamState | undefined> {
  try {
    const { created, state } = await manager.streams.info(STREAM);
    return { created, lastSequence: state.last_seq };
  } catch (error) {
    if (isGone(error, JetStreamApiCodes.StreamNotFound)) return undefined;
    throw error;
  }
}

/** Makes the stream unless it stands: a 2.9 server refuses a second creation when the account may have one stream. For the keeper and the provisioner. */
export async function createStream(manager: JetStreamManager): Promise<StreamState> {
  const found = await streamState(manager);
  if (found !== undefined) return found;
  const { created, state } = await manager.streams.add(STREAM_CONFIG);
  return { created, lastSequence: state.last_seq };
}

export const durableConfig = (service: Service, message: Message): Partial<ConsumerConfig> => ({
  durable_name: durableOf(service, message),
  filter_subject: subjectFilter(message),
  deliver_policy: DeliverPolicy.All,
  ack_policy: AckPolicy.Explicit,
  ack_wait: ACK_WAIT_MS * 1_000_000,
  // The worker counts failures and writes the dead letter (reliability §4.3: the broker's own limit tells nobody).
  max_deliver: -1,
  max_ack_pending: MAX_ACK_PENDING,
});

/** Makes a service's durable, or brings it to the configuration of this program; throws while the stream is gone. */
export async function ensureDurable(manager: JetStreamManager, service: Service, message: Message): Promise<void> {
  const wanted = durableConfig(service, message);
  const found = await durableAsItIs(manager, service, message);
  if (found === undefined || Object.entries(wanted).some(([name, value]) => found[name as keyof ConsumerConfig] !== value)) await manager.consumers.add(STREAM, wanted);
}

async function durableAsItIs(manager: JetStreamManager, service: Service, message: Message): Promise<ConsumerConfig | undefined> {
  try {
    return (await manager.consumers.info(STREAM, durableOf(service, message))).config;
  } catch (error) {
    if (isGone(error, JetStreamApiCodes.ConsumerNotFound)) return undefined;
    throw error;
  }
}

const isGone = (error: unknown, code: number): boolean => error instanceof JetStreamApiError && error.code === code;
