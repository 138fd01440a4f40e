import chromiumPack, { inflate } from '@sparticuz/chromium';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium, type Browser } from 'playwright-core';

/** Folder of the package that carries the browser; its entry is build/index.js. */
const PACK = resolve(fileURLToPath(import.meta.resolve('@sparticuz/chromium')), '../..');

/** A browser that came with the packages: nothing has to be installed on the machine. */
export async function openBrowser(): Promise<Browser> {
  chromiumPack.setGraphicsMode = false;
  const folder = await unpacked();
  // One process for everything is for machines that allow no children; a page that crashes would take the browser along.
  const args = chromiumPack.args.filter((arg) => !/^--(?:single-process|headless|disable-web-security|allow-running-insecure-content)/.test(arg));
  const executablePath = join(folder, 'chromium');
  return chromium.launch({ executablePath, args, env: { ...process.env, ...librariesFor(executablePath, folder) } });
}

const FULL = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];

/** The machine's own browser, whole: one that shows notifications, which the one of the packages cannot. */
export async function openFullBrowser(): Promise<Browser> {
  const named = process.env['COUNTERSIGN_CHROMIUM'];
  const found = named ?? FULL.flatMap((name) => (process.env['PATH'] ?? '').split(':').map((folder) => join(folder, name))).find((path) => existsSync(path));
  if (found === undefined || !existsSync(found)) throw new Error(`no full Chromium ${found === undefined ? 'on the PATH' : `at ${found}`}: install one (Debian, Ubuntu: apt-get install chromium), or name it by COUNTERSIGN_CHROMIUM=PATH`);
  return chromium.launch({ executablePath: found, args: ['--disable-gpu', ...(userInfo().uid === 0 ? ['--no-sandbox'] : [])] });
}

/**
 * The folder with the unpacked browser. It is made under another name and renamed, so that a run which was killed, or one
 * beside this one, leaves no half of it.
 */
async function unpacked(): Promise<string> {
  const { version } = JSON.parse(readFileSync(join(PACK, 'package.json'), 'utf8')) as { version: string };
  const folder = join(tmpdir(), `countersign-chromium-${version}-${userInfo().uid}`);
  if (existsSync(folder)) return folder;
  const half = mkdtempSync(join(tmpdir(), 'countersign-chromium-half-'));
  const before = process.env.TMPDIR;
  process.env.TMPDIR = half; // the package unpacks below the temporary folder and nowhere else
  try {
    await chromiumPack.executablePath();
    await inflate(join(PACK, 'bin', 'al2023.tar.br'));
  } finally {
    if (before === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = before;
  }
  try {
    renameSync(half, folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOTEMPTY' && (error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    rmSync(half, { recursive: true, force: true }); // another run was faster
  }
  return folder;
}

/** Libraries that the machine lacks come from the package too; those that it has are its own. */
function librariesFor(executable: string, folder: string): NodeJS.ProcessEnv {
  const fonts = join(folder, 'fonts');
  mkdirSync(fonts, { recursive: true });
  const missing = /not found/.test(execFileSync('ldd', [executable], { encoding: 'utf8' }));
  return { ...(missing ? { LD_LIBRARY_PATH: join(folder, 'al2023', 'lib') } : {}), ...(hasFonts() ? {} : { FONTCONFIG_PATH: fonts }) };
}

const hasFonts = (): boolean => existsSync('/etc/fonts/fonts.conf') && readFileSync('/etc/fonts/fonts.conf', 'utf8') !== '';
