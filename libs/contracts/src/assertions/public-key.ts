import { isSame, joined, ofHex } from './bytes.js';

/** SubjectPublicKeyInfo of an uncompressed P-256 point (RFC 5480 §2): always these bytes, then X and Y. */
const SPKI_P256 = ofHex('3059301306072a8648ce3d020106082a8648ce3d03010703420004', 27);
const SPKI_BYTES = SPKI_P256.length + 64;
/** COSE_Key of ES256 in the only order CTAP2 allows (RFC 9053 §7.1.1): {1: 2, 3: -7, -1: 1, -2: x, -3: y}. */
const COSE_BEFORE_X = ofHex('a5010203262001215820', 10);
const COSE_BEFORE_Y = ofHex('225820', 3);
const COORDINATE = 32;
const COSE_BYTES = COSE_BEFORE_X.length + COORDINATE + COSE_BEFORE_Y.length + COORDINATE;

/** Whether these are the bytes of a P-256 public key: no other curve or algorithm verifies anything here. That the point is on the curve is for whoever uses it. */
export const isP256 = (spki: Uint8Array): boolean => spki.length === SPKI_BYTES && isSame(spki.subarray(0, SPKI_P256.length), SPKI_P256);

/** The same key as SPKI; undefined for every other algorithm, order or length. */
export function spkiOfCose(cose: Uint8Array): Uint8Array<ArrayBuffer> | undefined {
  const y = COSE_BEFORE_X.length + COORDINATE;
  const fits = cose.length === COSE_BYTES && isSame(cose.subarray(0, COSE_BEFORE_X.length), COSE_BEFORE_X) && isSame(cose.subarray(y, y + COSE_BEFORE_Y.length), COSE_BEFORE_Y);
  return fits ? joined([SPKI_P256, cose.subarray(COSE_BEFORE_X.length, y), cose.subarray(y + COSE_BEFORE_Y.length)]) : undefined;
}

const SEQUENCE = 0x30;
const INTEGER = 0x02;

/** `r | s`, 64 bytes, of a DER signature; undefined unless it is the one encoding of them. */
export function rawSignature(der: Uint8Array): Uint8Array<ArrayBuffer> | undefined {
  if (der[0] !== SEQUENCE || der[1] !== der.length - 2) return undefined;
  const r = integerAt(der, 2);
  const s = r && integerAt(der, r.end);
  return s && s.end === der.length ? joined([padded(r.value), padded(s.value)]) : undefined;
}

/** The inverse of `rawSignature`. */
export function derSignature(raw: Uint8Array): Uint8Array<ArrayBuffer> {
  const body = joined([raw.subarray(0, COORDINATE), raw.subarray(COORDINATE)].map(derInteger));
  return joined([Uint8Array.of(SEQUENCE, body.length), body]);
}

function integerAt(der: Uint8Array, at: number): { readonly value: Uint8Array; readonly end: number } | undefined {
  const length = der[at + 1] ?? 0;
  const end = at + 2 + length;
  const [first = 0, second = 0] = der.subarray(at + 2, end);
  const negative = first >= 0x80;
  const padding = first === 0;
  if (der[at] !== INTEGER || length === 0 || end > der.length || negative || (padding && (length === 1 || second < 0x80))) return undefined;
  const value = der.subarray(at + 2 + (padding ? 1 : 0), end);
  return value.length <= COORDINATE ? { value, end } : undefined;
}

const padded = (value: Uint8Array): Uint8Array => joined([new Uint8Array(COORDINATE - value.length), value]);

function derInteger(value: Uint8Array): Uint8Array {
  const first = value.findIndex((byte) => byte !== 0);
  const trimmed = first < 0 ? value.subarray(-1) : value.subarray(first);
  const signed = trimmed[0]! >= 0x80 ? joined([Uint8Array.of(0), trimmed]) : trimmed;
  return joined([Uint8Array.of(INTEGER, signed.length), signed]);
}
