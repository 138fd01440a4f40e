import { Codec } from '@nats-io/nkeys/lib/codec.js';
import { KP } from '@nats-io/nkeys/lib/kp.js';
import { Prefix } from '@nats-io/nkeys/lib/nkeys.js';
import { createPrivateKey, createPublicKey, randomBytes, sign, type KeyObject } from 'node:crypto';

/** What stands before the 32 bytes of an Ed25519 seed in PKCS #8 (RFC 8410, section 7). */
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');
const KEY_BYTES = 32;

/**
 * A NATS key pair that computes with Node's own Ed25519. The package's is plain JavaScript: tens of milliseconds for each key and
 * each signature of a process that has just started, and a stack that starts needs some forty of them.
 */
export class KeyPair extends KP {
  private readonly secret: KeyObject;
  private readonly publicBytes: Buffer;
  private readonly publicText: string;

  constructor(seed: Uint8Array) {
    super(seed);
    const { buf, prefix } = Codec.decodeSeed(seed);
    this.secret = createPrivateKey({ key: Buffer.concat([PKCS8, buf]), format: 'der', type: 'pkcs8' });
    this.publicBytes = createPublicKey(this.secret).export({ format: 'der', type: 'spki' }).subarray(-KEY_BYTES);
    this.publicText = Buffer.from(Codec.encode(prefix, this.publicBytes)).toString();
  }

  static create(prefix: Prefix): KeyPair {
    return new KeyPair(Codec.encodeSeed(prefix, new Uint8Array(randomBytes(KEY_BYTES))));
  }

  override getPublicKey(): string {
    return this.publicText;
  }

  override getPrivateKey(): Uint8Array {
    return Codec.encode(Prefix.Private, Buffer.concat([this.getRawSeed(), this.publicBytes]));
  }

  override sign(input: Uint8Array): Uint8Array {
    return sign(null, input, this.secret);
  }
}
