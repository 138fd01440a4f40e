import { hasUnseen } from './characters.js';
import { sentPaths, type Effect, type EmailSendEffect, type HttpPostEffect, type NamedEffect, type OutgoingEffect } from './effects.js';
import { hostCovers, isNumericHost } from './files/capability-words.js';
import type { HttpOutlet, Outlets } from './files/egress.js';
import { isPath, isRemoteWithin } from './git-names.js';

/**
 * What may leave as a webhook or an e-mail, and where to. The gateway refuses a goal with these rules, the executor an approved effect:
 * names reach header lines, resolvers and signatures, so nothing passes that two parsers could read in two ways.
 */

export const MOST_RECIPIENTS = 20;
export const MOST_ATTACHMENTS = 10;
export const MOST_POST_BYTES = 1024 * 1024;
/** Of a message's text and of all its files, so that it has no more than the 10 MiB that most servers take, however it has to be encoded. */
export const [MOST_MAIL_TEXT_BYTES, MOST_MAIL_BYTES] = [512 * 1024, 6 * 1024 * 1024];
const MAX_URL = 1000;
/** RFC 5321, 4.5.3.1. */
const [MAX_LOCAL, MAX_DOMAIN, MAX_ADDRESS] = [64, 253, 254];
const MAX_SUBJECT = 200;

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
export const isSubject = (text: string): boolean => text.trim() === text && text !== '' && text.length <= MAX_SUBJECT && !/\p{C}/u.test(text) && !hasUnseen(text) && !ENCODED_WORD.test(text);
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

/** Why these files cannot leave as this effect; undefined: they can. `text`: what the body of a mail holds; undefined where it is not read, as it is too large. */
export function unsendable(effect: Effect, files: readonly { readonly path: string; readonly size: number }[], text: Uint8Array | undefined): 'too_large' | 'not_a_text' | undefined {
  if (effect.kind !== 'http.post' && effect.kind !== 'email.send') return undefined;
  const bytesOf = (paths: readonly string[]): number => files.filter(({ path }) => paths.includes(path)).reduce((sum, { size }) => sum + size, 0);
  if (effect.kind === 'http.post') return bytesOf([effect.body]) > MOST_POST_BYTES ? 'too_large' : undefined;
  if (bytesOf([effect.body]) > MOST_MAIL_TEXT_BYTES || bytesOf(sentPaths(effect)) > MOST_MAIL_BYTES) return 'too_large';
  return text && isPlainText(text) ? undefined : 'not_a_text';
}

/** Bytes that are a text: UTF-8 without control characters but tabs and line ends. */
function isPlainText(bytes: Uint8Array): boolean {
  try {
    return !/[^\P{Cc}\t\n\r]/u.test(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    if (cause instanceof TypeError) return false;
    throw cause;
  }
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

/** Whether the operator lets a customer's work be pushed to a remote. `anywhere`: where their file says nothing of pushes, it may. */
export const mayPush = (remote: string, { git }: Outlets, anywhere: boolean): boolean => (git === undefined ? anywhere : isRemoteWithin(remote, git));

/** The outlet a URL goes through: the first that covers its host. A name covers itself and its subdomains on 443; with `:port`, on that port. */
export function outletFor(url: string, outlets: readonly HttpOutlet[]): HttpOutlet | undefined {
  const { host } = new URL(url);
  return outlets.find((outlet) => hostCovers(outlet.host, host));
}
