import { principalOf } from '@countersign/audit';
import type { Requester } from '@countersign/contracts';

/** A transaction in a person's name: its entries are theirs unless they say that the manager acts. */
export const byPerson = ({ personId }: Requester): { readonly principal: string } => ({ principal: principalOf({ kind: 'person', id: personId }) });
