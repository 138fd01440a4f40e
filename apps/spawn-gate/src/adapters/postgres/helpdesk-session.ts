import { uuidv7 } from '@countersign/contracts';
import { json, sql, type Tx } from '@countersign/database';
import type { TeamRow } from './spawn-rows.js';

export interface Session {
  readonly id: string;
}

/** Whether the bundle's publication approved beforehand that a suspension opens the helpdesk (decisions C-22); else a governor of the platform does. */
export const isPreapproved = ({ bundle }: TeamRow): boolean => bundle.helpdesk?.activation === 'preapproved';

/** Opens the helpdesk. The session keeps a redacted picture of the team at this moment: counts, titles and states. */
export async function openSession(tx: Tx, team: TeamRow, reason: string): Promise<Session> {
  const id = uuidv7();
  const status = await tx.one<{ snapshot: object }>(sql`select ops.team_status() as snapshot`);
  tx.write(sql`insert into app.helpdesk_session (team_id, id, epoch, reason, plan, snapshot) values (${tx.scopeId}, ${id}, ${team.epoch}, ${reason}, ${team.bundle.helpdesk?.plan ?? ''}, ${json(status!.snapshot)})`);
  return { id };
}

/** Closes the open session, if there is one. */
export const openSessionOf = (tx: Tx): Promise<Session | undefined> => tx.one<Session>(sql`select id from app.helpdesk_session where team_id = ${tx.scopeId} and closed_at is null`);

export async function closeSession(tx: Tx, resolution: string): Promise<Session | undefined> {
  const open = await openSessionOf(tx);
  if (open) tx.write(sql`update app.helpdesk_session set closed_at = clock_timestamp(), resolution = ${resolution} where team_id = ${tx.scopeId} and id = ${open.id}`);
  return open;
}
