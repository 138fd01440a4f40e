export interface SeenEvent {
  readonly type: string;
  readonly id: string;
  readonly data: Readonly<Record<string, unknown>>;
}

const WITHIN_MS = 60_000;

/** A listener of server-sent events. */
export class EventStream implements AsyncDisposable {
  /** What a browser would say when it comes back. */
  private lastId: string | undefined;
  private text = '';
  private readonly decoder = new TextDecoder();

  private constructor(
    private readonly reader: ReadableStreamDefaultReader<Uint8Array>,
    private readonly stop: AbortController,
  ) {}

  static async open(url: string, headers: Readonly<Record<string, string>>): Promise<EventStream> {
    const stop = new AbortController();
    const response = await fetch(url, { headers, signal: stop.signal });
    if (response.status !== 200) throw new Error(`the stream was refused: ${response.status}`);
    return new EventStream(response.body!.getReader(), stop);
  }

  /** The next event; comments and the retry time are passed over. */
  async next(): Promise<SeenEvent> {
    const timer = setTimeout(() => this.stop.abort(new Error('no event came')), WITHIN_MS);
    try {
      for (;;) {
        const event = this.take();
        if (event) return event;
        const { value, done } = await this.reader.read();
        if (done) throw new Error('the stream ended');
        this.text += this.decoder.decode(value, { stream: true });
      }
    } finally {
      clearTimeout(timer);
    }
  }

  /** The place it was told to go on from, also without an event. */
  async place(): Promise<string> {
    while (this.take() === undefined && this.lastId === undefined) {
      const { value, done } = await this.reader.read();
      if (done) throw new Error('the stream ended');
      this.text += this.decoder.decode(value, { stream: true });
    }
    return this.lastId!;
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.stop.abort();
    return this.reader.closed.catch(() => undefined); // ended by our own abort
  }

  private take(): SeenEvent | undefined {
    for (let end = this.text.indexOf('\n\n'); end !== -1; end = this.text.indexOf('\n\n')) {
      const block = this.text.slice(0, end);
      this.text = this.text.slice(end + 2);
      const field = (name: string): string | undefined => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1];
      const data = field('data');
      this.lastId = field('id') ?? this.lastId;
      if (data !== undefined) return { type: field('event') ?? 'message', id: field('id') ?? '', data: JSON.parse(data) as Record<string, unknown> };
    }
    return undefined;
  }
}
