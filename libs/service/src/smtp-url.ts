import { ConfigError } from './config.js';

/** The operator's mail server. */
export interface MailServer {
  readonly host: string;
  readonly port: number;
  /** TLS from the first byte. */
  readonly secure: boolean;
  /** Not needed on this machine alone. */
  readonly requireTls: boolean;
  readonly login: { readonly user: string; readonly pass: string } | undefined;
}

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);

/** Reads `smtp://` (STARTTLS is a must, but on this machine) or `smtps://`, with user and password. Throws `ConfigError` without repeating any of it. */
export function readSmtpUrl(text: string): MailServer {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^smtps?:$/.test(url.protocol) || url.hostname === '') throw new ConfigError(['SMTP_URL is no smtp:// or smtps:// URL']);
  const secure = url.protocol === 'smtps:';
  const login = url.username === '' ? undefined : { user: decodeURIComponent(url.username), pass: decodeURIComponent(url.password) };
  return { host: url.hostname.replace(/^\[|\]$/g, ''), port: url.port === '' ? (secure ? 465 : 587) : Number(url.port), secure, requireTls: !secure && !LOOPBACK.has(url.hostname), login };
}
