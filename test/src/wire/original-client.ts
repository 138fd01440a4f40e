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

  private async send(method: string, path: string, body?: string, more: Readonly<Record<string, string>> = {}): Promise<Reply> {
    const response = await fetch(`${this.baseUrl}${path}`, {
      method,
      headers: { ...(this.token === undefined ? {} : { authorization: `Bearer ${this.token}` }), ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...this.headers, ...more },
      ...(body === undefined ? {} : { body }),
    });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  }
}
