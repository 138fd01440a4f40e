// The other side of the raw limits, in a process of its own as a service is: it does the least that answers.
import { jetstream, jetstreamManager, StorageType } from '@nats-io/jetstream';
import { connect, type Msg, type NatsConnection } from '@nats-io/transport-node';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import pg from 'pg';
import { ECHO, HOP, RAW_INSERT, RAW_PAYLOAD, RAW_READ, STREAM, type FromPeer } from './raw-words.js';

const say = (message: FromPeer): void => void process.send?.(message);
const fail = (cause: unknown): never => {
  console.error(cause);
  process.exit(1);
};

const client = new pg.Pool({ connectionString: process.env['BENCH_DATABASE_URL'], max: 8 });
const commit = (): Promise<unknown> => client.query(RAW_INSERT, [RAW_PAYLOAD]);

/** Commits one row, then answers. */
function answerRequests(nats: NatsConnection): void {
  const reply = async (message: Msg): Promise<void> => {
    await commit();
    message.respond(message.data);
  };
  nats.subscribe(ECHO, { callback: (error, message) => void (error ? fail(error) : reply(message).catch(fail)) });
}

/** Pulls from a stream, commits one row per message and reports the moment; the clock is the machine's, shared by all its processes. */
async function follow(nats: NatsConnection): Promise<void> {
  const manager = await jetstreamManager(nats);
  await manager.streams.add({ name: STREAM, subjects: [HOP], storage: StorageType.File });
  await manager.consumers.add(STREAM, { durable_name: 'peer', ack_policy: 'explicit' });
  const consumer = await jetstream(nats).consumers.get(STREAM, 'peer');
  const messages = await consumer.consume();
  const work = async (): Promise<void> => {
    for await (const message of messages) {
      await commit();
      say({ hop: message.string(), atNs: String(process.hrtime.bigint()) });
      message.ack();
    }
  };
  work().catch(fail);
}

/** A POST commits one row, a GET reads one. */
function serve(): Promise<number> {
  const server = createServer((request, response) => {
    const work = request.method === 'POST' ? commit : (): Promise<unknown> => client.query(RAW_READ);
    request.resume().once('end', () => {
      work().then(() => response.setHeader('content-type', 'application/json').end('{"ok":true}'), fail);
    });
  });
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port)));
}

process.once('disconnect', () => process.exit(0));
const nats = await connect({ servers: process.env['BENCH_NATS_URL'] });
answerRequests(nats);
await follow(nats);
say({ port: await serve() });
