/** The text whose SHA-256, in lower-case hex, is the key of an approval's only effect. */
export const effectKeyText = (approvalId: string): string => `${approvalId}|0`;

/** `webhook-id` of an effect, by its key. */
export const webhookIdOf = (key: string): string => `msg_${key}`;

/** `Date` of a letter (RFC 5322, 3.3), which has no parts of a second: as it is shown, and as it is sent. */
export const letterDate = (asked: Date): string => asked.toUTCString().replace(/GMT$/, '+0000');

/** `Message-ID` of an effect (RFC 5322, 3.6.4), by its key, below the sender's domain. */
export const messageIdOf = (key: string, from: string): string => `<${key}@${from.slice(from.lastIndexOf('@') + 1)}>`;
