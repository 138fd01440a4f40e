import { AppError } from '@countersign/contracts/errors';

import type { FindingCode } from './finding.js';

/** A note or checkpoint whose bytes do not follow the format; nothing in it was trusted. */
export class MalformedNoteError extends AppError {
  readonly code = 'malformed_note';
  readonly retryable = false;
}

/** A key string (vkey) that does not follow the format or contradicts its own key id. */
export class MalformedKeyError extends AppError {
  readonly code = 'malformed_key';
  readonly retryable = false;
}

/** No signature of a known key stands under the note: its text must not be used. */
export class UnknownKeyError extends AppError {
  readonly code = 'unknown_key';
  readonly retryable = false;
}

/** A signature under the name and id of a known key does not fit the text. */
export class BadSignatureError extends AppError {
  readonly code = 'bad_signature';
  readonly retryable = false;
}

/** What is found where a note could not be opened; throws what is not about the note. */
export function findingCodeOf(cause: unknown): FindingCode {
  if (cause instanceof BadSignatureError) return 'bad_signature';
  if (cause instanceof UnknownKeyError) return 'unknown_key';
  if (cause instanceof MalformedNoteError) return 'malformed_line';
  throw cause;
}

/** A value that cannot stand in an audit payload; `pointer` says where (RFC 6901), the value is not repeated. */
export class UnfitPayloadError extends AppError {
  readonly code = 'unfit_payload';
  readonly retryable = false;
  constructor(
    readonly pointer: string,
    readonly rule: string,
  ) {
    super(`audit payload at "${pointer}": ${rule}`);
  }
}

/** A sealed value or a wrapped key did not open: wrong key, wrong place, or altered bytes. */
export class SealBrokenError extends AppError {
  readonly code = 'seal_broken';
  readonly retryable = false;
}

/** Entries that have to be there are missing, somewhere from `seq` to `toSeq`. */
export class ChainBrokenError extends AppError {
  readonly code = 'chain_broken';
  readonly retryable = false;
  constructor(
    readonly seq: number,
    readonly toSeq: number,
  ) {
    super(`entries are missing between ${seq} and ${toSeq}`);
  }
}
