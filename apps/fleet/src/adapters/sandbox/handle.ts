import type { ChildProcess } from 'node:child_process';
import type { Writable } from 'node:stream';
import type { ExitReason, SandboxExit, Sandboxed } from './types.js';
import type { Words } from './words.js';

/** What a handle is made of: the process, what it says, its end, and how to end it. */
export interface Running {
  readonly child: ChildProcess;
  readonly words: Words;
  readonly gone: Promise<SandboxExit>;
  end(reason: ExitReason): Promise<void>;
}

/** Resolves with what `finish` makes of the child's end, or of a child that could not be started. */
export function endOf(child: ChildProcess, words: Words, finish: (code: number | null, signal: NodeJS.Signals | null) => Promise<SandboxExit>): Promise<SandboxExit> {
  return new Promise((resolve) => {
    child.once('exit', (code, signal) => resolve(finish(code, signal)));
    child.once('error', () => {
      words.end();
      resolve(finish(null, null));
    });
  });
}

/** The handle for callers; starts the wall clock, and takes back `unwatch` and the clock at the end. */
export function handleOf({ child, words, gone, end }: Running, pid: number, wallMs: number, unwatch: () => void = () => undefined): Sandboxed {
  const timer = setTimeout(() => void end('wall'), wallMs);
  timer.unref();
  void gone.then(() => {
    clearTimeout(timer);
    unwatch();
  });
  const stdin = child.stdin as Writable;
  // A worker that is gone cannot be written to; its exit says so, the broken pipe says nothing new.
  stdin.on('error', () => stdin.destroy());
  return { pid, stdin, stdout: words.stdout, stderr: words.stderr, exited: gone, kill: (reason = 'killed') => end(reason) };
}
