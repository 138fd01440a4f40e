import type { Readable, Writable } from 'node:stream';

/** Levels of the ladder this build can establish: 3 is namespaces + Landlock + system call filter, 2 the same without namespaces, 0 is a plain process. */
export type SandboxLevel = 0 | 2 | 3;

/** The words specs and policies use for levels. */
export type SandboxProduct = 'strict' | 'process' | 'none';

/**
 * `worker` is one process without children and without network.
 * `checks` runs a repository's own commands: children, and loopback inside an empty network namespace; else the same walls.
 */
export type SandboxProfile = 'worker' | 'checks';

/** A file or directory of the host shown inside. `source` is absolute and free of symbolic links; `target` defaults to it. */
export interface Bind {
  readonly source: string;
  readonly target?: string;
  /**
   * For a read-only directory of packages: its entries stay read-only, but new ones may be made beside them, in memory
   * (`tmpfsBytes`) and gone with the sandbox. Test runners keep caches and bundled settings in `node_modules`.
   */
  readonly scratch?: boolean;
}

/** `cpuSeconds`, `openFiles` and `fileBytes` hold for each process: without control groups the kernel knows no other way. */
export interface SandboxLimits {
  readonly cpuSeconds: number;
  /** Memory of the whole sandbox on top of what an idle Node needs, looked at five times a second; the kernel bounds each process. */
  readonly memoryBytes: number;
  /** Tasks (threads included) of the whole sandbox. Node needs at least 8. */
  readonly processes: number;
  readonly openFiles: number;
  readonly fileBytes: number;
  /** What the directories that may be written hold together, with what they held before; looked at about twice a second. */
  readonly diskBytes: number;
  readonly wallMs: number;
}

/** One refused system call, as reported: the first three of a name, then every power of two. */
export interface DeniedCall {
  readonly syscall: string;
  /** Host id of the calling thread. */
  readonly pid: number;
  /** The six raw arguments in hexadecimal. Pointers point into the worker's memory and are never followed. */
  readonly args: readonly string[];
  /** How often this sandbox has been refused this call so far. */
  readonly count: number;
}

export interface SandboxSpec {
  /** Program and arguments, as seen inside. A bare name is looked up on the host's PATH; `node` is the supervisor's own. */
  readonly command: readonly string[];
  readonly profile: SandboxProfile;
  /** Names and presets (`@runtime` …) the process may call. */
  readonly syscalls: readonly string[];
  readonly readOnly: readonly Bind[];
  readonly readWrite: readonly Bind[];
  /** Size of the private `/tmp`; 0 gives none. */
  readonly tmpfsBytes: number;
  /** The whole environment, over the defaults PATH, HOME, TMPDIR, LANG. Nothing is inherited. */
  readonly env: Readonly<Record<string, string>>;
  /** Directories of programs, as seen inside, that stand first on the default PATH. */
  readonly path?: readonly string[];
  readonly cwd: string;
  readonly limits: SandboxLimits;
  /** Needed when the supervisor is root: a worker never is. */
  readonly uid?: number;
  readonly gid?: number;
  readonly level: SandboxLevel;
  /** Further host programs to show in `/usr/bin`, with their libraries. */
  readonly programs?: readonly string[];
  /** Refusals after which the sandbox is killed; default {@link DEFAULT_MAX_DENIALS}. */
  readonly maxDenials?: number;
  readonly onDenied?: (denied: DeniedCall) => void;
}

export const DEFAULT_MAX_DENIALS = 20_000;

/** `monitor-lost`: the thread that answers refused calls died, so the sandbox was ended too. */
export type ExitReason = 'wall' | 'killed' | 'memory' | 'disk' | 'denied-flood' | 'monitor-lost';

export interface SandboxExit {
  /** Exit code; 128 + n where the process died of signal n inside a namespace. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Why the supervisor ended it; absent when it ended by itself. */
  readonly reason?: ExitReason;
}

/** A running sandbox. The streams are raw: whoever reads caps lines and backlog. */
export interface Sandboxed {
  /** Host id of the process started by `command`; of the shell that waits for it where children are allowed. */
  readonly pid: number;
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /**
   * Settles when the process and, at level 3, every descendant is gone and every refused call
   * reported. Never rejects. A command that ends takes its children along.
   */
  readonly exited: Promise<SandboxExit>;
  /** Ends the whole tree at once, for `reason` unless there was one before; resolves when it is gone. Safe to call again, and after the end. */
  kill(reason?: ExitReason): Promise<void>;
}

export interface SandboxGuarantees {
  /** Only the bound files can be seen. */
  readonly fs: boolean;
  /** Only listed system calls run. */
  readonly syscalls: boolean;
  readonly noExec: boolean;
  readonly noFork: boolean;
  readonly netOff: boolean;
  /** Refused calls are reported. */
  readonly observe: boolean;
  readonly mem: 'cgroup' | 'rlimit' | 'none';
  readonly pids: 'cgroup' | 'rlimit' | 'none';
}

/** What the self-test saw. `evidence` is one line per probe, fit for an audit entry. */
export interface SandboxReport {
  readonly level: SandboxLevel;
  readonly product: SandboxProduct;
  readonly guarantees: SandboxGuarantees;
  readonly evidence: readonly string[];
  /** Why the level is below 3; absent at 3. */
  readonly reason?: string;
}
