import { ConfigError } from '@countersign/service';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { SandboxProduct } from './adapters/sandbox/index.js';

/** What the fleet reads from its environment besides the common part. */
export interface FleetConfig {
  readonly agentsDir: string;
  readonly mirrorsDir: string;
  readonly workDir: string;
  /** Where the content of skills lies; the gate reads policies from there. */
  readonly policiesDir: string;
  /** Secrets of teams: one file each, never shown to a sandbox. */
  readonly secretsDir: string;
  /** The search service of `websearch`; `{query}` stands for the question. */
  readonly searchUrl: string | undefined;
  readonly sandbox: SandboxProduct;
  /** How long a mirror stays after the last goal on it has ended. */
  readonly mirrorsKeptHours: number;
  /** How long what agents said and used is kept after their run. */
  readonly tracesKeptHours: number;
  /** Workers at once. */
  readonly concurrency: number;
}

const ROOT = resolve(fileURLToPath(new URL('../../../', import.meta.url)));
const KEPT_HOURS = 720;
const WORKERS = 2;
const PRODUCTS = ['strict', 'process', 'none'] as const;

export function readFleetConfig(home: string, env: NodeJS.ProcessEnv): FleetConfig {
  const sandbox = env['COUNTERSIGN_SANDBOX'] ?? 'strict';
  if (!PRODUCTS.includes(sandbox as SandboxProduct)) throw new ConfigError([`COUNTERSIGN_SANDBOX is not one of ${PRODUCTS.join(', ')}`]);
  if (sandbox === 'none' && env['NODE_ENV'] === 'production') throw new ConfigError(['COUNTERSIGN_SANDBOX is none, which is not for production']);
  return Object.freeze({
    agentsDir: env['COUNTERSIGN_AGENTS_DIR'] ?? resolve(ROOT, 'agents'),
    mirrorsDir: env['COUNTERSIGN_MIRRORS'] ?? resolve(home, 'mirrors'),
    workDir: resolve(home, 'work'),
    policiesDir: env['COUNTERSIGN_POLICIES_DIR'] ?? resolve(ROOT, 'policies'),
    secretsDir: resolve(home, 'secrets'),
    searchUrl: searchUrlOf(env['COUNTERSIGN_SEARCH_URL']),
    sandbox: sandbox as SandboxProduct,
    mirrorsKeptHours: keptHoursOf('COUNTERSIGN_MIRRORS_KEPT_HOURS', env),
    tracesKeptHours: keptHoursOf('COUNTERSIGN_LOGS_KEPT_HOURS', env, 24),
    concurrency: workersOf(env['COUNTERSIGN_WORKERS']),
  });
}

function keptHoursOf(name: string, env: NodeJS.ProcessEnv, least = 1): number {
  const text = env[name];
  if (text === undefined || text === '') return KEPT_HOURS;
  if (!/^[1-9]\d{0,5}$/.test(text) || Number(text) < least) throw new ConfigError([`${name} is not a number of hours, at least ${least}`]);
  return Number(text);
}

function workersOf(text: string | undefined): number {
  if (text === undefined || text === '') return WORKERS;
  if (!/^[1-9]\d{0,2}$/.test(text)) throw new ConfigError(['COUNTERSIGN_WORKERS is not a number of workers from 1 to 999']);
  return Number(text);
}

function searchUrlOf(text: string | undefined): string | undefined {
  if (text === undefined || text === '') return undefined;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^https?:$/.test(url.protocol) || !text.includes('{query}')) throw new ConfigError(['COUNTERSIGN_SEARCH_URL is not an http(s) URL with {query} in it']);
  return text;
}
