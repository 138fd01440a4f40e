import { isRunning } from '../../../../scripts/lib/process-lock.mjs';
import { paint } from '../../../../scripts/lib/report.mjs';
import { homeOf } from '../stack/home.js';
import { readRecord, type PartRecord, type StackRecord } from '../stack/record.js';
import { sandboxWarning } from '../stack/sandbox.js';
import { summaryOf } from '../stack/summary.js';
import { EXIT, type Command } from './command.js';

const ANSWER_MS = 2_000;

export const status: Command = {
  usage: '',
  summary: 'what runs, where, and how it is',
  async run(call) {
    const home = homeOf(call.global.home);
    const record = readRecord(home);
    const running = record !== undefined && isRunning(record.supervisor);
    const parts = record ? await Promise.all(record.parts.map((part) => partStatus(part, record))) : [];
    if (call.global.json) console.log(JSON.stringify({ running, state: running ? record.state : 'down', ...(running ? summaryOf(record) : { home: home.shown }), parts, notes: record?.notes ?? [], ...(running ? { sandbox: record.sandbox } : {}), missing: record?.missing ?? [] }));
    else print(home.shown, running ? record : undefined, parts);
    return running ? EXIT.done : EXIT.failed;
  },
};

interface PartStatus {
  readonly name: string;
  readonly pid: number;
  readonly running: boolean;
  /** What the service says of itself; undefined for servers, which have no such page. */
  readonly health: 'ok' | 'not ready' | undefined;
  /** What waits there for somebody else, by name; the service is well. */
  readonly waits?: Readonly<Record<string, string>> | undefined;
}

async function partStatus(part: PartRecord, record: StackRecord): Promise<PartStatus> {
  const url = record.health[part.name];
  return { name: part.name, pid: part.pid, running: isRunning(part), ...(url ? await ask(url) : { health: undefined }) };
}

async function ask(url: string): Promise<Pick<PartStatus, 'health' | 'waits'>> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(ANSWER_MS) });
    const { waits } = (await response.json()) as Pick<PartStatus, 'waits'>;
    return { health: response.ok ? 'ok' : 'not ready', waits };
  } catch (error) {
    if (error instanceof Error) return { health: 'not ready' };
    throw error;
  }
}

function print(home: string, record: StackRecord | undefined, parts: readonly PartStatus[]): void {
  if (!record) return console.log(`no stack is running on ${home}`);
  console.log(`${record.url}\nhome\t${home}\ndatabase\t${record.databaseUrl}\nnats\t${record.natsUrl}`);
  for (const { name, pid, running, health, waits = {} } of parts) {
    const word = running ? (health ?? 'running') : 'gone';
    console.log(`${name}\t${pid}\t${word === 'ok' || word === 'running' ? paint(32, word) : paint(31, word)}`);
    for (const [what, why] of Object.entries(waits)) console.log(`waits\t${name}\t${what}: ${why}`);
  }
  const warning = sandboxWarning(record.sandbox);
  if (warning) console.log(`sandbox\t${paint(31, warning)}`);
  for (const name of record.missing) console.log(`${name}\t-\tnot built yet`);
  for (const note of record.notes) console.log(`note\t${note}`);
}
