import type { Capabilities } from '@countersign/contracts';
import { refuse, type Refusal } from './refusal.js';

/** An alias is given out by its very letters: no trimming, no case folding, no other name for the same secret. */
export function refuseAlias({ secrets_scopes }: Capabilities, alias: string): Refusal | undefined {
  return secrets_scopes.includes(alias) ? undefined : refuse('secret_not_allowed', 'the grant does not list this alias');
}
