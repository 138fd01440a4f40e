import { MalformedNoteError } from './errors.js';
import { openNote, signNote, type NoteSigner, type NoteVerifier } from './note.js';

/** The head of one chain's tree: how many entries, and the RFC 6962 root over them. */
export interface TreeHead {
  readonly size: number;
  readonly root: Buffer;
}

/** A tree head with the name of the log it belongs to (C2SP tlog-checkpoint). */
export interface Checkpoint extends TreeHead {
  readonly origin: string;
}

/** Three lines, no extensions: origin, size, root in base64. */
export const checkpointText = ({ origin, size, root }: Checkpoint): string => `${origin}\n${size}\n${root.toString('base64')}\n`;

export function parseCheckpoint(text: string): Checkpoint {
  const [origin, size, base64, rest, ...more] = text.split('\n');
  const root = Buffer.from(base64 ?? '', 'base64');
  const sound = origin !== undefined && origin !== '' && /^(0|[1-9]\d{0,15})$/.test(size ?? '') && root.length === 32 && root.toString('base64') === base64;
  if (!sound || rest !== '' || more.length > 0) throw new MalformedNoteError('a checkpoint is origin, size and root');
  return { origin, size: Number(size), root };
}

/** The signed note over a checkpoint; the key's name is the origin. */
export const signCheckpoint = (head: TreeHead, signer: NoteSigner): string => signNote(checkpointText({ ...head, origin: signer.name }), [signer]);

/** The checkpoint in a note signed by this key, for the key's own log; throws as `openNote` does. */
export function openCheckpoint(note: string, key: NoteVerifier): Checkpoint {
  const checkpoint = parseCheckpoint(openNote(note, [key]).text);
  if (checkpoint.origin !== key.name) throw new MalformedNoteError(`checkpoint of ${checkpoint.origin}, not of ${key.name}`);
  return checkpoint;
}

/** A head as a person writes it down: `size:base64root`. */
export const plainHead = ({ size, root }: TreeHead): string => `${size}:${root.toString('base64')}`;

/** Reads `size:base64root`; nothing when it is something else. */
export function parsePlainHead(text: string): TreeHead | undefined {
  const [, size, root] = /^(\d{1,15}):([A-Za-z0-9+/]{43}=)$/.exec(text.trim()) ?? [];
  return size === undefined || root === undefined ? undefined : { size: Number(size), root: Buffer.from(root, 'base64') };
}
