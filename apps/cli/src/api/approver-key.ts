import type { Me, SignedAnswer } from '@countersign/contracts';
import { fromBase64url, importSigningKey, makeSigningKey, proveKey, signYes, toBase64url, type SigningKey } from '@countersign/contracts/assertions';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { SetupError } from '../../../../scripts/lib/report.mjs';
import { ApiError } from './api-error.js';
import type { ApiClient } from './client.js';

interface StoredKey {
  readonly publicKey: string;
  /** PKCS #8. */
  readonly privateKey: string;
}

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
    const key = await keyIn(join(homeRoot, 'approver-keys', `${id}.json`));
    const proof = await proveKey(key, { customerId: me.customer.id, personId: me.personId }, me.signing);
    await client.addKey(id, { kind: 'software', publicKey: toBase64url(key.publicKey), proof });
    return new ApproverKey(client, key, me);
  }

  /** Signs a yes to the manifest with this digest, which the caller has computed from its bytes. Undefined without a key. */
  async sign(approvalId: string, digest: string): Promise<SignedAnswer | undefined> {
    if (!this.key) return undefined;
    const asked = await this.client.challenge(approvalId);
    if (asked.personId !== this.me.personId) throw new SetupError('the server asks for the signature of another person', { hint: 'do not approve; tell the operator' });
    if (asked.tier > 1) throw new ApiError({ title: 'key unfit', status: 422, code: 'key_unfit', detail: 'others will see what this does: approve it in a browser, with a passkey' });
    return signYes(this.key, digest, asked, this.me.signing);
  }
}

async function keyIn(path: string): Promise<SigningKey> {
  if (!existsSync(path)) await makeKeyIn(path);
  const stored = JSON.parse(readFileSync(path, 'utf8')) as StoredKey;
  const [secret, known] = [fromBase64url(stored.privateKey), fromBase64url(stored.publicKey)];
  if (!secret || !known) throw new SetupError(`${path} holds no key`, { hint: 'remove it: a new one is made, which counts after the hold' });
  return importSigningKey(secret, known);
}

/** Whole or not at all: a key that is half written would be another device's by the next time. */
async function makeKeyIn(path: string): Promise<void> {
  const { privateKey, publicKey } = await makeSigningKey({ extractable: true });
  const secret = new Uint8Array(await crypto.subtle.exportKey('pkcs8', privateKey));
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const fresh = `${path}.${process.pid}`;
  writeFileSync(fresh, JSON.stringify({ publicKey: toBase64url(publicKey), privateKey: toBase64url(secret) } satisfies StoredKey), { mode: 0o600 });
  renameSync(fresh, path);
}
