// Writes the command line and each service as one file below dist/: loaded module by module, a service reads some 1,600
// files before it does anything (ADR 0020).
import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundle } from './lib/bundle.mjs';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const OUT = join(ROOT, 'dist');
const KEEP_MS = 24 * 3_600_000;

const mainOf = (app) => join(ROOT, 'apps', app, 'dist', 'main.js');
const apps = readdirSync(join(ROOT, 'apps')).filter((app) => existsSync(mainOf(app)));
const written = new Set(await bundle(ROOT, OUT, Object.fromEntries(apps.map((app) => [app, mainOf(app)]))));

// A stack that runs may still load a chunk of the build it was started from.
for (const name of readdirSync(OUT)) if (!written.has(name) && statSync(join(OUT, name)).mtimeMs < Date.now() - KEEP_MS) rmSync(join(OUT, name));
