import { MalformedKeyError, parsePlainHead, parseVkey } from '@countersign/audit';
import { existsSync, readFileSync } from 'node:fs';
import { textFlag, UsageError, type Call } from './command.js';

/** The log's key that the person pinned: `vkey` in the first line of an export, kept from a time when it was trusted. */
export function keyFlag(call: Call): string | undefined {
  const vkey = textFlag(call, 'vkey');
  try {
    if (vkey !== undefined) parseVkey(vkey);
    return vkey;
  } catch (error) {
    if (error instanceof MalformedKeyError) throw new UsageError(`--vkey: ${error.message} (${error.code})`, 'the key of a log stands as "vkey" in the first line of an export');
    throw error;
  }
}

/** The key, where nothing can be said without one. */
export function pinnedKey(call: Call, what: string): string {
  const vkey = keyFlag(call);
  if (vkey === undefined) throw new UsageError(`${what} needs --vkey KEY (key_missing)`, 'the key of a log stands as "vkey" in the first line of an export; keep it apart from what you check with it');
  return vkey;
}

/** A head seen earlier, as `size:base64root` or a signed note, given itself or in a file. */
export function headFlag(call: Call): string | undefined {
  const given = textFlag(call, 'head');
  if (given === undefined) return undefined;
  const text = existsSync(given) ? readFileSync(given, 'utf8') : given;
  if (parsePlainHead(text) === undefined && !text.includes('\n\n')) throw new UsageError(`--head: "${given}" is neither SIZE:ROOT nor a file with a signed note (malformed_head)`);
  return text;
}
