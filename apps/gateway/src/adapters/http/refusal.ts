import { RemoteError } from '@countersign/bus';
import { AppError, RefusedError } from '@countersign/contracts';
import { GuardError } from '@countersign/database';
import { HttpException } from '@nestjs/common';
import { HttpRefusal } from '../../domain/problem.js';

/** Codes for what the framework itself refuses. */
const CODES: Readonly<Record<number, string>> = {
  400: 'bad_request',
  401: 'signed_out',
  403: 'forbidden',
  404: 'not_found',
  405: 'method_not_allowed',
  413: 'body_too_large',
  414: 'url_too_long',
  415: 'unsupported_media_type',
  431: 'headers_too_large',
  503: 'unavailable',
};

const WORDS: Readonly<Record<string, string>> = {
  body_too_large: 'the body may have at most 1 MiB',
  unsupported_media_type: 'send application/json',
  not_found: 'there is nothing here',
  bad_request: 'the request cannot be read',
  forbidden: 'a browser says that this request comes from another site',
};

/** What another service found wrong with what it was sent is the caller's to know; its other errors are its own. */
const ABOUT_THE_REQUEST: ReadonlySet<string> = new Set(['not_found', 'invalid_input', 'malformed_id']);

/** Turns into a refusal of ours what another service, the database's guards or the framework refused; the framework's words are not repeated. */
export function asRefusal(error: unknown): unknown {
  if (error instanceof GuardError || (error instanceof RemoteError && ABOUT_THE_REQUEST.has(error.code))) return new RefusedError(error.code, error.code.replaceAll('_', ' '));
  if (error instanceof AppError) return error;
  const status = error instanceof HttpException ? error.getStatus() : (error as { statusCode?: number } | null)?.statusCode;
  const code = status === undefined ? undefined : CODES[status];
  return code === undefined ? error : new HttpRefusal(code, WORDS[code] ?? code.replaceAll('_', ' '));
}
