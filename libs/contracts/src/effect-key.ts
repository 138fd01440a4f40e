import { createHash } from 'node:crypto';
import { effectKeyText, messageIdOf, webhookIdOf } from './effect-ids.js';

/** Names an effect before it happens and ever after: the same approval's only effect has the same key on every machine. Lower-case hex of a SHA-256. */
export const effectKey = (approvalId: string): string => createHash('sha256').update(effectKeyText(approvalId)).digest('hex');

/** `webhook-id` of an effect. */
export const webhookId = (approvalId: string): string => webhookIdOf(effectKey(approvalId));

/** `Message-ID` of an effect (RFC 5322, 3.6.4), below the sender's domain. */
export const messageId = (approvalId: string, from: string): string => messageIdOf(effectKey(approvalId), from);
