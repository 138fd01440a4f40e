import type { Es256 } from '@countersign/contracts/assertions';
import { createHash, createPublicKey, verify, type KeyObject } from 'node:crypto';

/** Node's SHA-256 and ECDSA over P-256. A point that is on no curve verifies nothing. */
export const es256: Es256 = {
  sha256: (bytes) => createHash('sha256').update(bytes).digest(),
  verify(spki, bytes, signature) {
    const key = keyOf(spki);
    return key !== undefined && verify('sha256', bytes, { key, dsaEncoding: 'ieee-p1363' }, signature);
  },
};

function keyOf(spki: Uint8Array): KeyObject | undefined {
  try {
    return createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' });
  } catch (cause) {
    if (cause instanceof Error) return undefined;
    throw cause;
  }
}
