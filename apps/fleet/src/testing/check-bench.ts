import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { CheckBase, SandboxUse } from '../adapters/checks/check-sandbox.js';
import { DraftChecker } from '../adapters/checks/draft-checker.js';
import type { CheckResult } from '../adapters/postgres/draft-store.js';
import type { Criterion, DraftFiles } from '../adapters/postgres/rows.js';
import type { SandboxLevel } from '../adapters/sandbox/index.js';

export type DraftedFile = DraftFiles['files'][number];

/** The dependencies of this repository stand in for those of any other. */
export const PACKAGES = dirname(dirname(realpathSync(createRequire(import.meta.url).resolve('vitest/package.json'))));

export const kinds = (...names: readonly string[]): Criterion[] => names.map((kind) => ({ id: kind, kind }));
export const file = (path: string, content: string | null, baseContent: string | null = null): DraftedFile =>
  ({ path, mode: '100644', content: content === null ? null : Buffer.from(content), baseContent: baseContent === null ? null : Buffer.from(baseContent) });
export const aDraft = (criteria: readonly Criterion[], files: DraftFiles['files'], over: Partial<DraftFiles> = {}): DraftFiles => ({ criteria, files, ...over }) as DraftFiles;

/** Repositories and a checker with real sandboxes. */
export class CheckBench implements Disposable {
  readonly root: string;
  readonly use: SandboxUse;
  readonly checker: DraftChecker;

  constructor(level: SandboxLevel = 3) {
    this.root = realpathSync(mkdtempSync(join(tmpdir(), 'checks-')));
    chmodSync(this.root, 0o755); // the sandbox's user passes through
    this.use = { level, workDir: join(this.root, 'work'), dropTo: process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : undefined };
    this.checker = new DraftChecker(this.use);
  }

  directory(prefix: string): string {
    return mkdtempSync(join(this.root, prefix));
  }

  /** A repository of one commit. */
  repositoryOf(files: Record<string, string>, { links = {}, dependencies, executable = [] }: { links?: Record<string, string>; dependencies?: string; executable?: readonly string[] } = {}): CheckBase {
    const work = this.directory('base-');
    for (const [path, text] of Object.entries(files)) { mkdirSync(dirname(join(work, path)), { recursive: true }); writeFileSync(join(work, path), text); }
    for (const path of executable) chmodSync(join(work, path), 0o755);
    for (const [path, to] of Object.entries(links)) symlinkSync(to, join(work, path));
    const git = (...args: string[]): string => execFileSync('git', ['-C', work, '-c', 'user.name=t', '-c', 'user.email=t@t', ...args], { encoding: 'utf8' }).trim();
    git('init', '-q');
    git('add', '-A');
    git('commit', '-qm', 'base');
    return { repository: join(work, '.git'), commit: git('rev-parse', 'HEAD'), dependencies };
  }

  /** What each criterion says: whether it passed, and the first line of why. */
  async ask(base: CheckBase, criteria: readonly Criterion[], files: DraftFiles['files']): Promise<Record<string, readonly [boolean, string]>> {
    const results: readonly CheckResult[] = await this.checker.check(base, aDraft(criteria, files));
    return Object.fromEntries(results.map(({ criterion, passed, outputTail }) => [criterion, [passed, outputTail.split('\n')[0]!]]));
  }

  [Symbol.dispose](): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}
