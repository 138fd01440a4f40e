import { patiently } from '@countersign/testing';

/** A client as one writes it for the original: its paths, its bodies, nothing of ours. */
export interface Reply {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

export class OriginalClient {
  constructor(
    private readonly baseUrl: string,
    private readonly token: string | undefined,
    private readonly headers: Readonly<Record<string, string>> = {},
  ) {}

  get(path: string): Promise<Reply> {
    return this.send('GET', path);
  }
  post(path: string, body: unknown, headers: Readonly<Record<string, string>> = {}): Promise<Reply> {
    return this.send('POST', path, JSON.stringify(body), headers);
  }
  patch(path: string, body: unknown, headers: Readonly<Record<string, string>> = {}): Promise<Reply> {
    return this.send('PATCH', path, JSON.stringify(body), headers);
  }
  put(path: string, body: unknown, headers: Readonly<Record<string, string>> = {}): Promise<Reply> {
    return this.send('PUT', path, JSON.stringify(body), headers);
  }
  delete(path: string, headers: Readonly<Record<string, string>> = {}): Promise<Reply> {
    return this.send('DELETE', path, undefined, headers);
  }
  postRaw(path: string, body: string, headers: Readonly<Record<string, string>> = {}): Promise<Reply> {
    return this.send('POST', path, body, headers);
  }

  spawn(input: { missionID?: string | null; parentInstanceID?: string | null; templateID?: string | null; role: string; source?: string; justification: string; budget_override?: Record<string, number> }): Promise<Reply> {
    return this.post('/agent-team/spawn', input);
  }
  async instances(query: Record<string, string> = {}): Promise<Record<string, unknown>[]> {
    const { body } = await this.get(`/agent-team/instances?${new URLSearchParams(query)}`);
    return body['instances'] as Record<string, unknown>[];
  }

  /** Opens an event stream; the first frame says that it is connected. */
  async listen(path: '/event' | '/global/event', lastEventId?: string): Promise<OriginalStream> {
    const stop = new AbortController();
    const headers = { authorization: `Bearer ${this.token ?? ''}`, ...this.headers, ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId }) };
    const response = await fetch(`${this.baseUrl}${path}`, { headers, signal: stop.signal });
    if (response.status !== 200) throw new Error(`the stream was refused: ${response.status}`);
    return new OriginalStream(response.body!.getReader(), stop);
  }

  private async send(method: string, path: string, body?: string, more: Readonly<Record<string, string>> = {}): Promise<Reply> {
    const headers: Record<string, string> = { ...(this.token === undefined ? {} : { authorization: `Bearer ${this.token}` }), ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...this.headers, ...more };
    const ask = (): Promise<Response> => fetch(`${this.baseUrl}${path}`, { method, headers, ...(body === undefined ? {} : { body }) });
    const response = await (method === 'GET' || 'idempotency-key' in headers ? patiently(ask) : ask()); // else the same again might be done twice
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  }
}

export interface Frame {
  readonly id: string;
  readonly type: string;
  readonly properties: Record<string, unknown>;
}

/** Finds what hangs; a machine that is busy with other tests is not to be mistaken for it. */
const WITHIN_MS = 120_000;

export class OriginalStream implements AsyncDisposable {
  private text = '';
  private readonly decoder = new TextDecoder();
  lastEventId = '';

  constructor(
    private readonly reader: ReadableStreamDefaultReader<Uint8Array>,
    private readonly stop: AbortController,
  ) {}

  /** The next event; undefined when the server has ended the stream. */
  async next(): Promise<Frame | undefined> {
    for (;;) {
      const block = await this.block();
      if (block === undefined) return undefined;
      const data = /^data: (.*)$/m.exec(block)?.[1];
      if (data === undefined) continue;
      if (/^event:/m.test(block)) throw new Error('a named event, which the original never sends');
      const id = /^id: (.*)$/m.exec(block)?.[1] ?? '';
      if (id !== '') this.lastEventId = id;
      return { id, ...(JSON.parse(data) as Omit<Frame, 'id'>) };
    }
  }

  /** The next events, as many as asked for. */
  async take(howMany: number): Promise<Frame[]> {
    const frames: Frame[] = [];
    while (frames.length < howMany) frames.push((await this.next())!);
    return frames;
  }

  /** Reads on until a comment comes. */
  async comment(): Promise<string> {
    for (;;) {
      const block = (await this.block())!;
      if (block.startsWith(':')) return block.slice(1).trim();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.stop.abort();
    await this.reader.closed.catch(() => undefined); // ended by our own abort
  }

  private async block(): Promise<string | undefined> {
    const timer = setTimeout(() => this.stop.abort(new Error('nothing came')), WITHIN_MS);
    try {
      for (;;) {
        const end = this.text.indexOf('\n\n');
        if (end !== -1) {
          const block = this.text.slice(0, end);
          this.text = this.text.slice(end + 2);
          return block;
        }
        const { value, done } = await this.reader.read();
        if (done) return undefined;
        this.text += this.decoder.decode(value, { stream: true });
      }
    } finally {
      clearTimeout(timer);
    }
  }
}
