import { isBranch, isFolder, isRemote } from '@countersign/contracts';
import type { Refusal } from './refusal.js';

/** Where outside an effect goes. */
export type Place =
  | { readonly kind: 'git.push'; readonly remote: string; readonly branch: string; /** On this machine, where no work may go, or not among what the operator lets this customer push to. */ readonly refused?: Refusal | undefined }
  | { readonly kind: 'file.publish'; readonly folder: string }
  | { readonly kind: 'http.post' | 'email.send'; /** What the operator's word about it is. */ readonly refused: Refusal | undefined };

/** Why nothing may go to a place; undefined when it may. Asked when an order is read, and again before each look and each act. */
export function wrongPlace(place: Place): Refusal | undefined {
  switch (place.kind) {
    case 'file.publish':
      return isFolder(place.folder) ? undefined : 'path_invalid';
    case 'git.push':
      if (!isRemote(place.remote)) return 'remote_invalid';
      return place.refused ?? (isBranch(place.branch) ? undefined : 'branch_invalid');
    default:
      return place.refused;
  }
}
