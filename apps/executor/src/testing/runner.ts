import { auditor, serviceKey } from '@countersign/audit';
import type { Database } from '@countersign/database';
import type { EgressFile } from '@countersign/contracts';
import { EnrolmentSeal, LocalRemotes, readSmtpUrl, type Wire } from '@countersign/service';
import { join } from 'node:path';
import { PostPerformer, type PostLimits } from '../adapters/http/post-performer.js';
import { MailPerformer } from '../adapters/mail/mail-performer.js';
import { SecretFiles } from '../adapters/secret-files.js';
import { EffectRunner, type RunnerOptions } from '../adapters/effect-runner.js';
import { EffectSettler, type SettlerOptions } from '../adapters/effect-settler.js';
import { PublishPerformer } from '../adapters/files/publish-performer.js';
import { PushPerformer } from '../adapters/git/push-performer.js';
import { Keyring, type KeyringOptions } from '../adapters/pins/keyring.js';
import { PinFile } from '../adapters/pins/pin-file.js';
import { EffectStore } from '../adapters/postgres/effect-store.js';
import { Receipts } from '../adapters/receipts.js';
import { alwaysNotary } from './always-notary.js';

interface Folders {
  readonly outside?: Outside;
  readonly home: string;
  readonly mirrors: string;
  readonly publishDir: string;
  /** Those of the home, opened by whoever closes them; else they stay open for as long as the process lives. */
  readonly pins?: PinFile;
}

const quiet = { info: () => undefined, warn: () => undefined, error: (detail: object, text: string) => process.stderr.write(`${text} ${String((detail as { err?: Error }).err?.stack)}\n`) };
const secret = Buffer.alloc(32, 0x42);
const testKey = serviceKey(secret);
export const testSeal = new EnrolmentSeal(secret);

/** What an executor of this home knows by itself: another one of the same home knows the same. */
export const aKeyring = (database: Database, { home, pins = new PinFile(join(home, 'pins')) }: Pick<Folders, 'home' | 'pins'>, over: Partial<KeyringOptions> = {}): Keyring =>
  new Keyring({ database, seal: testSeal, pins, log: quiet, holdMs: 0, highestHoldMs: 0, firstKeys: ['*'], softwareKeys: true, ...over });

/** Where webhooks and e-mails go in a test. */
export interface Outside {
  readonly egress?: EgressFile;
  readonly wire?: Wire;
  readonly smtpUrl?: string;
  readonly limits?: PostLimits & { readonly mailMs: number };
}
/** Shorter than the minute after which tests say that nobody can be at it any more; longer than a busy machine takes for an answer. */
export const SHORT = { postMs: 30_000, statusMs: 30_000, settleMs: 20, mailMs: 30_000 };
const NO_WIRE: Wire = { resolve: () => Promise.reject(new Error('not asked')), connect: () => { throw new Error('not dialled'); } };

const partsOf = (database: Database, { home, mirrors, publishDir, pins, outside: { egress, wire = NO_WIRE, smtpUrl, limits = SHORT } = {} }: Folders) => ({
  keyring: aKeyring(database, { home, ...(pins && { pins }) }),
  store: new EffectStore(database, auditor({ service: 'executor', key: testKey })),
  performers: {
    'git.push': new PushPerformer(home, mirrors, new LocalRemotes(join(home, 'executor'), mirrors, false), { egress, pushAnywhere: true }), 'file.publish': new PublishPerformer(publishDir),
    'http.post': new PostPerformer({ egress, secrets: new SecretFiles(join(home, 'secrets')), wire, limits }),
    'email.send': new MailPerformer({ egress, server: smtpUrl === undefined ? undefined : readSmtpUrl(smtpUrl), limitMs: limits.mailMs }),
  },
});

/** What ends unknown outcomes, without a broker. */
export const aSettler = (database: Database, folders: Folders, options: Partial<SettlerOptions> = {}): EffectSettler => new EffectSettler({ ...partsOf(database, folders), log: quiet, ...options });

/** The executor without a broker: what it wants to tell the others waits in the outbox, and it asks the notary of `alwaysNotary`. */
export const aRunner = (database: Database, folders: Folders, options: Partial<RunnerOptions> = {}): EffectRunner =>
  new EffectRunner({ ...partsOf(database, folders), receipts: new Receipts(database, alwaysNotary(database)), log: quiet, ...options });
