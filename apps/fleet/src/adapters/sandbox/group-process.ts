import type { ChildProcess } from 'node:child_process';
import { rmSync } from 'node:fs';
import { endOf, handleOf } from './handle.js';
import { watchMemory } from './memory-watch.js';
import { groupIsAlive } from './process-group.js';
import type { ExitReason, SandboxExit, SandboxLimits, Sandboxed } from './types.js';
import { Words } from './words.js';

/** How often the end of a process group is looked for: the kernel tells nobody. */
const GROUP_POLL_MS = 10;
/** A killed group is gone in milliseconds; what is still there after this is stuck in the kernel. */
const GROUP_GONE_MS = 5000;

/** A command that leads a process group of its own, with a private directory that goes with it. Where no namespace ends a tree, its group does. */
export class GroupProcess {
  private reason: ExitReason | undefined;
  private over = false;
  private readonly words: Words;
  private readonly gone: Promise<SandboxExit>;

  /** `reported` settles when no refused call is left to report. */
  constructor(
    private readonly child: ChildProcess,
    private readonly home: string,
    private readonly reported: Promise<void> = Promise.resolve(),
  ) {
    this.words = new Words(child);
    this.gone = endOf(child, this.words, (code, signal) => this.finish(code, signal));
  }

  /** The handle for callers; starts the wall clock and, where memory is limited, the watch on it. */
  running(pid: number, { wallMs, memoryBytes }: Pick<SandboxLimits, 'wallMs'> & { readonly memoryBytes?: number }): Sandboxed {
    const unwatch = memoryBytes === undefined ? undefined : watchMemory(pid, memoryBytes, () => void this.end('memory'));
    return handleOf({ child: this.child, words: this.words, gone: this.gone, end: (reason) => this.end(reason) }, pid, wallMs, unwatch);
  }

  lastWords(): Promise<string> {
    return this.words.last();
  }

  kill(): Promise<void> {
    return this.end('killed');
  }

  /** Ends the group for `reason` (the first one counts); resolves when nothing of it is left. */
  async end(reason: ExitReason): Promise<void> {
    if (!this.over) {
      this.reason ??= reason;
      this.child.kill('SIGKILL');
    }
    await this.gone;
  }

  private async finish(code: number | null, signal: NodeJS.Signals | null): Promise<SandboxExit> {
    this.over = true;
    if (this.child.pid !== undefined) await endGroup(this.child.pid);
    removeHome(this.home);
    await this.reported;
    return { code, signal, ...(this.reason === undefined ? {} : { reason: this.reason }) };
  }
}

/** A worker can make its directory unremovable; its end is reported all the same. */
function removeHome(home: string): void {
  try {
    rmSync(home, { recursive: true, force: true });
  } catch (error) {
    process.emitWarning(`cannot remove ${home}: ${(error as Error).message}`);
  }
}

/** Kills what is left of the group; its number cannot be given away while a member lives. */
async function endGroup(group: number): Promise<void> {
  const deadline = Date.now() + GROUP_GONE_MS;
  while (groupIsAlive(group) && Date.now() < deadline) {
    try {
      process.kill(-group, 'SIGKILL');
    } catch (error) {
      // Gone; or what is left took another identity, which only a set-user-id program can.
      if (['ESRCH', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) return;
      throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, GROUP_POLL_MS));
  }
}
