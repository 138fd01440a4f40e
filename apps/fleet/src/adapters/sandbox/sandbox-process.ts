import type { ChildProcess } from 'node:child_process';
import { constants } from 'node:os';
import type { Readable } from 'node:stream';
import { endOf, handleOf } from './handle.js';
import { watchMemory } from './memory-watch.js';
import { ProcessHandle } from './pidfd.js';
import type { ExitReason, SandboxExit, SandboxLimits, Sandboxed } from './types.js';
import { Words } from './words.js';

/** An idle Node holds about 10 MiB of its own; a few of them are not the work's memory. */
const IDLE_MEMORY_BYTES = 64 << 20;
/** Reports follow the end of the last process at once; waiting longer would only hide a broken monitor. */
const REPORTS_MS = 2000;
/** bubblewrap names its child within a millisecond or two of starting, later on a machine that is very busy. */
const INFO_MS = 10_000;
/** The kernel needs microseconds to end a process namespace; after this bubblewrap itself is killed. */
const KILL_MS = 2000;

/**
 * One bubblewrap and the process namespace below it.
 *
 * Ending goes through the namespace's first process: when that dies the kernel ends all others and waits for them before
 * bubblewrap can collect it. Killing bubblewrap first would leave the tree to the parent-death signal, with nobody to
 * collect it where the machine's own first process does not.
 */
export class SandboxProcess {
  private reason: ExitReason | undefined;
  /** The namespace's first process. */
  private first: ProcessHandle | undefined;
  private readonly named: Promise<void>;
  private readonly gone: Promise<SandboxExit>;
  private over = false;

  private readonly words: Words;

  /** `info` is what bubblewrap says of its child; `reported` settles when no refused call is left to report. */
  constructor(private readonly child: ChildProcess, info: Readable, private readonly reported: Promise<void>) {
    this.words = new Words(child);
    this.named = this.readFirstPid(info);
    this.gone = endOf(child, this.words, (code, signal) => this.finish(code, signal));
  }

  /** The handle for callers; starts the wall clock and the watch on memory. */
  running(pid: number, { wallMs, memoryBytes }: Pick<SandboxLimits, 'wallMs' | 'memoryBytes'>): Sandboxed {
    const unwatch = watchMemory(this.first?.pid ?? pid, memoryBytes + IDLE_MEMORY_BYTES, () => void this.end('memory'));
    return handleOf({ child: this.child, words: this.words, gone: this.gone, end: (reason) => this.end(reason) }, pid, wallMs, unwatch);
  }

  /** What was written to stderr by a sandbox that has ended. */
  lastWords(): Promise<string> {
    return this.words.last();
  }

  kill(): Promise<void> {
    return this.end('killed');
  }

  /** Ends the tree for `reason` (the first one counts); resolves when nothing of it is left. */
  async end(reason: ExitReason): Promise<void> {
    if (!this.over) {
      this.reason ??= reason;
      await Promise.race([this.named, this.gone]);
    }
    if (this.over) return void (await this.gone);
    if (this.first !== undefined) this.first.kill();
    else this.child.kill('SIGKILL');
    const late = setTimeout(() => this.child.kill('SIGKILL'), KILL_MS);
    await this.gone;
    clearTimeout(late);
  }

  private readFirstPid(info: Readable): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, INFO_MS);
      timer.unref();
      let text = '';
      info.on('error', () => info.destroy());
      info.on('data', (chunk: Buffer) => {
        text += chunk.toString('utf8');
      });
      info.once('close', () => {
        clearTimeout(timer);
        const pid = Number(/"child-pid":\s*(\d+)/.exec(text)?.[1]);
        if (!Number.isNaN(pid) && !this.over) this.first = ProcessHandle.open(pid);
        resolve();
      });
    });
  }

  private async finish(code: number | null, signal: NodeJS.Signals | null): Promise<SandboxExit> {
    this.over = true;
    const { first } = this;
    this.first = undefined;
    if (first !== undefined) {
      // Where bubblewrap itself was killed, by whomever, its namespace must not outlive it.
      first.kill();
      await first.ended();
      first.close();
    }
    // A process that has nothing else to do must live until then.
    let late: NodeJS.Timeout | undefined;
    await Promise.race([this.reported, new Promise((resolve) => (late = setTimeout(resolve, REPORTS_MS)))]);
    clearTimeout(late);
    return { code, signal: signal ?? signalOf(code), ...(this.reason === undefined ? {} : { reason: this.reason }) };
  }
}

/** bubblewrap reports death by signal n as exit code 128 + n. */
function signalOf(code: number | null): NodeJS.Signals | null {
  if (code === null || code <= 128) return null;
  const names = Object.entries(constants.signals) as [NodeJS.Signals, number][];
  return names.find(([, number]) => number === code - 128)?.[0] ?? null;
}
