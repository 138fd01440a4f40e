import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import type { TestDatabase } from '@countersign/testing';

/** The server's word that a transaction has committed. */
const COMMITTED = 'COMMIT\0';

/** A way to the database that can break at the worst moment: after the COMMIT, before its answer. */
export class LossyPostgres implements AsyncDisposable {
  private doomed: string | undefined;
  private lost = 0;

  private constructor(
    private readonly server: ReturnType<typeof createServer>,
    private readonly open: Set<Socket>,
  ) {}

  static async before({ adminUrl }: TestDatabase): Promise<LossyPostgres> {
    const open = new Set<Socket>();
    const server = createServer();
    const way = new LossyPostgres(server, open);
    const { hostname, port } = new URL(adminUrl);
    server.on('connection', (client) => way.carry(client, connect(Number(port), hostname)));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return way;
  }

  /** The same database, reached by this way. */
  around(database: TestDatabase): TestDatabase {
    const { port } = this.server.address() as AddressInfo;
    return Object.assign(Object.create(database) as TestDatabase, {
      urlFor: (service: Parameters<TestDatabase['urlFor']>[0]) => Object.assign(new URL(database.urlFor(service)), { hostname: '127.0.0.1', port: String(port) }).href,
    });
  }

  /** The next transaction with these words in a statement commits, and its connection breaks before the answer comes. */
  loseCommitOf(words: string): void {
    this.doomed = words;
  }

  /** How many answers were lost. */
  get losses(): number {
    return this.lost;
  }

  [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.open) socket.destroy();
    return new Promise((resolve) => this.server.close(() => resolve()));
  }

  private carry(client: Socket, database: Socket): void {
    let doomed = false;
    const end = (): void => void [client, database].forEach((socket) => socket.destroy());
    for (const socket of [client, database]) {
      this.open.add(socket);
      socket.on('error', end).on('close', () => {
        this.open.delete(socket);
        end();
      });
    }
    client.on('data', (bytes: Buffer) => {
      if (this.doomed !== undefined && bytes.includes(this.doomed)) {
        doomed = true;
        this.doomed = undefined;
      }
      database.write(bytes);
    });
    database.on('data', (bytes: Buffer) => {
      if (!doomed || !bytes.includes(COMMITTED)) return void client.write(bytes);
      this.lost += 1;
      end();
    });
  }
}
