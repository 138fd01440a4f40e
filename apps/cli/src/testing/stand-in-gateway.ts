import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

export interface StandInAnswer {
  readonly status?: number;
  readonly body: object;
}

/** What was asked, beside method and address. */
export interface StandInRequest {
  readonly body: string;
  readonly key: string | undefined;
}

/** What it says; `lost` for a connection that ends without an answer; or a function that writes the answer by itself. */
export type StandInWord = StandInAnswer | 'lost' | ((response: ServerResponse) => void);

/** A gateway that says what a test wants it to say, in the real one's form; while it stands, the command line has a token. */
export class StandInGateway {
  private readonly token = process.env.COUNTERSIGN_TOKEN;

  private constructor(private readonly server: Server) {
    process.env.COUNTERSIGN_TOKEN = 'some-token';
  }

  static async start(answer: (method: string, url: URL, request: StandInRequest) => StandInWord): Promise<StandInGateway> {
    const server = createServer((request, response) => {
      void text(request).then((body) => {
        const key = request.headers['idempotency-key'];
        const word = answer(request.method ?? 'GET', new URL(request.url ?? '/', 'http://gateway'), { body, key: typeof key === 'string' ? key : undefined });
        if (word === 'lost') return void response.destroy();
        if (typeof word === 'function') return void word(response);
        const { status = 200, body: said } = word;
        response.writeHead(status, { 'content-type': status === 200 ? 'application/json' : 'application/problem+json' }).end(JSON.stringify(said));
      });
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
    this.server.closeAllConnections();
  }
}
