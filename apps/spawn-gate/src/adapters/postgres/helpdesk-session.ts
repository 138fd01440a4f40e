import { severityOf, uuidv7 } from '@countersign/contracts';
import { json, readTeamPolicy, sql, type Tx } from '@countersign/database';
import type { TeamRow } from './spawn-rows.js';

export interface Session {
  readonly id: string;
  /** Whether the helpdesk answers in it. */
  readonly talks: boolean;
}

/** Whether the bundle's publication approved beforehand that a suspension opens the helpdesk (decisions C-22); else a governor of the platform does. */
export const isPreapproved = ({ bundle }: TeamRow): boolean => bundle.helpdesk?.activation === 'preapproved';

/** Why a team was suspended: in words, by which rows, and of which kind those are. */
export interface SuspendedFor {
  readonly reason: string;
  readonly causes: readonly string[];
  readonly kinds: readonly string[];
}

/**
 * The session of a suspension, with a redacted picture of the team at this moment: counts, titles and states. The customer is told
 * why, and may leave a message, in every one; the helpdesk answers in it where the bundle approved so, or a governor opens it.
 */
export async function openSession(tx: Tx, team: TeamRow, { reason, causes, kinds }: SuspendedFor): Promise<Session> {
  const session = { id: uuidv7(), talks: isPreapproved(team) };
  const [status, { terms: { helpdesk: { cadenceHours } } }] = await Promise.all([tx.one<{ snapshot: object }>(sql`select ops.team_status() as snapshot`), readTeamPolicy(tx)]);
  tx.write(sql`insert into app.helpdesk_session (team_id, id, epoch, reason, plan, talks, causes, cadence_hours, snapshot)
    values (${tx.scopeId}, ${session.id}, ${team.epoch}, ${reason}, ${team.bundle.helpdesk?.plan ?? ''}, ${session.talks}, ${causes}::uuid[], ${cadenceHours[severityOf(kinds)]}, ${json(status!.snapshot)})`);
  return session;
}

/** The session of the suspension that lasts. */
export const openSessionOf = (tx: Tx): Promise<Session | undefined> => tx.one<Session>(sql`select id, talks from app.helpdesk_session where team_id = ${tx.scopeId} and closed_at is null`);

/** From now on the helpdesk answers in it. */
export const letTalk = (tx: Tx, { id }: Session): void => tx.writeExpecting(1, 'helpdesk_opened', sql`update app.helpdesk_session set talks = true, opened_at = clock_timestamp() where team_id = ${tx.scopeId} and id = ${id} and not talks`);

/** Closes the open session, if there is one. */
export async function closeSession(tx: Tx, resolution: string): Promise<Session | undefined> {
  const open = await openSessionOf(tx);
  if (open) tx.write(sql`update app.helpdesk_session set closed_at = clock_timestamp(), resolution = ${resolution} where team_id = ${tx.scopeId} and id = ${open.id}`);
  return open;
}
