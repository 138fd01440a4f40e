/** A letter as a person reads it. */
export interface Letter {
  readonly subject: string;
  readonly text: string;
}

/** Reads a message of one text part (RFC 5322, 2045, 2047): what our own letters are. */
export function readLetter(message: Buffer): Letter {
  const [head = '', ...body] = message.toString('latin1').split('\r\n\r\n');
  const headers = head.replaceAll(/\r\n[ \t]+/g, ' ');
  const header = (name: string): string => new RegExp(`^${name}: *(.*)$`, 'im').exec(headers)?.[1] ?? '';
  // between encoded words, white space is of the folding
  const subject = header('Subject').replaceAll(/\?=\s+(?==\?)/g, '?=').replaceAll(/=\?utf-8\?([qb])\?([^?]*)\?=/gi, (_, how: string, text: string) => decoded(how.toLowerCase() === 'b' ? 'base64' : 'q', text).toString('utf8'));
  return { subject, text: decoded(header('Content-Transfer-Encoding').toLowerCase(), body.join('\r\n\r\n')).toString('utf8').replaceAll('\r\n', '\n').trim() };
}

function decoded(encoding: string, text: string): Buffer {
  if (encoding === 'base64') return Buffer.from(text, 'base64');
  if (encoding !== 'quoted-printable' && encoding !== 'q') return Buffer.from(text, 'latin1');
  const whole = encoding === 'q' ? text.replaceAll('_', ' ') : text.replaceAll(/=\r?\n/g, '');
  return Buffer.from(whole.replaceAll(/=([0-9A-F]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))), 'latin1');
}
