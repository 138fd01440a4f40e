import type { Amounts, ModelUsage } from '@countersign/contracts';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ModelBudget, Reservation } from './port.js';

/** A budget for tests: remembers what was asked and settled; `allow` says yes or gives the gate's code. */
export class LedgerBudget implements ModelBudget {
  readonly reserved: ({ readonly callId: string } & Reservation)[] = [];
  readonly settled: { readonly callId: string; readonly usage: ModelUsage; readonly model: string }[] = [];
  constructor(
    private readonly refusal?: string,
    /** Grants no more than this. */
    private readonly most?: (wanted: Reservation) => Amounts,
  ) {}

  reserve(callId: string, wanted: Reservation): Promise<{ granted: boolean; code: string; amounts: Amounts }> {
    this.reserved.push({ callId, ...wanted });
    return Promise.resolve({ granted: this.refusal === undefined, code: this.refusal ?? 'ok', amounts: this.most?.(wanted) ?? wanted.amounts });
  }

  settle(callId: string, usage: ModelUsage, model: string): Promise<void> {
    this.settled.push({ callId, usage, model });
    return Promise.resolve();
  }
}

export interface ChatRequest {
  readonly model: string;
  readonly messages: readonly { readonly role: string; readonly content: unknown }[];
  readonly max_tokens?: number;
  readonly stream?: boolean;
  readonly response_format?: { readonly type: string };
  readonly tools?: readonly object[];
}
export interface ChatReply {
  readonly status?: number;
  readonly body?: object;
  /** Never answers. */
  readonly silent?: boolean;
  /** Says this again and again, and does not stop until nobody listens. */
  readonly endless?: string;
}

/** A local server that speaks the OpenAI chat protocol: the outside world's double. */
export class ChatServer {
  readonly requests: { readonly body: ChatRequest; readonly authorization: string | undefined }[] = [];
  reply: (request: ChatRequest) => ChatReply = () => chat('hello');
  /** Answers without an end that somebody still listens to. */
  talking = 0;
  private said = 0;
  private constructor(private readonly server: Server) {}

  static async start(): Promise<ChatServer> {
    const server = createServer();
    const chatServer = new ChatServer(server);
    server.on('request', (request, response) => {
      void readBody(request).then((body) => {
        chatServer.requests.push({ body, authorization: request.headers.authorization });
        const reply = chatServer.reply(body);
        if (reply.endless !== undefined) chatServer.talk(response, reply.endless);
        else if (!reply.silent) answerWith(response, reply, body.stream ?? false);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return chatServer;
  }

  get baseUrl(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/v1`;
  }

  private talk(response: ServerResponse, text: string): void {
    this.talking += 1;
    response.writeHead(200, EVENT_STREAM);
    const timer = setInterval(() => {
      response.write(chunk({ delta: { role: 'assistant', content: text } }));
      this.said += 1;
    }, 10);
    response.once('close', () => {
      clearInterval(timer);
      this.talking -= 1;
    });
  }

  /** Waits until so many answers without an end are listened to. */
  async talks(count: number): Promise<void> {
    while (this.talking !== count) await new Promise((resolve) => setTimeout(resolve, 10));
  }

  /** Waits until it has said so many pieces more of them: whoever listens in this process has heard of the first by then, however slow that is. */
  async says(more: number): Promise<void> {
    for (const wanted = this.said + more; this.said < wanted; ) await new Promise((resolve) => setTimeout(resolve, 10));
  }

  close(): void {
    this.server.close();
    this.server.closeAllConnections();
  }
}

const EVENT_STREAM = { 'content-type': 'text/event-stream' };

const chunk = (choice: object, more: object = {}): string => `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: 0, finish_reason: null, ...choice }], ...more })}\n\n`;

/** A whole answer, or the same in pieces where the client asked for them. */
function answerWith(response: ServerResponse, { status = 200, body }: ChatReply, stream: boolean): void {
  const [first] = (body as { choices?: readonly { message: { content: string; tool_calls?: object[] } }[] }).choices ?? [];
  if (!stream || !first) return void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  const { content, tool_calls } = first.message;
  const half = Math.ceil(content.length / 2);
  const pieces = [content.slice(0, half), content.slice(half)].map((text) => chunk({ delta: { role: 'assistant', content: text } }));
  const calls = tool_calls ? [chunk({ delta: { tool_calls: tool_calls.map((call, index) => ({ index, ...call })) } })] : [];
  const { usage } = body as { usage?: object };
  response.writeHead(status, EVENT_STREAM).end([...pieces, ...calls, chunk({ delta: {}, finish_reason: 'stop' }, usage ? { usage } : {}), 'data: [DONE]\n\n'].join(''));
}

/** One chat completion as the protocol has it; without `usage` the provider does not count. */
export const chat = (content: string, usage?: { readonly prompt_tokens: number; readonly completion_tokens: number }, message: object = {}): ChatReply => ({
  body: { id: 'c', object: 'chat.completion', created: 1, model: 'm', choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content, ...message } }], ...(usage ? { usage: { ...usage, total_tokens: usage.prompt_tokens + usage.completion_tokens } } : {}) },
});

async function readBody(request: IncomingMessage): Promise<ChatRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return JSON.parse(Buffer.concat(chunks).toString('utf8')) as ChatRequest;
}
