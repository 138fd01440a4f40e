import { person, personal, type Audit } from '@countersign/audit';
import type { PersonId } from '@countersign/contracts';
import { sql, type Statement, type Tx } from '@countersign/database';
import { stoppedTemplates } from '../../domain/own-agents.js';
import { AccountBook } from './account-book.js';
import { endOpen } from './end-instance.js';
import { withdrawQuestions } from './gate-approvals.js';
import { accountsOfOpen, openInstances } from './instances.js';
import { readOwners, readTeam } from './spawn-rows.js';

export interface MemberRow {
  readonly id: string;
  readonly kind: 'manager' | 'specialist';
  readonly state: 'active' | 'suspended' | 'removed';
  readonly name: string;
}
export const readMembers = (tx: Tx): Promise<MemberRow[]> => tx.read<MemberRow>(sql`select id, kind, state, name from app.member where team_id = ${tx.scopeId} order by kind, id`);

/** Why, as a code, or in a person's words. */
export interface MemberReason {
  readonly code: string;
  readonly by?: PersonId;
  readonly words?: string;
}
const reasonOf = ({ code, by, words = '' }: MemberReason) => (by === undefined || words.trim() === '' ? code : personal(by, words));

/** A member that is to stop, why, and what its entry says beside that. */
export interface Stopped {
  readonly memberId: string;
  readonly reason: MemberReason;
  readonly more?: { readonly counted?: number; readonly incident_id?: string };
}

/**
 * These members work no more, nor do their agents for others, with a task or without: what runs of them ends, nobody is asked about that work, and nothing of it is
 * started. The rest of their team goes on. Together, over one book and one list: the end of one may be that of what another runs. Take the team's turn first.
 */
export async function suspendMembers(tx: Tx, audit: Audit, stopped: readonly Stopped[]): Promise<void> {
  const ids = stopped.map(({ memberId }) => memberId);
  /** What one of them does, or who has the agent of one. */
  const isTheirs = (task: Statement, doer: Statement): Statement => sql`exists (select from app.task k where k.team_id = ${tx.scopeId} and k.id = ${task} and array[${doer}, app.agent_of(k.team_id, ${doer}, k.skill)] && ${ids}::uuid[])`;
  const [team, owners] = await Promise.all([readTeam(tx), readOwners(tx)]);
  const templates = stoppedTemplates(team!.bundle, owners.map((owner) => ({ ...owner, suspended: owner.suspended || ids.includes(owner.id) })));
  const [book, open, theirs] = await Promise.all([
    AccountBook.read(tx, accountsOfOpen(tx)),
    openInstances(tx),
    tx.read<{ id: string }>(sql`select i.id from app.instance i where i.team_id = ${tx.scopeId} and i.state in ('queued', 'running') and (i.member_id = any (${ids}::uuid[]) or (i.template_id = any (${[...templates]}::text[]) and not (i.task_id is null and i.member_id is not null)) or ${isTheirs(sql`i.task_id`, sql`i.member_id`)})`),
  ]);
  for (const instance of open) if (theirs.some(({ id }) => id === instance.id)) await endOpen(tx, audit, book, instance, { state: 'cancelled', reason: 'member_suspended' });
  book.save(tx);
  const ended = open.filter(({ id }) => book.isClosed(id)).map(({ id }) => id);
  await withdrawQuestions(tx, audit, sql`not coalesce(q.instance_id = any (${ended}::uuid[]), false) and ${isTheirs(sql`q.task_id`, sql`k.member_id`)}`, 'member_suspended');
  for (const { memberId, reason, more } of stopped) {
    tx.writeExpecting(1, 'member_suspended', sql`update app.member set state = 'suspended' where team_id = ${tx.scopeId} and id = ${memberId} and state = 'active'`);
    await audit(tx, 'TEAM-MEMBER-SUSPENDED', { team_id: tx.scopeId, team_member_id: memberId, reason: reasonOf(reason), ...more });
  }
}

/** From now on what was measured of it before is past. */
export async function reinstateMember(tx: Tx, audit: Audit, memberId: string, reason: MemberReason): Promise<void> {
  tx.writeExpecting(1, 'member_reinstated', sql`update app.member set state = 'active', reinstated_at = clock_timestamp() where team_id = ${tx.scopeId} and id = ${memberId} and state = 'suspended'`);
  await audit(tx, 'TEAM-MEMBER-REINSTATED', { team_id: tx.scopeId, team_member_id: memberId, reason: reasonOf(reason) });
}

export interface Replaced {
  readonly memberId: string;
  readonly replacementId: string;
  readonly name: string;
  /** Incidents by which it was asked for. */
  readonly requests: readonly string[];
  readonly by: PersonId;
  readonly words: string;
}
/** A fresh member takes the place of one that works no more: what it can and may is the bundle's, as before; what was measured of the other is not its own. What the other had in hand, the manager hands on. */
export async function replaceMember(tx: Tx, audit: Audit, { memberId, replacementId, name, requests, by, words }: Replaced): Promise<void> {
  const { skill, agent } = (await tx.one<{ skill: string; agent: string }>(sql`select skill, agent from app.member where team_id = ${tx.scopeId} and id = ${memberId}`))!;
  tx.writeExpecting(1, 'member_removed', sql`update app.member set state = 'removed' where team_id = ${tx.scopeId} and id = ${memberId} and state = 'suspended'`);
  tx.write(sql`insert into app.member (team_id, id, kind, skill, agent, name, secondary_skills) select team_id, ${replacementId}, kind, skill, agent, ${name}, secondary_skills from app.member where team_id = ${tx.scopeId} and id = ${memberId}`);
  await audit(tx, 'TEAM-MEMBER-REPLACED', { team_id: tx.scopeId, team_member_id: memberId, replacement_id: replacementId, name, skill, agent, requests, decided_by: person(by), reason: reasonOf({ code: 'unspecified', by, words }) });
}
