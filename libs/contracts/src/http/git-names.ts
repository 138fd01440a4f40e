import { ValidateBy } from 'class-validator';
import { hasUnseen } from '../characters.js';
import { isBranch, isMirror, isRemote } from '../git-names.js';

const fits = (rule: (text: string) => boolean) => (value: unknown): boolean => typeof value === 'string' && rule(value);

export const IsMirror = (): PropertyDecorator =>
  ValidateBy({ name: 'isMirror', validator: { validate: fits(isMirror), defaultMessage: () => '$property must be the plain name of a mirror' } });
export const IsBranch = (): PropertyDecorator =>
  ValidateBy({ name: 'isBranch', validator: { validate: fits(isBranch), defaultMessage: () => '$property must be a plain branch name' } });
/**
 * A remote as a person may type it: it is shown to whoever approves, so no invisible characters, and no user name where
 * that is where tokens are put.
 */
export const isTypedRemote = (text: string): boolean => isRemote(text) && !hasUnseen(text) && !/^https:\/\/[^/]*@/i.test(text);

export const IsRemote = (): PropertyDecorator =>
  ValidateBy({ name: 'isRemote', validator: { validate: fits(isTypedRemote), defaultMessage: () => '$property must be an absolute path or an address without a password' } });
