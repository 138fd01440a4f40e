import type { Me, PasskeyWish } from '@countersign/contracts';
import { authenticatorDataOf, FLAGS, joined, ofHex, ofText, toBase64url, type Assertion } from '@countersign/contracts/assertions';
import { createHash, createSign, generateKeyPairSync } from 'node:crypto';
import type { Signer } from './forgeries.js';

const sha256 = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest();

/** An authenticator as a browser drives it, with a person whom it verifies. */
export class Authenticator {
  private readonly pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  private readonly id: Uint8Array;
  private counter = 0;

  constructor(
    private readonly place: Me['signing'],
    name = 'credential',
    /** Its flags say that it may be on other devices as well. */
    private readonly synced = false,
  ) {
    this.id = ofText(name);
  }

  make({ challenge }: PasskeyWish) {
    const spki = this.pair.publicKey.export({ format: 'der', type: 'spki' });
    const cose = joined([ofHex('a5010203262001215820', 10), spki.subarray(27, 59), ofHex('225820', 3), spki.subarray(59)]);
    return { challenge, authenticatorData: toBase64url(joined([this.data(FLAGS.attested), new Uint8Array(16), Uint8Array.of(0, this.id.length), this.id, cose])), clientDataJSON: toBase64url(this.client('webauthn.create', challenge)) };
  }

  get(challenge: Uint8Array): Assertion {
    this.counter++;
    const [data, client] = [this.data(0), this.client('webauthn.get', toBase64url(challenge))];
    const signature = createSign('sha256').update(data).update(sha256(client)).sign(this.pair.privateKey);
    return { credentialId: toBase64url(this.id), authenticatorData: toBase64url(data), clientDataJSON: toBase64url(client), signature: toBase64url(signature) };
  }

  goBack(): void {
    this.counter = 0;
  }

  /** What it signs with, for who signs something else with it. */
  get signer(): Signer {
    return { privateKey: this.pair.privateKey, credentialId: toBase64url(this.id), ...this.place, backupEligible: this.synced, counter: this.counter };
  }

  private readonly data = (flags: number): Uint8Array => authenticatorDataOf(sha256(ofText(this.place.rpId)), FLAGS.userPresent | FLAGS.userVerified | (this.synced ? FLAGS.backupEligible | FLAGS.backedUp : 0) | flags, this.counter);
  private readonly client = (type: string, challenge: string): Uint8Array => ofText(JSON.stringify({ type, challenge, origin: this.place.origin, crossOrigin: false }));
}
