import { readSmtpUrl, type MailServer } from '@countersign/service';
import type { OnApplicationShutdown } from '@nestjs/common';
import { createTransport, type Transporter } from 'nodemailer';
import type { RingText } from '../../domain/ring-text.js';
import { failed, type RingChannel, type SendOutcome } from './channel.js';

export interface MailSettings extends MailServer {
  readonly from: string;
  readonly timeoutMs: number;
}

/** Reads `SMTP_URL`, with `?from=` for the sender. Throws `ConfigError` without repeating it. */
export function readMailSettings(text: string, publicUrl: string, timeoutMs: number): MailSettings {
  const server = readSmtpUrl(text);
  return { ...server, from: new URL(text).searchParams.get('from') ?? `Countersign <no-reply@${new URL(publicUrl).hostname}>`, timeoutMs };
}

interface MailError {
  readonly code?: string;
  readonly responseCode?: number;
}

/** Letters by SMTP. The same letter sent again has the same Message-ID, by which mail programs show it once. */
export class EmailChannel implements RingChannel, OnApplicationShutdown {
  private readonly transport: Transporter;

  constructor(private readonly settings: MailSettings) {
    const { host, port, secure, requireTls, login, timeoutMs } = settings;
    this.transport = createTransport({
      host, port, secure, requireTLS: requireTls, ...(login ? { auth: login } : {}), connectionTimeout: timeoutMs, greetingTimeout: timeoutMs, socketTimeout: timeoutMs, disableFileAccess: true, disableUrlAccess: true,
    });
  }

  async send(address: string, { title, body, link }: RingText, id: string): Promise<SendOutcome> {
    try {
      const { messageId } = await this.transport.sendMail({
        from: this.settings.from,
        to: { name: '', address },
        subject: title,
        text: `${body}\n\n${link}\n\nOpening the link decides nothing: you see what would happen, and sign in to answer.\n`,
        messageId: `<${id}@countersign>`,
        headers: { 'Auto-Submitted': 'auto-generated' },
      });
      return { sent: true, providerId: messageId };
    } catch (error) {
      const { code, responseCode } = error as MailError;
      if (typeof code !== 'string') throw error;
      // a server that said nothing may be there again in a minute; one that says 5xx means it
      return failed(responseCode === undefined ? `smtp_${code.toLowerCase()}` : `smtp_${responseCode}`, code !== 'EAUTH' && (responseCode === undefined || responseCode < 500), { gone: responseCode === 550 });
    }
  }

  onApplicationShutdown(): void {
    this.transport.close();
  }
}
