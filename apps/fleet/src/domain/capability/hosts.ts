import { hostAllowed, isNumericHost, type Capabilities } from '@countersign/contracts';
import { refuse, type Refusal } from './refusal.js';

/** A URL that may be asked for; `href` is what is asked, `host` what the address is looked up for. */
export interface JudgedUrl {
  readonly href: string;
  readonly secure: boolean;
  /** A name in ASCII, or an address; IPv6 without its brackets. */
  readonly host: string;
  readonly isAddress: boolean;
  readonly port: number;
  /** Path and query, as they are sent. */
  readonly target: string;
}

const MAX_URL = 4096;
const DEFAULT_PORTS = [80, 443];

/**
 * Parses a URL as browsers do (WHATWG) and judges scheme, host and port. What is judged is the parsed form, and the parsed form
 * is what is asked; text that parsers repair or read differently is refused beforehand.
 */
export function judgeUrl(capabilities: Capabilities, text: string): JudgedUrl | Refusal {
  if (!capabilities.net_scopes.enabled) return refuse('net_disabled', 'the instance has no network');
  const url = parse(text);
  if (!url) return refuse('url_malformed', 'an absolute URL without spaces, control characters or backslashes is wanted');
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return refuse('url_scheme_refused', 'only http and https are asked');
  if (url.username !== '' || url.password !== '' || hasUserInfo(text)) return refuse('url_credentials_refused', 'a URL carries no user name or password');
  if (url.hostname.endsWith('.')) return refuse('url_malformed', 'a host name does not end with a dot');
  const port = url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port);
  return refuseHost(capabilities, url.hostname, port) ?? {
    href: url.href, secure: url.protocol === 'https:', host: url.hostname.replace(/^\[|\]$/g, ''), isAddress: isAddress(url.hostname), port, target: `${url.pathname}${url.search}`,
  };
}

function parse(text: string): URL | undefined {
  if (text.length > MAX_URL || /[\p{C}\s\\]/u.test(text) || !/^[a-z][a-z0-9+.-]*:/i.test(text)) return undefined;
  return URL.canParse(text) ? new URL(text) : undefined;
}

/** Also an empty user name, which the parser drops: `https://@host/`. */
const hasUserInfo = (text: string): boolean => /^[^/?#]*\/*[^/?#]*@/.test(text);

const isAddress = (hostname: string): boolean => hostname.startsWith('[') || isNumericHost(hostname);

function refuseHost(capabilities: Capabilities, hostname: string, port: number): Refusal | undefined {
  const spelt = [`${hostname}:${port}`, ...(DEFAULT_PORTS.includes(port) ? [hostname] : [])];
  // An IPv6 address has colons of its own: no entry of a grant can name one.
  if (!hostname.startsWith('[') && spelt.some((host) => hostAllowed(capabilities, host))) return undefined;
  if (isAddress(hostname)) return refuse('host_is_address', 'the grant does not list this address');
  if (hostAllowed(capabilities, hostname)) return refuse('port_not_allowed', `the grant has this host on the ports 80 and 443, not on ${port}`);
  return refuse('host_not_allowed', 'the grant does not cover this host');
}

/** A search shows pages of hosts nobody named: only a grant of every host allows it. */
export function refuseSearch({ net_scopes }: Capabilities): Refusal | undefined {
  if (!net_scopes.enabled) return refuse('net_disabled', 'the instance has no network');
  return net_scopes.allow_hosts.includes('*') ? undefined : refuse('search_host_unverifiable', 'the grant lists hosts, and what a search shows cannot be held to them');
}
