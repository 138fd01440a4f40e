import { ConfigError } from '@countersign/service';
import type { OnApplicationShutdown } from '@nestjs/common';
import { createTransport, type Transporter } from 'nodemailer';
import type { RingText } from '../../domain/ring-text.js';
import { failed, type RingChannel, type SendOutcome } from './channel.js';

export interface MailSettings {
  readonly host: string;
  readonly port: number;
  /** TLS from the first byte; else STARTTLS, which only this machine itself may do without. */
  readonly secure: boolean;
  readonly requireTls: boolean;
  readonly login: { readonly user: string; readonly pass: string } | undefined;
  readonly from: string;
  readonly timeoutMs: number;
}

/** Reads `SMTP_URL` (`smtp://` or `smtps://`, user and password in it, `?from=` for the sender). Throws `ConfigError` without repeating it. */
export function readMailSettings(text: string, publicUrl: string, timeoutMs: number): MailSettings {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^smtps?:$/.test(url.protocol) || url.hostname === '') throw new ConfigError(['SMTP_URL is no smtp:// or smtps:// URL']);
  const secure = url.protocol === 'smtps:';
  return {
    host: url.hostname,
    port: Number(url.port || (secure ? 465 : 587)),
    secure,
    requireTls: !secure && !['localhost', '127.0.0.1'].includes(url.hostname),
    login: url.username === '' ? undefined : { user: decodeURIComponent(url.username), pass: decodeURIComponent(url.password) },
    from: url.searchParams.get('from') ?? `Countersign <no-reply@${new URL(publicUrl).hostname}>`,
    timeoutMs,
  };
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
