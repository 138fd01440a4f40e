import { chown, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { exportTree, type TreeChange } from '@countersign/git';
import { startSandboxed, type Bind, type SandboxLevel } from '../sandbox/index.js';

/** A command's answer. `output` is what it printed, stdout and stderr as they came, its last {@link KEPT_OUTPUT} bytes. */
export interface CommandResult {
  readonly exitCode: number | null;
  readonly output: string;
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
const LIMITS = { cpuSeconds: 240, memoryBytes: 2 * 1024 ** 3, processes: 256, openFiles: 1024, fileBytes: 256 * 1024 ** 2 };
const INSIDE = '/repository';

/** A repository's files in a fresh directory, with drafted changes on top; removed by `close`. */
export class CheckDirectory {
  private constructor(
    private readonly use: SandboxUse,
    readonly root: string,
    private readonly dependencies: string | undefined,
  ) {}

  static async make(use: SandboxUse, repository: string, commit: string, changes: readonly TreeChange[], dependencies?: string): Promise<CheckDirectory> {
    await mkdir(use.workDir, { recursive: true });
    const directory = new CheckDirectory(use, await mkdtemp(join(use.workDir, 'check-')), dependencies);
    if (use.dropTo) await chown(directory.root, use.dropTo.uid, use.dropTo.gid);
    await exportTree(repository, commit, directory.root);
    for (const { path, content } of changes) await directory.write(path, content);
    if (dependencies) await mkdir(join(directory.root, 'node_modules'), { recursive: true });
    return directory;
  }

  async write(path: string, content: Uint8Array | null): Promise<void> {
    const target = join(this.root, path);
    if (content === null) return rm(target, { force: true });
    await mkdir(dirname(target), { recursive: true });
    await rm(target, { force: true }); // never through a link that the repository holds
    await writeFile(target, content, { flag: 'wx' });
  }

  /** Runs one command of the repository as untrusted code: own network, own processes, nothing of the host but this directory. */
  async run(argv: readonly string[], options: { wallMs: number; cwd?: string; binds?: readonly Bind[] }): Promise<CommandResult> {
    const { level, dropTo } = this.use;
    if (dropTo) await give(this.root, dropTo);
    const started = performance.now();
    const sandboxed = await startSandboxed({
      command: argv, profile: 'checks', syscalls: ['@checks'], level, ...dropTo,
      readOnly: [...(this.dependencies ? [{ source: this.dependencies, target: `${INSIDE}/node_modules` }] : []), ...(options.binds ?? [])],
      readWrite: [{ source: this.root, target: INSIDE }],
      tmpfsBytes: 256 * 1024 ** 2, env: { CI: 'true', NO_COLOR: '1', FORCE_COLOR: '0' }, cwd: join(INSIDE, options.cwd ?? '.'),
      limits: { ...LIMITS, wallMs: options.wallMs },
    });
    sandboxed.stdin.end();
    const output = collect([sandboxed.stdout, sandboxed.stderr]);
    const exit = await sandboxed.exited;
    return { exitCode: exit.reason ? null : exit.code, output: await output, timedOut: exit.reason === 'wall', durationMs: performance.now() - started };
  }

  close(): Promise<void> {
    return rm(this.root, { recursive: true, force: true });
  }
}

/** Reads both streams to their end and keeps the last part; a flood costs time, never memory. */
async function collect(streams: readonly NodeJS.ReadableStream[]): Promise<string> {
  let kept = Buffer.alloc(0);
  await Promise.all(streams.map(async (stream) => {
    for await (const chunk of stream) kept = Buffer.concat([kept, Buffer.from(chunk as Buffer)]).subarray(-KEPT_OUTPUT);
  }));
  return kept.toString('utf8');
}

async function give(directory: string, owner: { uid: number; gid: number }): Promise<void> {
  await chown(directory, owner.uid, owner.gid);
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    if (entry.isDirectory()) await give(join(directory, entry.name), owner);
    else if (entry.isFile()) await chown(join(directory, entry.name), owner.uid, owner.gid);
  }
}
