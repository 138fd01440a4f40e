import { lchown, lstat, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { exportTree, type TreeChange } from '@countersign/git';
import { removeTree } from '../remove-tree.js';
import { placeInside, startSandboxed, type Bind, type DeniedCall, type ExitReason, type SandboxLevel } from '../sandbox/index.js';

/** A command's answer. `output` is what it printed, stdout and stderr as they came; of it and of `stdout` alone the last {@link KEPT_OUTPUT} bytes. */
export interface CommandResult {
  readonly exitCode: number | null;
  readonly output: string;
  readonly stdout: string;
  readonly timedOut: boolean;
  readonly durationMs: number;
}

export interface SandboxUse {
  readonly level: SandboxLevel;
  /** Where work directories are made. */
  readonly workDir: string;
  /** Set when the fleet itself is root: nothing of a repository ever runs as root. */
  readonly dropTo: { readonly uid: number; readonly gid: number } | undefined;
}

const KEPT_OUTPUT = 1024 * 1024;
const LIMITS = { cpuSeconds: 240, memoryBytes: 2 * 1024 ** 3, processes: 256, openFiles: 1024, fileBytes: 256 * 1024 ** 2, diskBytes: 3 * 1024 ** 3 };
const INSIDE = '/repository';
/** Said below what a command printed that was ended for what it took. */
const TOO_MUCH: Partial<Record<ExitReason, string>> = { memory: 'ended: it took more memory than a check may', disk: 'ended: it took more disk than a check may, or the disk is full' };

export interface CheckCommand {
  readonly wallMs: number;
  /** Relative to the repository's root. */
  readonly cwd?: string;
  readonly binds?: readonly Bind[];
  readonly env?: Readonly<Record<string, string>>;
  /** What of the directory may be changed: existing paths, none inside another. Absent: all of it. */
  readonly writable?: readonly string[];
  /** Further programs of the host. */
  readonly programs?: readonly string[];
  readonly onDenied?: (denied: DeniedCall) => void;
  /** What the command reads on its standard input; absent: nothing. */
  readonly input?: string;
  /** Ends the command. */
  readonly signal?: AbortSignal;
}

/** Where the bytes under check come from. */
export interface CheckBase {
  readonly repository: string;
  readonly commit: string;
  readonly dependencies: string | undefined;
  /** Which of its files there are; absent: all. */
  readonly visible?: (path: string) => boolean;
}

/** A fresh directory for one sandbox; removed by `close`. Once a command has run in it, nothing in it is read or followed again. */
export class CheckDirectory implements AsyncDisposable {
  private constructor(
    private readonly use: SandboxUse,
    readonly root: string,
    private readonly dependencies?: string,
  ) {}

  static async empty(use: SandboxUse, dependencies?: string): Promise<CheckDirectory> {
    await mkdir(use.workDir, { recursive: true });
    return new CheckDirectory(use, await mkdtemp(join(use.workDir, 'check-')), dependencies);
  }

  /** A repository's files with drafted changes on top. */
  static async make(use: SandboxUse, { repository, commit, dependencies, visible }: CheckBase, changes: readonly TreeChange[]): Promise<CheckDirectory> {
    const directory = await CheckDirectory.empty(use, dependencies);
    try {
      await exportTree(repository, commit, directory.root, visible);
      for (const { path, content, mode } of changes) await directory.write(path, content, mode);
      if (dependencies) await directory.parentsOf('node_modules/x');
      return directory;
    } catch (error) {
      await directory.close();
      throw error;
    }
  }

  /** Puts one file as a commit would: what stands in its way, a link above all, is replaced, never followed. */
  async write(path: string, content: Uint8Array | null, mode: TreeChange['mode'] = '100644'): Promise<void> {
    const target = await this.parentsOf(path);
    await rm(target, { recursive: true, force: true });
    if (content !== null) await writeFile(target, content, { flag: 'wx', mode: mode === '100755' ? 0o755 : 0o644 });
  }

  /**
   * Runs one command of the repository as untrusted code: own network, own processes, nothing of the host but this directory.
   * The programs of its dependencies are on the PATH, as npm runs scripts.
   */
  async run(argv: readonly string[], options: CheckCommand): Promise<CommandResult> {
    const { level, dropTo } = this.use;
    const { writable = ['.'], signal, wallMs } = options;
    await this.give();
    signal?.throwIfAborted();
    const { all } = this;
    const cwd = join(INSIDE, options.cwd ?? '.', '.');
    const started = performance.now();
    const sandboxed = await startSandboxed({
      command: argv, profile: 'checks', syscalls: ['@checks'], level, ...dropTo,
      readOnly: [...(writable.includes('.') ? [] : [all]), ...(this.dependencies ? [{ source: this.dependencies, target: `${INSIDE}/node_modules`, scratch: true }] : []), ...(options.binds ?? [])],
      readWrite: writable.map((path) => (path === '.' ? all : { source: join(this.root, path), target: join(INSIDE, path) })),
      tmpfsBytes: 256 * 1024 ** 2, env: { CI: 'true', NO_COLOR: '1', FORCE_COLOR: '0', ...options.env }, path: [...new Set([cwd, INSIDE])].map((directory) => join(directory, 'node_modules/.bin')), cwd,
      limits: { ...LIMITS, wallMs }, programs: options.programs ?? [], ...(options.onDenied ? { onDenied: options.onDenied } : {}),
    });
    const end = (): void => void sandboxed.kill();
    if (signal?.aborted) end(); // while it was being started
    signal?.addEventListener('abort', end, { once: true });
    sandboxed.stdin.on('error', () => undefined); // it ended before it read everything: its exit code tells
    sandboxed.stdin.end(options.input);
    const collected = collect(sandboxed);
    const exit = await sandboxed.exited;
    signal?.removeEventListener('abort', end);
    const { output, stdout } = await collected;
    const why = exit.reason && TOO_MUCH[exit.reason];
    return { exitCode: exit.reason ? null : exit.code, output: why === undefined ? output : `${output}\n${why}`, stdout, timedOut: exit.reason === 'wall', durationMs: performance.now() - started };
  }

  /** Where a command sees a path of the directory. */
  seen(path: string): string {
    return join(placeInside(this.use.level, this.all), path);
  }

  private get all(): Bind {
    return { source: this.root, target: INSIDE };
  }

  /** Makes everything the sandbox's own, where the fleet itself is somebody else. */
  async give(): Promise<void> {
    if (this.use.dropTo) await give(this.root, this.use.dropTo);
  }

  close(): Promise<void> {
    return removeTree(this.root);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** The place of a path, its parents made real directories. */
  private async parentsOf(path: string): Promise<string> {
    let place = this.root;
    for (const part of path.split('/').slice(0, -1)) {
      place = join(place, part);
      const found = await lstat(place).catch(ignoreMissing);
      if (found?.isDirectory()) continue;
      await rm(place, { force: true });
      await mkdir(place);
    }
    return join(this.root, path);
  }
}

const ignoreMissing = (error: NodeJS.ErrnoException): undefined => {
  if (error.code !== 'ENOENT') throw error;
};

/** Reads both streams to their end and keeps the last part; a flood costs little time and no memory. */
async function collect({ stdout, stderr }: { readonly stdout: NodeJS.ReadableStream; readonly stderr: NodeJS.ReadableStream }): Promise<{ output: string; stdout: string }> {
  const [both, out] = [new Tail(), new Tail()];
  const read = async (stream: NodeJS.ReadableStream, tails: readonly Tail[]): Promise<void> => {
    for await (const chunk of stream) for (const tail of tails) tail.push(Buffer.from(chunk as Buffer));
  };
  await Promise.all([read(stdout, [both, out]), read(stderr, [both])]);
  return { output: both.text, stdout: out.text };
}

/** The last {@link KEPT_OUTPUT} bytes of what was pushed. */
class Tail {
  private readonly kept: Buffer[] = [];
  private bytes = 0;

  push(chunk: Buffer): void {
    this.bytes += chunk.length;
    this.kept.push(chunk);
    while (this.bytes - this.kept[0]!.length >= KEPT_OUTPUT) this.bytes -= this.kept.shift()!.length;
  }

  get text(): string {
    return Buffer.concat(this.kept).subarray(-KEPT_OUTPUT).toString('utf8');
  }
}

async function give(directory: string, owner: { uid: number; gid: number }): Promise<void> {
  const entries = await readdir(directory, { withFileTypes: true });
  await Promise.all([
    lchown(directory, owner.uid, owner.gid),
    ...entries.map((entry) => (entry.isDirectory() ? give(join(directory, entry.name), owner) : lchown(join(directory, entry.name), owner.uid, owner.gid))),
  ]);
}
