import { generateKeyPairSync, sign } from 'node:crypto';

const der = (tag: number, ...parts: readonly Buffer[]): Buffer => {
  const body = Buffer.concat(parts);
  const length = body.length < 128 ? Buffer.from([body.length]) : body.length < 256 ? Buffer.from([0x81, body.length]) : Buffer.from([0x82, body.length >> 8, body.length & 0xff]);
  return Buffer.concat([Buffer.from([tag]), length, body]);
};
const sequence = (...parts: readonly Buffer[]): Buffer => der(0x30, ...parts);
const oid = (hex: string): Buffer => der(0x06, Buffer.from(hex, 'hex'));
const ED25519 = sequence(oid('2b6570'));
const pem = (label: string, bytes: Buffer): string => `-----BEGIN ${label}-----\n${bytes.toString('base64')}\n-----END ${label}-----\n`;

/** A certificate for these names that signed itself (RFC 5280, Ed25519), for doubles. */
export function certificateFor(...names: readonly [string, ...string[]]): { readonly cert: string; readonly key: string } {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const subject = sequence(der(0x31, sequence(oid('550403'), der(0x0c, Buffer.from(names[0])))));
  const validity = sequence(der(0x17, Buffer.from('200101000000Z')), der(0x17, Buffer.from('491231235959Z')));
  const alternative = sequence(oid('551d11'), der(0x04, sequence(...names.map((name) => der(0x82, Buffer.from(name))))));
  const body = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))), der(0x02, Buffer.from([1])), ED25519, subject, validity, subject, publicKey.export({ type: 'spki', format: 'der' }), der(0xa3, sequence(alternative)),
  );
  const signed = sequence(body, ED25519, der(0x03, Buffer.from([0]), sign(null, body, privateKey)));
  return { cert: pem('CERTIFICATE', signed), key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() };
}
