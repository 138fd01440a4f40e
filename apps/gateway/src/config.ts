import type { EgressFile } from '@countersign/contracts';
import { ConfigError, readEgress, ServiceConfig } from '@countersign/service';
import { BlockList, isIP } from 'node:net';
import path from 'node:path';
import { DOUBLED, type Doubled } from './adapters/reach/local-doubles.js';
import { readMailSettings, type MailSettings } from './adapters/reach/email-channel.js';
import { readSmsSettings, type SmsSettings } from './adapters/reach/sms-channel.js';
import type { WebPushSettings } from './adapters/reach/web-push-channel.js';
import { BOUND_TOKENS, type BoundTokens } from './domain/bound-tokens.js';
import type { BucketLimits } from './domain/token-bucket.js';

/** An OpenID issuer of the operator's own. */
export interface ExternalIssuer {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
}

export interface ReachSettings {
  readonly webPush: WebPushSettings | undefined;
  readonly mail: MailSettings | undefined;
  readonly sms: SmsSettings | undefined;
}

/** What the gateway reads besides `ServiceConfig`. Frozen. */
export class GatewayConfig {
  readonly host!: string;
  readonly port!: number;
  /** As people reach it: origin only, no trailing slash. */
  readonly publicUrl!: string;
  /** The gateway's own state directory: issuer keys, what the push double received. */
  readonly home!: string;
  /** Unset: the local issuer with its personas. */
  readonly oidc!: ExternalIssuer | undefined;
  /** The subject, at the operator's own issuer, who is entered as governor of the platform while that issuer has none. */
  readonly firstGovernor!: string | undefined;
  /** The secret with which a command line gets a token for a persona; unset: no such grant. */
  readonly personaSecretFile!: string | undefined;
  readonly bundlesDir!: string;
  /** So long a start waits for the gate to put in force what bundles are held against. */
  readonly gateWaitMs!: number;
  readonly webDir!: string;
  /** Overrides policy and bundle, for demos and tests. */
  readonly approvalTimeoutMs!: number | undefined;
  /** Service account of FCM; unset: the local double. */
  readonly fcmCredentialsFile!: string | undefined;
  /** How people are reached beside FCM; a channel that is not set up is none. */
  readonly reach!: ReachSettings;
  /** For which channels a double stands in where nothing real is set up. */
  readonly doubled!: readonly Doubled[];
  /** Where approved webhooks and e-mails may go; unset: nowhere. The executor has the last word. */
  readonly egress!: EgressFile | undefined;
  /** Where that file says nothing of pushes: anywhere; never in production. */
  readonly pushAnywhere!: boolean;
  /** How long another service may take to answer. */
  readonly commandTimeoutMs!: number;
  /** How long a delivery may take as a whole, whatever its channel is made of. */
  readonly deliverWithinMs!: number;
  /** How often rows are looked at for what a lost message should have said. */
  readonly lookEveryMs!: number;
  /** How often agents are looked at that may wear people out. */
  readonly watchEveryMs!: number;
  /** How often the gate is told how fast the API answers. */
  readonly paceEveryMs!: number;
  /** How long an enrolment waits for the executor to say from when the key counts. */
  readonly pinWaitMs!: number;
  /** For what a token must be bound to a key of its holder's (RFC 9449). */
  readonly boundTokens!: BoundTokens;
  /** Keys in files may sign; never in production. */
  readonly softwareKeys!: boolean;
  readonly personRate!: BucketLimits;
  /** Failed sign-ins, and begun ones, per address. */
  readonly strangerRate!: BucketLimits;
  /** Who is believed when they say whom a request came from (`X-Forwarded-For`); empty: nobody. */
  readonly trustedProxies!: BlockList;
  /** Makes the tenants and personas of the local issuer at start. */
  readonly seed!: 'people' | 'people-and-team' | 'none';
}

const CLONE = path.resolve(import.meta.dirname, '../../..');
const DEFAULT_PORT = 4400;
const COMMAND_TIMEOUT_MS = 8_000;
/** Shorter than a claim of a notification lasts: nobody else takes it up while we wait. */
const CHANNEL_TIMEOUT_MS = 10_000;
const DELIVER_WITHIN_MS = 15_000;
/** Chrome and Edge on Android, Firefox, Edge on Windows, Safari. */
const PUSH_SERVICES = ['https://fcm.googleapis.com', 'https://*.push.services.mozilla.com', 'https://*.notify.windows.com', 'https://*.push.apple.com'];
const PIN_WAIT_MS = 1_500;
const LOOK_EVERY_MS = 1_500;
const WATCH_EVERY_MS = 2_000;
const PACE_EVERY_MS = 60_000;
const PERSON_RATE: BucketLimits = { burst: 200, perSecond: 60 };
const STRANGER_RATE: BucketLimits = { burst: 30, perSecond: 1 };

type Environment = Readonly<Record<string, string | undefined>>;

/** Reads the environment once. Throws `ConfigError` naming all bad variables together. */
export function readGatewayConfig(env: Environment, service: Pick<ServiceConfig, 'home'>): GatewayConfig {
  const problems: string[] = [];
  const port = integer(env, 'PORT', DEFAULT_PORT, 65_535, problems);
  const publicUrl = env['PUBLIC_URL'] ?? `http://localhost:${port}`;
  if (!URL.canParse(publicUrl)) problems.push('PUBLIC_URL is not a URL');
  const oidc = externalIssuer(env, problems);
  if (oidc && env['COUNTERSIGN_DOUBLES']) problems.push('COUNTERSIGN_DOUBLES is set beside OIDC_ISSUER: doubles keep real people’s messages where anybody on this machine reads them, and deliver none');
  if (env['NODE_ENV'] === 'production') problems.push(...unfitForProduction(env, oidc, publicUrl));
  const config: GatewayConfig = {
    host: env['HOST'] ?? '127.0.0.1',
    port,
    publicUrl: URL.canParse(publicUrl) ? new URL(publicUrl).origin : '',
    home: service.home,
    oidc,
    firstGovernor: env['OIDC_FIRST_GOVERNOR'] || undefined,
    personaSecretFile: env['LOCAL_ISSUER_SECRET_FILE'],
    bundlesDir: env['COUNTERSIGN_BUNDLES_DIR'] ?? path.join(CLONE, 'bundles'),
    gateWaitMs: 20_000,
    webDir: env['COUNTERSIGN_WEB_DIR'] ?? path.join(CLONE, 'apps', 'web', 'dist'),
    approvalTimeoutMs: env['COUNTERSIGN_APPROVAL_TIMEOUT_MS'] === undefined ? undefined : integer(env, 'COUNTERSIGN_APPROVAL_TIMEOUT_MS', 0, 366 * 86_400_000, problems),
    fcmCredentialsFile: env['GOOGLE_APPLICATION_CREDENTIALS'],
    reach: reachSettings(env, publicUrl, problems),
    doubled: doubledChannels(env, problems),
    egress: readEgress(env['COUNTERSIGN_EGRESS']),
    pushAnywhere: env['NODE_ENV'] !== 'production',
    commandTimeoutMs: COMMAND_TIMEOUT_MS,
    deliverWithinMs: DELIVER_WITHIN_MS,
    lookEveryMs: LOOK_EVERY_MS,
    watchEveryMs: WATCH_EVERY_MS,
    paceEveryMs: PACE_EVERY_MS,
    pinWaitMs: PIN_WAIT_MS,
    boundTokens: boundTokens(env, problems),
    softwareKeys: env['NODE_ENV'] !== 'production',
    personRate: PERSON_RATE,
    strangerRate: STRANGER_RATE,
    trustedProxies: proxies(env, problems),
    seed: oidc ? 'none' : 'people-and-team',
  };
  if (problems.length > 0) throw new ConfigError(problems);
  return Object.freeze(Object.assign(Object.create(GatewayConfig.prototype) as GatewayConfig, config));
}

function integer(env: Environment, name: string, fallback: number, max: number, problems: string[]): number {
  const text = env[name];
  if (text === undefined || text === '') return fallback;
  if (!/^\d{1,12}$/.test(text) || Number(text) > max) problems.push(`${name} is not a whole number up to ${max}`);
  return Number(text);
}

/** Addresses and networks (`10.0.0.0/8`), separated by commas. */
function proxies(env: Environment, problems: string[]): BlockList {
  const list = new BlockList();
  for (const entry of env['COUNTERSIGN_TRUSTED_PROXIES']?.split(',').map((each) => each.trim()).filter((each) => each !== '') ?? []) {
    const [address, bits] = entry.split('/') as [string, string?];
    const version = isIP(address);
    if (version === 0 || (bits !== undefined && (!/^\d{1,3}$/.test(bits) || Number(bits) > (version === 4 ? 32 : 128)))) problems.push('COUNTERSIGN_TRUSTED_PROXIES holds what is neither an address nor a network');
    else list.addSubnet(address, bits === undefined ? (version === 4 ? 32 : 128) : Number(bits), version === 4 ? 'ipv4' : 'ipv6');
  }
  return list;
}

function doubledChannels(env: Environment, problems: string[]): Doubled[] {
  const named = env['COUNTERSIGN_DOUBLES']?.split(',').map((each) => each.trim()).filter((each) => each !== '') ?? [];
  const known = DOUBLED.filter((one) => named.includes(one));
  if (known.length !== named.length) problems.push(`COUNTERSIGN_DOUBLES holds what is not one of ${DOUBLED.join(', ')}`);
  return known;
}

function boundTokens(env: Environment, problems: string[]): BoundTokens {
  const wanted = env['COUNTERSIGN_BOUND_TOKENS'] || 'never';
  const known = BOUND_TOKENS.find((one) => one === wanted);
  if (known === undefined) problems.push(`COUNTERSIGN_BOUND_TOKENS is not one of ${BOUND_TOKENS.join(', ')}`);
  return known ?? 'always';
}

function externalIssuer(env: Environment, problems: string[]): ExternalIssuer | undefined {
  const issuer = env['OIDC_ISSUER'];
  if (issuer === undefined || issuer === '') return undefined;
  if (!URL.canParse(issuer)) problems.push('OIDC_ISSUER is not a URL');
  for (const name of ['OIDC_CLIENT_ID', 'OIDC_CLIENT_SECRET']) if (!env[name]) problems.push(`${name} is not set`);
  return { issuer, clientId: env['OIDC_CLIENT_ID'] ?? '', clientSecret: env['OIDC_CLIENT_SECRET'] ?? '' };
}

function reachSettings(env: Environment, publicUrl: string, problems: string[]): ReachSettings {
  const read = <T>(name: string, parse: (text: string) => T): T | undefined => {
    const text = env[name];
    if (text === undefined || text === '') return undefined;
    try {
      return parse(text);
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      problems.push(...error.problems);
      return undefined;
    }
  };
  const origin = URL.canParse(publicUrl) ? new URL(publicUrl).origin : 'http://localhost';
  return {
    webPush: webPushSettings(env, origin, problems),
    mail: read('SMTP_URL', (text) => readMailSettings(text, origin, CHANNEL_TIMEOUT_MS)),
    sms: read('SMS_URL', (text) => readSmsSettings(text, env['SMS_TOKEN'], CHANNEL_TIMEOUT_MS)),
  };
}

function webPushSettings(env: Environment, origin: string, problems: string[]): WebPushSettings | undefined {
  const [publicKey, privateKey] = [env['VAPID_PUBLIC_KEY'], env['VAPID_PRIVATE_KEY']];
  if (!publicKey && !privateKey) return undefined;
  if (Buffer.from(publicKey ?? '', 'base64url').length !== 65) problems.push('VAPID_PUBLIC_KEY is not the base64url of a P-256 point');
  if (Buffer.from(privateKey ?? '', 'base64url').length !== 32) problems.push('VAPID_PRIVATE_KEY is not the base64url of 32 bytes');
  const origins = env['WEB_PUSH_ORIGINS']?.split(',').map((each) => each.trim()).filter((each) => each !== '') ?? PUSH_SERVICES;
  for (const each of origins) if (!/^https:\/\/(?:\*\.)?[a-z0-9.-]+(?::\d+)?$/.test(each) && !/^http:\/\/127\.0\.0\.1:\d+$/.test(each)) problems.push('WEB_PUSH_ORIGINS holds what is no https origin');
  // RFC 8292 wants a way to reach whoever sends; a local address is none, and nobody outside is called from there
  const subject = origin.startsWith('https:') ? origin : 'mailto:nobody@countersign.invalid';
  return { vapid: { publicKey: publicKey ?? '', privateKey: privateKey ?? '' }, subject, origins, timeoutMs: CHANNEL_TIMEOUT_MS };
}

/** Personas without passwords and a push service that delivers nothing are for one's own machine only. */
function unfitForProduction(env: Environment, oidc: ExternalIssuer | undefined, publicUrl: string): string[] {
  return [
    ...(oidc ? [] : ['OIDC_ISSUER is not set, and the local issuer is not for production']),
    ...(oidc && !oidc.issuer.startsWith('https:') ? ['OIDC_ISSUER is not an https URL'] : []),
    ...(env['GOOGLE_APPLICATION_CREDENTIALS'] ? [] : ['GOOGLE_APPLICATION_CREDENTIALS is not set, and the push double is not for production']),
    ...(env['COUNTERSIGN_DOUBLES'] ? ['COUNTERSIGN_DOUBLES is set, and doubles are not for production'] : []),
    ...(publicUrl.startsWith('https:') ? [] : ['PUBLIC_URL is not an https URL']),
  ];
}
