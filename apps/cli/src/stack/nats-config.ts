import { Bus, createOperator, createStream, natsConfig, PROVISIONER, streamState, type User } from '@countersign/bus';
import { readFileSync } from 'node:fs';

export interface NatsSetup {
  /** The text of the server's configuration. */
  readonly config: string;
  /** The content of a user's credential file. */
  credsOf(user: User): string;
  /** Makes the stream once the server is up; does nothing when it is there. */
  provision(url: string): Promise<void>;
}

export interface NatsPlace {
  /** Keys of the operator and the accounts, made at the first start; only the stack reads it. */
  readonly folder: string;
  readonly storeDir: string;
  readonly port: number;
  readonly version: string;
}

/** The home's own operator: every service comes in with a user of its own and may do what its allow-list says. */
export async function natsSetup({ folder, storeDir, port, version }: NatsPlace): Promise<NatsSetup> {
  const operator = await createOperator(folder);
  return {
    config: natsConfig({ operator, port, storeDir, version }),
    credsOf: (user) => readFileSync(operator.credsFile(user), 'utf8'),
    provision: async (url) => {
      const bus = await Bus.connect({ url, credsFile: operator.credsFile(PROVISIONER), user: PROVISIONER });
      try {
        // Asked first: with a limit of one stream, 2.9 answers a repeated creation with "maximum number of streams reached".
        if (!(await streamState(bus.manager))) await createStream(bus.manager);
      } finally {
        await bus.close();
      }
    },
  };
}
