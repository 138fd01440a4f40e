import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isRunning, markOf, type ProcessMark } from '../../../../scripts/lib/process-lock.mjs';
import { say } from '../../../../scripts/lib/report.mjs';
import type { Home } from './home.js';
import type { SandboxUse } from './sandbox.js';

const GRACE_MS = 5_000;
const POLL_MS = 30;

/** One process of the stack as written down. */
export interface PartRecord extends ProcessMark {
  readonly name: string;
}

/** What another command can know about a stack: kept in `<home>/run/stack.json` (mode 0600: it names the database's password). */
export interface StackRecord {
  readonly state: 'starting' | 'ready' | 'stopping';
  readonly supervisor: ProcessMark;
  /** Tells the parent of `up --detach` that this is the stack it started. */
  readonly launch?: string | undefined;
  readonly home: string;
  readonly url: string;
  readonly databaseUrl: string;
  readonly natsUrl: string;
  readonly startedAt: string;
  readonly notes: readonly string[];
  readonly sandbox: SandboxUse;
  readonly missing: readonly string[];
  readonly parts: readonly PartRecord[];
  readonly health: Readonly<Record<string, string>>;
}

export function readRecord(home: Home): StackRecord | undefined {
  if (!existsSync(home.record)) return undefined;
  const text = readFileSync(home.record, 'utf8');
  return text === '' ? undefined : (JSON.parse(text) as StackRecord);
}

/** Readers see the old record or the new one, never half of one. */
function writeRecord(home: Home, record: StackRecord): void {
  mkdirSync(dirname(home.record), { recursive: true });
  const next = `${home.record}.next`;
  writeFileSync(next, JSON.stringify(record, undefined, 1), { mode: 0o600 });
  renameSync(next, home.record);
}

const RETRY_MS = 1_000;

/**
 * Keeps the record of one stack up to date. A record that cannot be written (a full disk) ends nothing that runs: it is
 * said once, and tried again until it can be, also when nothing changes any more.
 */
export class RecordKeeper {
  private failing = false;
  private retry: NodeJS.Timeout | undefined;

  constructor(
    private readonly home: Home,
    private readonly record: () => StackRecord,
    private readonly tell: (line: string) => void = say,
  ) {}

  save(): void {
    clearTimeout(this.retry);
    try {
      writeRecord(this.home, this.record());
      this.failing = false;
    } catch (error) {
      if (!(error instanceof Error && 'code' in error)) throw error;
      if (!this.failing) this.tell(`  ! what runs here cannot be written down for other commands (${error.message}); it goes on, and is tried again`);
      this.failing = true;
      this.retry = setTimeout(() => this.save(), RETRY_MS).unref();
    }
  }

  /** The stack has ended: there is nothing to find any more. */
  clear(): void {
    clearTimeout(this.retry);
    clearRecord(this.home);
  }
}

function clearRecord(home: Home): void {
  rmSync(home.record, { force: true });
}

/** The running stack of this home, if there is one. */
export function runningStack(home: Home): StackRecord | undefined {
  const record = readRecord(home);
  return record && isRunning(record.supervisor) ? record : undefined;
}

export const partRecord = (name: string, pid: number): PartRecord => ({ name, ...markOf(pid) });

/**
 * Ends what an earlier stack left behind (its supervisor was killed with -9). Only processes with the recorded number
 * and start time are touched, so a number that was given to somebody else is safe. Resolves with their names.
 */
export async function endLeftovers(home: Home): Promise<string[]> {
  const record = readRecord(home);
  if (!record || isRunning(record.supervisor)) return [];
  const left = record.parts.filter(isRunning);
  // Postgres ends fast on INT (it drops its clients); everything else of ours drains on TERM.
  for (const part of left) signal(part, part.name === 'postgres' ? 'SIGINT' : 'SIGTERM');
  for (const deadline = Date.now() + GRACE_MS; left.some(isRunning) && Date.now() < deadline; ) await sleep(POLL_MS);
  for (const part of left.filter(isRunning)) signal(part, 'SIGKILL');
  while (left.some(isRunning)) await sleep(POLL_MS);
  clearRecord(home);
  return left.map(({ name }) => name);
}

/** Sends a signal to exactly the marked process. Returns false when it is gone already. */
export function signal(mark: ProcessMark, name: NodeJS.Signals): boolean {
  if (!isRunning(mark)) return false;
  try {
    process.kill(mark.pid, name);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return false;
    throw error;
  }
}
