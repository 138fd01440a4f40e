import { personal, type Audit } from '@countersign/audit';
import type { PersonId } from '@countersign/contracts';
import { sql, type Tx } from '@countersign/database';
import { AccountBook } from './account-book.js';
import { endOpen } from './end-instance.js';
import { accountsOfOpen, openInstances } from './instances.js';

export interface MemberRow {
  readonly id: string;
  readonly kind: 'manager' | 'specialist';
  readonly state: 'active' | 'suspended' | 'removed';
}
export const readMembers = (tx: Tx): Promise<MemberRow[]> => tx.read<MemberRow>(sql`select id, kind, state from app.member where team_id = ${tx.scopeId} order by kind, id`);

/** Why, as a code, or in a person's words. */
export interface MemberReason {
  readonly code: string;
  readonly by?: PersonId;
  readonly words?: string;
}
const reasonOf = ({ code, by, words = '' }: MemberReason) => (by === undefined || words.trim() === '' ? code : personal(by, words));

/** The member works no more: what runs of it ends, and nothing of it is started. The rest of its team goes on. Take the team's turn first. */
export async function suspendMember(tx: Tx, audit: Audit, memberId: string, reason: MemberReason, more: { readonly counted?: number; readonly incident_id?: string } = {}): Promise<void> {
  const book = await AccountBook.read(tx, accountsOfOpen(tx));
  for (const instance of await openInstances(tx)) if (instance.member_id === memberId) await endOpen(tx, audit, book, instance, { state: 'cancelled', reason: 'member_suspended' });
  book.save(tx);
  tx.writeExpecting(1, 'member_suspended', sql`update app.member set state = 'suspended' where team_id = ${tx.scopeId} and id = ${memberId} and state = 'active'`);
  await audit(tx, 'TEAM-MEMBER-SUSPENDED', { team_id: tx.scopeId, team_member_id: memberId, reason: reasonOf(reason), ...more });
}

export async function reinstateMember(tx: Tx, audit: Audit, memberId: string, reason: MemberReason): Promise<void> {
  tx.writeExpecting(1, 'member_reinstated', sql`update app.member set state = 'active' where team_id = ${tx.scopeId} and id = ${memberId} and state = 'suspended'`);
  await audit(tx, 'TEAM-MEMBER-REINSTATED', { team_id: tx.scopeId, team_member_id: memberId, reason: reasonOf(reason) });
}
