import { ValidateBy } from 'class-validator';
import { isBranch, isRemote } from '../git-names.js';

const fits = (rule: (text: string) => boolean) => (value: unknown): boolean => typeof value === 'string' && rule(value);

export const IsBranch = (): PropertyDecorator =>
  ValidateBy({ name: 'isBranch', validator: { validate: fits(isBranch), defaultMessage: () => '$property must be a plain branch name' } });
export const IsRemote = (): PropertyDecorator =>
  ValidateBy({ name: 'isRemote', validator: { validate: fits(isRemote), defaultMessage: () => '$property must be an absolute path or an address without a password' } });
