import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, readdirSync, watch, type FSWatcher } from 'node:fs';
import { join } from 'node:path';
import { paint, say } from '../../../../scripts/lib/report.mjs';
import { CLONE, homeOf } from '../stack/home.js';
import { enterNamespace } from '../stack/namespace.js';
import { Stack } from '../stack/stack.js';
import { header, startedFace } from '../ui/start-face.js';
import { EXIT, type Command } from './command.js';
import { readSandbox, SANDBOX_OPTION, SANDBOX_USAGE, warnOfSandbox } from './sandbox-flag.js';
import { untilAskedToEnd } from './up.js';

const BASE_PORT = 4400;
/** The compiler writes many files in one go; a service is restarted once for all of them. */
const SETTLE_MS = 400;

export const dev: Command = {
  usage: SANDBOX_USAGE,
  summary: 'the stack with reload: sources are compiled as they change, and what changed is restarted',
  options: SANDBOX_OPTION,
  async run(call) {
    const sandbox = readSandbox(call);
    const home = homeOf(call.global.home);
    const entered = await enterNamespace(home, call.args);
    if (entered.done) return entered.exitCode;
    header();
    warnOfSandbox(sandbox);
    const stack = await Stack.start({ home, mode: entered.mode, port: BASE_PORT, env: process.env, sandbox, unbundled: true });
    startedFace(stack.record());
    const compilers = webCompiler();
    const watchers = [...watchSources(new Compiler()), ...watchBuilds((names) => restart(stack, names))];
    await untilAskedToEnd();
    for (const watcher of watchers) watcher.close();
    for (const child of compilers) child.kill();
    await stack.stop();
    return EXIT.done;
  },
};

function compiler(program: readonly string[], args: readonly string[], cwd: string): ChildProcess {
  return spawn(process.execPath, [join(CLONE, 'node_modules', ...program), ...args], { cwd, stdio: ['ignore', process.stderr, process.stderr] });
}

const webCompiler = (): ChildProcess[] => (existsSync(join(CLONE, 'apps', 'web', 'index.html')) ? [compiler(['vite', 'bin', 'vite.js'], ['build', '--watch'], join(CLONE, 'apps', 'web'))] : []);

/** Compiles everything that changed, one run at a time. The native compiler's own watching does not see changes below project references (7.0). */
class Compiler {
  private running = false;
  private again = false;

  readonly run = (): void => {
    this.again = this.running;
    if (this.running) return;
    this.running = true;
    compiler(['typescript-7', 'bin', 'tsc'], ['-b', '--pretty', 'false'], CLONE).once('close', () => {
      this.running = false;
      if (this.again) this.run();
    });
  };
}

const GROUPS = ['apps', 'libs'] as const;

function watchSources(compile: Compiler): FSWatcher[] {
  const folders = [...GROUPS.flatMap((group) => readdirSync(join(CLONE, group)).map((name) => join(group, name, 'src'))), join('agents', 'src')];
  let timer: NodeJS.Timeout | undefined;
  const changed = (): void => {
    clearTimeout(timer);
    timer = setTimeout(compile.run, SETTLE_MS);
  };
  return folders.map((folder) => join(CLONE, folder)).filter(existsSync).map((folder) => watch(folder, { recursive: true }, changed));
}

/** Calls back with the apps whose compiled files have changed; all of them when a library has. */
function watchBuilds(onChanged: (names: ReadonlySet<string>) => void): FSWatcher[] {
  const changed = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  const touch = (names: readonly string[]): void => {
    for (const name of names) changed.add(name);
    clearTimeout(timer);
    timer = setTimeout(() => {
      onChanged(new Set(changed));
      changed.clear();
    }, SETTLE_MS);
  };
  const apps = readdirSync(join(CLONE, 'apps'));
  const watched = (group: string, names: readonly string[], touched: (name: string) => readonly string[]): FSWatcher[] =>
    names.map((name) => ({ name, folder: join(CLONE, group, name, 'dist') })).filter(({ folder }) => existsSync(folder)).map(({ name, folder }) => watch(folder, { recursive: true }, (_, file) => void (file?.endsWith('.js') && touch(touched(name)))));
  return [...watched('apps', apps, (name) => [name]), ...watched('libs', readdirSync(join(CLONE, 'libs')), () => apps), ...watched('.', ['agents'], () => ['fleet'])];
}

function restart(stack: Stack, names: ReadonlySet<string>): void {
  const parts = stack.parts.filter(({ spec }) => names.has(spec.name));
  if (parts.length === 0) return;
  say(`  ${paint(36, '↻')} ${parts.map(({ spec }) => spec.name).join(', ')}`);
  for (const part of parts) part.restart();
}
