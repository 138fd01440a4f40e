/** The text whose SHA-256, in lower-case hex, is the key of an approval's only effect. */
export const effectKeyText = (approvalId: string): string => `${approvalId}|0`;

/** `webhook-id` of an effect, by its key. */
export const webhookIdOf = (key: string): string => `msg_${key}`;

/** `Message-ID` of an effect (RFC 5322, 3.6.4), by its key, below the sender's domain. */
export const messageIdOf = (key: string, from: string): string => `<${key}@${from.slice(from.lastIndexOf('@') + 1)}>`;
