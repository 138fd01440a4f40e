import type { EgressFile } from '@countersign/contracts';
import { readEgress } from '@countersign/service';
import { resolve } from 'node:path';
import { readSmtpUrl, type MailServer } from './adapters/mail/smtp.js';

/** What the executor reads from its environment besides the common part. */
export interface ExecutorConfig {
  /** Where the fleet keeps its bare mirrors; only read. */
  readonly mirrorsDir: string;
  /** Where `file.publish` puts its folders; without it that effect is refused. */
  readonly publishDir: string | undefined;
  /** Where webhooks and e-mails may go; without it both are refused. */
  readonly egress: EgressFile | undefined;
  /** The secrets that sign webhooks, a file for each alias. */
  readonly secretsDir: string;
  /** The operator's; without it no e-mail is sent. */
  readonly mailServer: MailServer | undefined;
}

/** Throws `ConfigError` naming what cannot be read, never what stands in it. */
export function readExecutorConfig(home: string, env: NodeJS.ProcessEnv): ExecutorConfig {
  const publishDir = env['COUNTERSIGN_PUBLISH_DIR'];
  const smtpUrl = env['SMTP_URL'];
  return Object.freeze({
    mirrorsDir: resolve(env['COUNTERSIGN_MIRRORS'] ?? resolve(home, '../fleet/mirrors')),
    publishDir: publishDir === undefined || publishDir === '' ? undefined : resolve(publishDir),
    egress: readEgress(env['COUNTERSIGN_EGRESS']),
    secretsDir: resolve(home, 'secrets'),
    mailServer: smtpUrl === undefined || smtpUrl === '' ? undefined : readSmtpUrl(smtpUrl),
  });
}
