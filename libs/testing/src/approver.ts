import type { ApprovalChallenge, Created, Me, PasskeyWish, SignedAnswer } from '@countersign/contracts';
import { challengeOf, makeSigningKey, proveKey, signYes, toBase64url, type SigningKey } from '@countersign/contracts/assertions';
import { randomUUID } from 'node:crypto';
import { Authenticator } from './authenticator.js';

/** How a person reaches a gateway. */
export interface PersonsDoor {
  get<T>(path: string): Promise<T>;
  post<T>(path: string, body: object): Promise<T>;
}

/** A person's terminal with a key in it: registers itself, and signs what its person approves. */
export class Approver {
  private readonly key: Promise<SigningKey> = makeSigningKey({ extractable: false });
  private passkey: Authenticator | undefined;

  constructor(
    private readonly door: PersonsDoor,
    private readonly device: { readonly name: string; readonly platform: string; readonly address: string },
  ) {}

  /** Binds the session to the device; the same address is the same device, with the same key. Who is no governor of a customer approves nothing, and gets no key. */
  async register(): Promise<Created> {
    const { personId, customer, roles, signing } = await this.door.get<Me>('/v1/me');
    if (!customer || !roles.includes('customer_governor')) return this.door.post('/v1/devices', this.device);
    const key = await this.key;
    const proof = await proveKey(key, { customerId: customer.id, personId }, signing);
    return this.door.post('/v1/devices', { ...this.device, key: { kind: 'software', publicKey: toBase64url(key.publicKey), proof } });
  }

  /** From now on a passkey signs, which what others will see takes. */
  async enrolPasskey(): Promise<void> {
    const [{ signing }, wish] = await Promise.all([this.door.get<Me>('/v1/me'), this.door.post<PasskeyWish>('/v1/passkeys/registration', {})]);
    const passkey = new Authenticator(signing, randomUUID());
    await this.door.post('/v1/passkeys/registration/verify', passkey.make(wish));
    this.passkey = passkey;
  }

  /** A yes to the manifest with this digest, for one decision. */
  async sign(approvalId: string, digest: string): Promise<SignedAnswer> {
    const [{ signing }, challenge, key] = await Promise.all([this.door.get<Me>('/v1/me'), this.door.post<ApprovalChallenge>(`/v1/approvals/${approvalId}/challenge`, {}), this.key]);
    if (this.passkey) return { ...this.passkey.get(await challengeOf(digest, challenge)), nonce: challenge.nonce };
    return signYes(key, digest, challenge, signing);
  }
}
