import { isRemote } from '@countersign/contracts';

/** Who asks for a mirror, and with which remote. */
export interface Adoption {
  readonly by: { readonly roles: readonly string[] };
  readonly remote: string;
}
export type AdoptionRefusal = { readonly code: 'not_permitted' | 'repository_invalid' | 'mirror_remote_differs'; readonly message: string };

/**
 * Whether a person may take a mirror for their customer; undefined: they may. `adoptedRemote` is the one it was adopted with
 * before, null where it was not: a mirror keeps its remote, because approvals that name it were given for that one. `barred`: the remote is on this machine where no work may go.
 */
export function checkAdoption({ by, remote }: Adoption, adoptedRemote: string | null, barred: boolean): AdoptionRefusal | undefined {
  if (!by.roles.includes('customer_governor')) return { code: 'not_permitted', message: 'Only a governor of the customer adopts a mirror.' };
  if (!isRemote(remote) || barred) return { code: 'repository_invalid', message: 'The repository’s remote cannot be used.' };
  if (adoptedRemote !== null && adoptedRemote !== remote) return { code: 'mirror_remote_differs', message: 'The mirror was adopted with another remote.' };
  return undefined;
}
