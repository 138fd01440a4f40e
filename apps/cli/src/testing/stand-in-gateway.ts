import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface StandInAnswer {
  readonly status?: number;
  readonly body: object;
}

/** A gateway that says what a test wants it to say, in the real one's form; while it stands, the command line has a token. */
export class StandInGateway {
  private readonly token = process.env.COUNTERSIGN_TOKEN;

  private constructor(private readonly server: Server) {
    process.env.COUNTERSIGN_TOKEN = 'some-token';
  }

  static async start(answer: (method: string, url: URL) => StandInAnswer): Promise<StandInGateway> {
    const server = createServer((request, response) => {
      const { status = 200, body } = answer(request.method ?? 'GET', new URL(request.url ?? '/', 'http://gateway'));
      response.writeHead(status, { 'content-type': status === 200 ? 'application/json' : 'application/problem+json' }).end(JSON.stringify(body));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new StandInGateway(server);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  stop(): void {
    if (this.token === undefined) delete process.env.COUNTERSIGN_TOKEN;
    else process.env.COUNTERSIGN_TOKEN = this.token;
    this.server.close();
  }
}
