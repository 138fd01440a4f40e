import type { EmailSendEffect, HttpPostEffect, NamedEffect, OutgoingEffect } from './effects.js';
import { hostCovers, isNumericHost } from './files/capability-words.js';
import type { HttpOutlet, Outlets } from './files/egress.js';
import { isPath } from './git-names.js';

/**
 * What may leave as a webhook or an e-mail, and where to. The gateway refuses a goal with these rules, the executor an approved effect:
 * names reach header lines, resolvers and signatures, so nothing passes that two parsers could read in two ways.
 */

export const MOST_RECIPIENTS = 20;
export const MOST_ATTACHMENTS = 10;
const MAX_URL = 1000;
/** RFC 5321, 4.5.3.1. */
const [MAX_LOCAL, MAX_DOMAIN, MAX_ADDRESS] = [64, 253, 254];
const MAX_SUBJECT = 200;
/** Control and format characters (bidi and zero-width among them), line and paragraph separators, unpaired surrogates. */
const UNSEEN = /[\p{C}\p{Zl}\p{Zp}]/u;

/** An `https` URL of a named host as the WHATWG parser writes it, without user, fragment or an address in the host's place. */
export function isHookUrl(text: string): boolean {
  if (text.length > MAX_URL || !URL.canParse(text)) return false;
  const url = new URL(text);
  if (url.protocol !== 'https:' || url.username !== '' || url.password !== '' || url.hash !== '' || text.includes('#')) return false;
  return url.href === text && isDomain(url.hostname);
}

/** Names of more than one label, in ASCII (`xn--…` for others), without a dot at the end; no numbers that a resolver takes for an address. */
export const isDomain = (text: string): boolean =>
  text.length <= MAX_DOMAIN && /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(text) && !isNumericHost(text);

/** `local@domain`: RFC 5321's dot-string in ASCII, the domain in lower case. No quotes, comments, display names, routes, address literals. */
export function isMailAddress(text: string): boolean {
  const at = text.lastIndexOf('@');
  const local = text.slice(0, at);
  if (at < 1 || at > MAX_LOCAL || text.length > MAX_ADDRESS) return false;
  return /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/.test(local) && isDomain(text.slice(at + 1));
}

/** One line that is what it looks like. */
export const isSubject = (text: string): boolean => text.trim() === text && text !== '' && text.length <= MAX_SUBJECT && !UNSEEN.test(text) && !ENCODED_WORD.test(text);
/** What a mail program shows as something else than stands there (RFC 2047). */
const ENCODED_WORD = /=\?[^\s?]+\?[bq]\?[^\s?]*\?=/i;

/** `type/subtype`, with a charset at most. */
export const isMediaType = (text: string): boolean => text.length <= 120 && /^[a-z0-9][a-z0-9!#$&^_.+-]*\/[a-z0-9][a-z0-9!#$&^_.+-]*(?:; charset=[a-zA-Z0-9-]+)?$/.test(text);

export const hostOf = (address: string): string => address.slice(address.lastIndexOf('@') + 1);

export type OutgoingFault = 'url_invalid' | 'content_type_invalid' | 'path_invalid' | 'sender_invalid' | 'recipient_invalid' | 'subject_invalid';

/** What is wrong with the form of an effect; undefined: nothing. */
export const faultOf = (effect: OutgoingEffect): OutgoingFault | undefined => (effect.kind === 'http.post' ? faultOfPost(effect) : faultOfMail(effect));

function faultOfPost({ url, contentType, body }: HttpPostEffect): OutgoingFault | undefined {
  if (!isHookUrl(url)) return 'url_invalid';
  if (!isMediaType(contentType)) return 'content_type_invalid';
  return isPath(body) ? undefined : 'path_invalid';
}

function faultOfMail({ from, to, cc, subject, body, attachments }: EmailSendEffect): OutgoingFault | undefined {
  const everybody = [...to, ...cc];
  if (!isMailAddress(from)) return 'sender_invalid';
  if (to.length === 0 || everybody.length > MOST_RECIPIENTS || !everybody.every(isMailAddress) || new Set(everybody.map((address) => address.toLowerCase())).size !== everybody.length) return 'recipient_invalid';
  if (!isSubject(subject)) return 'subject_invalid';
  const paths = [body, ...attachments];
  return attachments.length <= MOST_ATTACHMENTS && paths.every(isPath) && new Set(paths).size === paths.length ? undefined : 'path_invalid';
}

/** Reads an effect for other people from any value, member for member; undefined where one is missing or of another type. Its form is `faultOf`'s to judge. */
export function readOutgoing(value: unknown): OutgoingEffect | undefined {
  const { kind, url, contentType, from, to, cc, subject, body, attachments } = (value ?? {}) as Readonly<Record<string, unknown>>;
  if (!isText(body)) return undefined;
  if (kind === 'http.post') return isText(url) && isText(contentType) ? { kind, url, contentType, body } : undefined;
  const whole = kind === 'email.send' && isText(from) && isText(subject) && isTexts(to) && isTexts(cc) && isTexts(attachments);
  return whole ? { kind, from, to, cc, subject, body, attachments } : undefined;
}

/** The same of what a goal names, its form included. */
export function readNamed(value: unknown): NamedEffect | undefined {
  const { kind } = (value ?? {}) as { readonly kind?: unknown };
  if (kind === 'git.push' || kind === 'file.publish') return { kind };
  const effect = readOutgoing(value);
  return effect && faultOf(effect) === undefined ? effect : undefined;
}

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';
const isTexts = (value: unknown): value is readonly string[] => Array.isArray(value) && value.every((each) => typeof each === 'string');

export type OutgoingRefusal = 'effect_not_allowed' | 'host_not_allowed' | 'sender_not_allowed' | 'recipient_not_allowed';

/** Why the operator lets an effect of good form not go where it says; undefined: it may. */
export function refuseOutgoing(effect: OutgoingEffect, { http, email }: Outlets): OutgoingRefusal | undefined {
  if (effect.kind === 'http.post') {
    if (http.length === 0) return 'effect_not_allowed';
    return outletFor(effect.url, http) ? undefined : 'host_not_allowed';
  }
  if (!email) return 'effect_not_allowed';
  if (effect.from !== email.from) return 'sender_not_allowed';
  return [...effect.to, ...effect.cc].every((address) => email.domains.includes(hostOf(address))) ? undefined : 'recipient_not_allowed';
}

/** The outlet a URL goes through: the first that covers its host. A name covers itself and its subdomains on 443; with `:port`, on that port. */
export function outletFor(url: string, outlets: readonly HttpOutlet[]): HttpOutlet | undefined {
  const { host } = new URL(url);
  return outlets.find((outlet) => hostCovers(outlet.host, host));
}
