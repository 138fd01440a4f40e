import { Matches, ValidateBy } from 'class-validator';

/** A subset of git-check-ref-format(1): word characters, `.`, `-`, `/`, `+`, `@`, and none of git's special sequences. */
const BRANCH = /^(?!.*(?:\.\.|\/\/|\/\.|@\{|\.lock(?:\/|$)))[A-Za-z0-9_](?:[\w.\-/+@]{0,198}[\w\-+])?$/;
export const IsBranch = (): PropertyDecorator => Matches(BRANCH);

const PROTOCOLS = new Set(['https:', 'http:', 'ssh:', 'file:']);
const PRINTABLE = /^[^\s\p{C}-][^\p{C}]*$/u;
const SCP_LIKE = /^[\w.-]+@[\w.-]+:(?!:)/;

/** True for a path, an scp-like address, or a URL of a known protocol that carries no password. */
export function isRemote(value: unknown): boolean {
  if (typeof value !== 'string' || !PRINTABLE.test(value) || value.includes('::')) return false;
  if (!value.includes('://')) return value.startsWith('/') || SCP_LIKE.test(value);
  if (!URL.canParse(value)) return false;
  const url = new URL(value);
  return PROTOCOLS.has(url.protocol) && url.password === '' && (url.username === '' || url.protocol === 'ssh:');
}
export const IsRemote = (): PropertyDecorator =>
  ValidateBy({ name: 'isRemote', validator: { validate: isRemote, defaultMessage: () => '$property must be an absolute path or an address without a password' } });
