import { canonicalJson } from '@countersign/audit';
import type { KeyKind } from '@countersign/contracts/assertions';
import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** What stands in a key's row once it is enrolled, and never changes. */
export interface Enrolment {
  readonly id: string;
  readonly customerId: string;
  readonly personId: string;
  readonly deviceId: string;
  readonly kind: KeyKind;
  readonly credentialId: string;
  /** SPKI. */
  readonly publicKey: Uint8Array;
  readonly rpId: string;
  readonly backupEligible: boolean;
}

const KEY_BYTES = 32;

/**
 * Marks the enrolments that the gateway made, with a key that stands in no database: HMAC-SHA-256 over the RFC 8785 bytes of the
 * row, under a key derived from the services' own. Whoever can only write rows enrols nobody.
 */
export class EnrolmentSeal {
  private readonly key: Buffer;

  /** Throws a `RangeError` unless the secret has 32 bytes. */
  constructor(secret: Uint8Array) {
    if (secret.length !== KEY_BYTES) throw new RangeError(`the key has ${KEY_BYTES} bytes`);
    this.key = Buffer.from(hkdfSync('sha256', secret, new Uint8Array(0), 'countersign/enrolment/v1/seal', KEY_BYTES));
  }

  /** With the key in a file, in hex. */
  static of(file: string): EnrolmentSeal {
    return new EnrolmentSeal(Buffer.from(readFileSync(file, 'utf8').trim(), 'hex'));
  }

  seal({ id, customerId, personId, deviceId, kind, credentialId, publicKey, rpId, backupEligible }: Enrolment): Buffer {
    const row = { id, customerId, personId, deviceId, kind, credentialId, publicKey: Buffer.from(publicKey).toString('hex'), rpId, backupEligible };
    return createHmac('sha256', this.key).update(canonicalJson(row)).digest();
  }

  fits(enrolment: Enrolment, seal: Uint8Array): boolean {
    const own = this.seal(enrolment);
    return seal.length === own.length && timingSafeEqual(own, seal);
  }
}
