import { hash } from 'node:crypto';

/** The parts of one audit entry that are hashed. `teamId` is a UUID, `atMs` milliseconds since 1970 (database clock). */
export interface LeafParts {
  readonly teamId: string;
  readonly seq: number;
  readonly atMs: number;
  readonly prevHash: Buffer;
  readonly payloadHash: Buffer;
}

export const LEAF_BYTES = 97;
const LEAF_VERSION = 0x01;

/** `prev_hash` of the first entry of every chain. */
export const GENESIS_HASH: Buffer = Buffer.alloc(32);

/** SHA-256 of the parts one after another. One call of `hash` is twice as fast as a Hash object for inputs this short. */
export const sha256 = (...parts: readonly Uint8Array[]): Buffer => hash('sha256', parts.length === 1 ? parts[0]! : Buffer.concat(parts), 'buffer');

/** The 97 bytes of a leaf: `0x01 | team_id | seq u64be | at_ms u64be | prev_hash | payload_hash` (design §5). */
export function leafBytes(parts: LeafParts): Buffer {
  const leaf = Buffer.alloc(LEAF_BYTES);
  leaf[0] = LEAF_VERSION;
  uuidBytes(parts.teamId).copy(leaf, 1);
  leaf.writeBigUInt64BE(BigInt(parts.seq), 17);
  leaf.writeBigUInt64BE(BigInt(parts.atMs), 25);
  hash32(parts.prevHash).copy(leaf, 33);
  hash32(parts.payloadHash).copy(leaf, 65);
  return leaf;
}

/** `SHA-256(0x00 | leaf)`: at once the link that the next entry carries and the RFC 6962 leaf hash. */
export const entryHash = (parts: LeafParts): Buffer => leafHash(leafBytes(parts));

const LEAF_PREFIX = Buffer.from([0x00]);

/** RFC 6962 §2.1 leaf hash of any bytes. */
export const leafHash = (bytes: Uint8Array): Buffer => sha256(LEAF_PREFIX, bytes);

export function uuidBytes(uuid: string): Buffer {
  const bytes = Buffer.from(uuid.replaceAll('-', ''), 'hex');
  if (bytes.length !== 16 || uuid.length !== 36) throw new RangeError('a leaf needs a UUID');
  return bytes;
}

function hash32(bytes: Buffer): Buffer {
  if (bytes.length !== 32) throw new RangeError('a leaf needs 32-byte hashes');
  return bytes;
}
