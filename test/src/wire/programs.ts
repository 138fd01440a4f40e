import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import type { WireHouse } from './house.js';

const CLI = fileURLToPath(new URL('../../../dist/cli.js', import.meta.url));
const HOME = mkdtempSync(join(tmpdir(), 'countersign-programs-'));
process.once('exit', () => rmSync(HOME, { recursive: true, force: true }));

/** A gateway that the command line may talk to, and who signs in there. */
type Doors = Pick<WireHouse, 'url' | 'token'>;

const started = async (house: Doors, persona: string, args: readonly string[]): Promise<ChildProcess> =>
  spawn(process.execPath, [CLI, ...args, '--url', house.url], { env: { ...process.env, COUNTERSIGN_HOME: HOME, COUNTERSIGN_TOKEN: await house.token(persona), NO_COLOR: '1' }, stdio: ['ignore', 'pipe', 'pipe'] });

/** The command line, as somebody types it who has a token of theirs. */
export async function typed(house: Doors, persona: string, ...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const child = await started(house, persona, args);
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout!), text(child.stderr!), once(child, 'close') as Promise<[number]>]);
  return { code, stdout: stdout.trim(), stderr };
}

/** Another program, which has the tools for programs in a person's name. */
export class ToolUser implements AsyncDisposable {
  private constructor(private readonly server: ChildProcess, private readonly door: { readonly url: string; readonly token: string }) {}

  static async of(house: Doors, persona: string): Promise<ToolUser> {
    const server = await started(house, persona, ['mcp', '--http', '0']);
    const [line] = (await once(createInterface({ input: server.stdout! }), 'line')) as [string];
    return new ToolUser(server, JSON.parse(line) as { url: string; token: string });
  }

  async tools(): Promise<string[]> {
    return ((await this.ask('tools/list', {})) as { tools: { name: string }[] }).tools.map(({ name }) => name);
  }

  /** Why the tool did not do it: the code that everybody gets, or the server's own words where it has no such tool; undefined where it did. */
  async refused(name: string, args: Readonly<Record<string, unknown>>): Promise<string | undefined> {
    const { isError, structuredContent, content } = (await this.ask('tools/call', { name, arguments: args })) as { isError?: boolean; structuredContent?: { error?: { code: string } }; content: { text: string }[] };
    return isError === true ? (structuredContent?.error?.code ?? content[0]!.text) : undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const gone = once(this.server, 'exit');
    this.server.kill('SIGTERM');
    await gone;
  }

  private async ask(method: string, params: object): Promise<unknown> {
    const headers = { authorization: `Bearer ${this.door.token}`, 'content-type': 'application/json', accept: 'application/json, text/event-stream' };
    const response = await fetch(this.door.url, { method: 'POST', headers, body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }) });
    const { result, error } = (await response.json()) as { result?: unknown; error?: { message: string } };
    if (error) throw new Error(`${method}: ${error.message}`);
    return result;
  }
}
