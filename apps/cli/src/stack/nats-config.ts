import type { Service } from '@countersign/contracts';

/** The text of the server's configuration, and the credential of each service (undefined while there are none). */
export interface NatsSetup {
  readonly config: string;
  credsOf(service: Service): string | undefined;
}

export interface NatsPlace {
  /** Keys of the operator and the accounts; only the stack reads it. */
  readonly folder: string;
  readonly storeDir: string;
  readonly port: number;
}

/** Loopback only; JetStream keeps its files under `storeDir`. */
export function natsSetup({ storeDir, port }: NatsPlace): NatsSetup {
  return { config: `listen: "127.0.0.1:${port}"\njetstream { store_dir: ${JSON.stringify(storeDir)} }\n`, credsOf: () => undefined };
}
