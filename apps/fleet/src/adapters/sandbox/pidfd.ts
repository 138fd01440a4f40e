import { closeSync } from 'node:fs';
import { NativeMemory, loadLibc } from './native.js';

/** The same numbers on every architecture (asm-generic/unistd.h). */
const PIDFD_SEND_SIGNAL = 424;
const PIDFD_OPEN = 434;
const SIGKILL = 9;
const POLLIN = 1;
const LOOK_MS = 2;

/** A process by a descriptor, which stays its own when its number is given to another. */
export class ProcessHandle {
  private constructor(readonly pid: number, private readonly fd: number) {}

  /** Undefined where no such process is left. */
  static open(pid: number): ProcessHandle | undefined {
    const fd = loadLibc().syscall(PIDFD_OPEN, pid, 0, 0, 0);
    return fd < 0 ? undefined : new ProcessHandle(pid, fd);
  }

  /** Sends SIGKILL; nothing happens where the process has ended. */
  kill(): void {
    loadLibc().syscall(PIDFD_SEND_SIGNAL, this.fd, SIGKILL, 0, 0);
  }

  /** Resolves when the process has ended; for the first process of a namespace, when all of the namespace have. */
  async ended(): Promise<void> {
    while (!this.hasEnded()) await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }

  close(): void {
    closeSync(this.fd);
  }

  /** A process descriptor becomes readable when its process ends: pidfd_open(2). */
  private hasEnded(): boolean {
    pollMemory ??= new NativeMemory(8);
    pollMemory.bytes.writeInt32LE(this.fd, 0);
    pollMemory.bytes.writeUInt32LE(POLLIN, 4);
    return loadLibc().poll(pollMemory.address, 1, 0) > 0;
  }
}

let pollMemory: NativeMemory | undefined;
