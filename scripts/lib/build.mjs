import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { step } from './report.mjs';
import { quietly } from './run.mjs';

const HINT = 'mend the lines above and run the command again';
/** The native compiler (ADR 0013); the package `typescript` stays for what uses the compiler as a library. */
export const tsc = (root) => join(root, 'node_modules', 'typescript-7', 'bin', 'tsc');
const IGNORED = new Set(['node_modules', 'dist', '.git', '.countersign', '.toolchain', 'coverage']);

/** Folders of all workspaces that hold a tsconfig.json, relative to the clone. */
export function projects(root) {
  const groups = ['libs', 'apps'].flatMap((group) => readdirSync(join(root, group)).map((name) => join(group, name)));
  return [...groups, 'agents', 'test'].filter((folder) => existsSync(join(root, folder, 'tsconfig.json')));
}

/** Compiles every workspace, bundles the services and the web app; does nothing when no source has changed since the last time. */
export async function ensureBuilt(root, node) {
  const compile = unitOf(root, 'types', projects(root).filter((folder) => folder !== join('apps', 'web')), ['tsconfig.json', 'tsconfig.base.json', join('scripts', 'bundle.mjs')]);
  if (compile.stale) {
    await step('Build', async () => {
      await quietly(node, [tsc(root), '-b', '--pretty', 'false'], { cwd: root, hint: HINT });
      await quietly(node, [join(root, 'scripts', 'bundle.mjs')], { cwd: root, hint: HINT });
      await quietly(node, [join(root, 'agents', 'dist', 'source', 'precompiled.cjs')], { cwd: root, hint: HINT });
      const removed = compile.folders.reduce((sum, folder) => sum + sweep(join(root, folder)), 0);
      compile.done();
      return `${compile.folders.length} workspaces${removed > 0 ? `, ${removed} left-over files removed` : ''}`;
    });
  }
  await ensureWeb(root, node);
}

async function ensureWeb(root, node) {
  if (!existsSync(join(root, 'apps', 'web', 'index.html'))) return;
  const web = unitOf(root, 'web', [join('apps', 'web'), join('libs', 'contracts'), join('libs', 'view')], []);
  if (!web.stale) return;
  await step('Web app', async () => {
    const vite = ['apps/web/node_modules/vite', 'node_modules/vite'].map((at) => join(root, at, 'bin', 'vite.js')).find(existsSync);
    await quietly(node, [vite ?? 'vite', 'build'], { cwd: join(root, 'apps', 'web'), hint: HINT });
    web.done();
  });
}

/** A set of folders with the print of their sources at the last successful build. */
function unitOf(root, name, folders, files) {
  const path = join(root, '.toolchain', `built-${name}`);
  const print = fingerprint(root, [...folders, ...files, 'package-lock.json']);
  const before = existsSync(path) ? readFileSync(path, 'utf8') : '';
  const missing = !existsSync(join(root, 'dist')) || folders.some((folder) => folder !== join('libs', 'contracts') && !existsSync(join(root, folder, 'dist')));
  const done = () => {
    mkdirSync(join(root, '.toolchain'), { recursive: true });
    writeFileSync(path, print);
  };
  return { folders, stale: missing || before !== print, done };
}

/** Paths, sizes and times of change: cheap (no file is read), and a copy made with `cp -a` keeps it. */
function fingerprint(root, entries) {
  const hash = createHash('sha256');
  const visit = (path) => {
    const stat = statSync(path, { throwIfNoEntry: false });
    if (!stat) return;
    if (stat.isDirectory()) {
      for (const name of readdirSync(path).sort()) if (!IGNORED.has(name)) visit(join(path, name));
    } else hash.update(`${relative(root, path)}\0${stat.size}\0${Math.trunc(stat.mtimeMs)}\n`);
  };
  for (const entry of entries) visit(join(root, entry));
  return hash.digest('hex');
}

/** Removes compiled files whose source is gone: a renamed test would otherwise go on running from its old output. */
function sweep(project) {
  const compiled = /^(.*)\.d\.([cm]?)ts$/;
  let removed = 0;
  const visit = (folder) => {
    for (const entry of readdirSync(join(project, 'dist', folder), { withFileTypes: true })) {
      const path = join(folder, entry.name);
      const match = compiled.exec(path);
      if (entry.isDirectory()) visit(path);
      else if (match && !hasSource(project, match)) {
        for (const end of [`.d.${match[2]}ts`, `.${match[2]}js`, `.${match[2]}js.map`]) rmSync(join(project, 'dist', match[1] + end), { force: true });
        removed += 1;
      }
    }
  };
  if (existsSync(join(project, 'dist'))) visit('');
  return removed;
}

function hasSource(project, [, stem, kind]) {
  return [`.${kind}ts`, '.tsx', `.d.${kind}ts`].some((end) => existsSync(join(project, 'src', stem + end)));
}
