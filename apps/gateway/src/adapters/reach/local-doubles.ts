import { appendFile } from 'node:fs/promises';
import path from 'node:path';
import type { FcmServiceDouble, MailServerDouble, ReceivedPush, SmsServiceDouble } from '@countersign/testing/doubles';
import type { GatewayConfig } from '../../config.js';
import { readMailSettings, type MailSettings } from './email-channel.js';
import { readSmsSettings, type SmsSettings } from './sms-channel.js';

/** For which channels a double can stand in, beside push, for which one does wherever there is no real service. */
export const DOUBLED = ['email', 'sms'] as const;
export type Doubled = (typeof DOUBLED)[number];

export interface Mailbox {
  readonly letters: readonly { readonly at: string; readonly to: readonly string[]; readonly subject: string; readonly text: string }[];
  readonly texts: readonly { readonly at: string; readonly to: string; readonly body: string }[];
}

/** Newest last. */
const SHOWN = 100;
const TIMEOUT_MS = 10_000;

/** The world outside of one's own machine: servers on loopback that speak the real protocols and keep what they were sent. Loaded only where they are used. */
export class LocalDoubles {
  private constructor(
    readonly fcm: FcmServiceDouble | undefined,
    private readonly mail: MailServerDouble | undefined,
    private readonly sms: SmsServiceDouble | undefined,
    private readonly publicUrl: string,
    private readonly smsToken: string,
    private readonly read: (message: Buffer) => { readonly subject: string; readonly text: string },
  ) {}

  /** Undefined where nothing is doubled. */
  static async start({ fcmCredentialsFile, doubled, reach, home, publicUrl }: GatewayConfig): Promise<LocalDoubles | undefined> {
    const mailWanted = doubled.includes('email') && reach.mail === undefined;
    const smsWanted = doubled.includes('sms') && reach.sms === undefined;
    if (fcmCredentialsFile !== undefined && !mailWanted && !smsWanted) return undefined;
    const doubles = await import('@countersign/testing/doubles');
    const keep = (push: ReceivedPush): Promise<void> => appendFile(path.join(home, 'push-double.ndjson'), `${JSON.stringify(push)}\n`, { mode: 0o600 });
    const [fcm, mail, sms] = await Promise.all([
      fcmCredentialsFile === undefined ? doubles.FcmServiceDouble.start(keep) : undefined,
      mailWanted ? doubles.MailServerDouble.start() : undefined,
      smsWanted ? doubles.SmsServiceDouble.start() : undefined,
    ]);
    return new LocalDoubles(fcm, mail, sms, publicUrl, doubles.SMS_TOKEN, doubles.readLetter);
  }

  get mailSettings(): MailSettings | undefined {
    return this.mail && readMailSettings(this.mail.url, this.publicUrl, TIMEOUT_MS);
  }

  get smsSettings(): SmsSettings | undefined {
    return this.sms && readSmsSettings(this.sms.url, this.smsToken, TIMEOUT_MS);
  }

  pushes(): readonly ReceivedPush[] {
    return this.fcm?.taken ?? [];
  }

  mailbox(): Mailbox {
    return {
      letters: (this.mail?.taken ?? []).slice(-SHOWN).map(({ at, to, message }) => ({ at, to, ...this.read(message) })),
      texts: (this.sms?.taken ?? []).slice(-SHOWN).map(({ at, to, body }) => ({ at, to, body })),
    };
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.all([this.fcm, this.mail, this.sms].flatMap((double) => (double ? [double[Symbol.asyncDispose]()] : [])));
  }
}
