import { CustomerId, MalformedIdError, type EgressFile } from '@countersign/contracts';
import { ConfigError, readEgress, readSmtpUrl, type MailServer } from '@countersign/service';
import { resolve } from 'node:path';

/** What the executor reads from its environment besides the common part. */
export interface ExecutorConfig {
  /** Where the fleet keeps its bare mirrors; only read. */
  readonly mirrorsDir: string;
  /** Where `file.publish` puts its folders; without it that effect is refused. */
  readonly publishDir: string | undefined;
  /** Where webhooks and e-mails may go; without it both are refused. */
  readonly egress: EgressFile | undefined;
  /** Where the operator's file says nothing of pushes: anywhere; never in production. */
  readonly pushAnywhere: boolean;
  /** The secrets that sign webhooks, a file for each alias. */
  readonly secretsDir: string;
  /** The operator's; without it no e-mail is sent. */
  readonly mailServer: MailServer | undefined;
  /** Who a notice about a new key is from; unset: `no-reply` at the host that people use. */
  readonly mailFrom: string | undefined;
  /** What it has pinned: keys, and approvals it began to act on. */
  readonly pinsDir: string;
  /** How long a key waits before it counts. */
  readonly deviceHoldMs: number;
  /** The same for what cannot be undone: three times as long. */
  readonly highestHoldMs: number;
  /** Customers whose first key waits for nothing; `*`: every one, never in production. */
  readonly firstKeys: readonly string[];
  /** Keys in files count; never in production. */
  readonly softwareKeys: boolean;
}

export const DEVICE_HOLD_MS = 24 * 3_600_000;
const HIGHEST_HOLD_TIMES = 3;

/** Throws `ConfigError` naming what cannot be read, never what stands in it, on a hold that is no number, or in production shorter than a day, and on first keys that name no customer, or in production every one. */
export function readExecutorConfig(home: string, env: NodeJS.ProcessEnv): ExecutorConfig {
  const publishDir = env['COUNTERSIGN_PUBLISH_DIR'];
  const smtpUrl = env['SMTP_URL'];
  const production = env['NODE_ENV'] === 'production';
  const hold = env['COUNTERSIGN_DEVICE_HOLD_MS'] || String(DEVICE_HOLD_MS);
  if (!/^\d{1,11}$/.test(hold)) throw new ConfigError(['COUNTERSIGN_DEVICE_HOLD_MS is not a whole number of milliseconds']);
  if (production && Number(hold) < DEVICE_HOLD_MS) throw new ConfigError(['COUNTERSIGN_DEVICE_HOLD_MS is less than a day, which is not for production']);
  return Object.freeze({
    mirrorsDir: resolve(env['COUNTERSIGN_MIRRORS'] ?? resolve(home, '../fleet/mirrors')),
    publishDir: publishDir === undefined || publishDir === '' ? undefined : resolve(publishDir),
    egress: readEgress(env['COUNTERSIGN_EGRESS']),
    pushAnywhere: !production,
    secretsDir: resolve(home, 'secrets'),
    mailServer: smtpUrl === undefined || smtpUrl === '' ? undefined : readSmtpUrl(smtpUrl),
    mailFrom: smtpUrl === undefined || smtpUrl === '' ? undefined : (new URL(smtpUrl).searchParams.get('from') ?? undefined),
    pinsDir: resolve(home, 'pins'),
    deviceHoldMs: Number(hold),
    highestHoldMs: Number(hold) * HIGHEST_HOLD_TIMES,
    firstKeys: readFirstKeys(env['COUNTERSIGN_FIRST_KEYS'] ?? '', production),
    softwareKeys: !production,
  });
}

function readFirstKeys(text: string, production: boolean): readonly string[] {
  const named = text.split(',').map((each) => each.trim()).filter((each) => each !== '');
  if (production && named.includes('*')) throw new ConfigError(['COUNTERSIGN_FIRST_KEYS is every customer, which is not for production']);
  try {
    return named.map((each) => (each === '*' ? each : CustomerId.parse(each)));
  } catch (cause) {
    if (cause instanceof MalformedIdError) throw new ConfigError(['COUNTERSIGN_FIRST_KEYS is neither a list of customers’ ids nor *']);
    throw cause;
  }
}
