import { letterDate } from '@countersign/contracts/effect-ids';

/** What the header of a message must say. */
export interface MailHead {
  readonly from: string;
  readonly to: readonly string[];
  readonly cc: readonly string[];
  readonly subject: string;
  /** With its angle brackets. */
  readonly messageId: string;
  readonly date: Date;
}

const ALWAYS = ['from', 'to', 'subject', 'message-id', 'date', 'mime-version', 'auto-submitted', 'content-type'];
const SOMETIMES = ['cc', 'content-transfer-encoding'];

/**
 * Which header field of a finished message is not what was approved; undefined: all are. Each field stands there once, none besides those
 * of a plain message, and those that say who gets it, who it is from and what it is about are compared letter by letter.
 */
export function mailFault(message: Uint8Array, head: MailHead): string | undefined {
  const fields = fieldsOf(message);
  const names = fields.map(([name]) => name);
  const stray = names.find((name, index) => (!ALWAYS.includes(name) && !SOMETIMES.includes(name)) || names.indexOf(name) < index);
  const missing = ALWAYS.find((name) => !names.includes(name));
  if (stray !== undefined || missing !== undefined) return stray ?? missing;
  const wanted = { from: head.from, to: head.to.join(', '), cc: head.cc.length === 0 ? undefined : head.cc.join(', '), 'message-id': head.messageId, date: letterDate(head.date) };
  const said = (name: string): string | undefined => fields.find(([found]) => found === name)?.[1];
  return Object.entries(wanted).find(([name, value]) => said(name) !== value)?.[0] ?? (decodeWords(said('subject')!) === head.subject.trim() ? undefined : 'subject');
}

const ENCODED = /=\?utf-8\?([bq])\?([^?\s]*)\?=/gi;
/** What a reader shows for a field's text (RFC 2047): encoded words in UTF-8, the spaces between two of them left out. */
function decodeWords(text: string): string {
  const joined = text.replaceAll(/(\?=)[ \t]+(?==\?utf-8\?[bq]\?)/gi, '$1');
  return joined.replaceAll(ENCODED, (_, kind: string, word: string) => Buffer.from(kind.toLowerCase() === 'b' ? Buffer.from(word, 'base64') : quotedBytes(word)).toString('utf8'));
}
const quotedBytes = (word: string): Buffer => Buffer.from(word.replaceAll('_', ' ').replaceAll(/=([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))), 'latin1');

/** Name in lower case and unfolded value of each field before the first empty line. */
function fieldsOf(message: Uint8Array): (readonly [string, string])[] {
  const text = Buffer.from(message).toString('latin1');
  const head = text.slice(0, text.indexOf('\r\n\r\n')).replaceAll(/\r\n(?=[ \t])/g, '');
  return head.split('\r\n').map((line) => {
    const colon = line.indexOf(':');
    return [line.slice(0, Math.max(0, colon)).toLowerCase(), line.slice(colon + 1).trim()] as const;
  });
}
