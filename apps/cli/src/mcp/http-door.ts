import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import type { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

const PATH = '/mcp';

export interface HttpDoor extends AsyncDisposable {
  readonly url: string;
  /** To be sent with every request: whoever is on this machine can reach the port. */
  readonly token: string;
}

/** Serves the tools over streamable HTTP on this machine alone, each request by itself, to whoever has the token. */
export async function openHttp(serverFor: () => McpServer, port: number): Promise<HttpDoor> {
  const token = randomBytes(32).toString('base64url');
  const http = createServer((request, response) => void take(request, response));
  const take = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const refused = refusalOf(request, token, (http.address() as AddressInfo).port);
    if (refused) return void response.writeHead(refused, { 'content-type': 'application/json' }).end(JSON.stringify({ jsonrpc: '2.0', id: null, error: { code: -32001, message: WORDS[refused] } }));
    const transport = new StreamableHTTPServerTransport({ enableJsonResponse: true });
    const server = serverFor();
    response.once('close', () => void server.close());
    await server.connect(transport as Parameters<McpServer['connect']>[0]);
    await transport.handleRequest(request, response);
  };
  http.listen(port, '127.0.0.1');
  await once(http, 'listening');
  return { url: `http://127.0.0.1:${(http.address() as AddressInfo).port}${PATH}`, token, [Symbol.asyncDispose]: () => closed(http) };
}

const WORDS = { 401: 'the token of this server is missing or another one', 403: 'only programs of this machine are served', 404: `there is only ${PATH}` } as const;

/** A web page of elsewhere may make a browser call this port: by its own origin, or by a name that leads here. */
function refusalOf({ url = '', headers }: IncomingMessage, token: string, port: number): keyof typeof WORDS | undefined {
  if (url.split('?')[0] !== PATH) return 404;
  if (headers.origin !== undefined || (headers.host !== `127.0.0.1:${port}` && headers.host !== `localhost:${port}`)) return 403;
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(headers.authorization ?? ''), digest(`Bearer ${token}`)) ? undefined : 401;
}

async function closed(http: Server): Promise<void> {
  http.closeAllConnections();
  http.close();
  await once(http, 'close');
}
