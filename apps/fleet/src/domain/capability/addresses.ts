import { isPublicAddress } from '@countersign/contracts';
import { refuse, type Refusal } from './refusal.js';

/** Refuses what is not a public unicast address. */
export const refuseAddress = (text: string): Refusal | undefined => (isPublicAddress(text) ? undefined : refuse('address_not_public', 'the name leads to an address that is not public'));
