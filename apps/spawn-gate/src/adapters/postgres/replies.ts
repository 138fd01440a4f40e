import { firstOf, type CommandReply } from '@countersign/contracts';

/** A command was carried out, or had been before (`unchanged`). */
export const done = (code: 'ok' | 'unchanged', message: string): CommandReply => ({ ok: true, code, message });
/** A rule said no; nothing was changed. */
export const refused = (code: string, message: string): CommandReply => ({ ok: false, code, message: firstOf(message, 500) });
