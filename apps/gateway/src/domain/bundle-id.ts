import { NotFoundError } from '@countersign/contracts';

/** An id as bundles have it; what could be none does not exist. */
export function knownId(text: string): string {
  if (!/^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/.test(text) || text.length > 63) throw new NotFoundError('bundle');
  return text;
}
