import type { Me, SignedAnswer } from '@countersign/contracts';
import { proveKey, signYes, toBase64url, type SigningKey } from '@countersign/contracts/assertions';
import { join } from 'node:path';
import { SetupError } from '../../../../scripts/lib/report.mjs';
import { ApiError } from './api-error.js';
import type { ApiClient } from './client.js';
import { openKey } from './key-file.js';

/**
 * What a person signs approvals with at this terminal: a P-256 key of their own in a file of the home (mode 0600), one for each
 * of their devices. It proves that whoever approves can read that file, no more: it is marked `software`, and refused in production.
 */
export class ApproverKey {
  private constructor(
    private readonly client: ApiClient,
    private readonly key: SigningKey | undefined,
    private readonly me: Me,
  ) {}

  /** Registers the device with its key, which is made when there is none, and binds the session to it. Who is no governor of a customer approves nothing, and gets no key. */
  static async on(client: ApiClient, homeRoot: string, device: { readonly name: string; readonly address: string }): Promise<ApproverKey> {
    const [me, { id }] = await Promise.all([client.me(), client.registerDevice(device.name, device.address)]);
    if (!me.customer || !me.roles.includes('customer_governor')) return new ApproverKey(client, undefined, me);
    const key = await openKey(join(homeRoot, 'approver-keys', `${id}.json`), 'which counts after the hold');
    const proof = await proveKey(key, { customerId: me.customer.id, personId: me.personId }, me.signing);
    await client.addKey(id, { kind: 'software', publicKey: toBase64url(key.publicKey), proof });
    return new ApproverKey(client, key, me);
  }

  /** Signs a yes to the manifest with this digest, which the caller has computed from its bytes. Undefined without a key. */
  async sign(approvalId: string, digest: string): Promise<SignedAnswer | undefined> {
    if (!this.key) return undefined;
    const asked = await this.client.challenge(approvalId);
    if (asked.personId !== this.me.personId) throw new SetupError('the server asks for the signature of another person', { hint: 'do not approve; tell the operator' });
    if (asked.tier > 1) throw new ApiError({ title: 'key unfit', status: 422, code: 'key_unfit', detail: `${asked.tier > 2 ? 'this is of the highest tier' : 'others will see what this does'}: approve it in a browser, with a passkey` });
    return signYes(this.key, digest, asked, this.me.signing);
  }
}
