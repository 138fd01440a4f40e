import { uuidv7 } from '@countersign/contracts';
import { json, sql, type Tx } from '@countersign/database';
import type { Move } from './move-entries.js';

export interface Session {
  readonly id: string;
}

/**
 * Opens the helpdesk with the suspension, where the bundle's publication approved that beforehand (decisions C-22). The
 * session keeps a redacted picture of the team at this moment: counts, titles and states.
 */
export async function openSession(tx: Tx, { request, team }: Move): Promise<Session | undefined> {
  const { helpdesk } = team.bundle;
  if (helpdesk?.activation !== 'preapproved') return undefined;
  const id = uuidv7();
  const status = await tx.one<{ snapshot: object }>(sql`select ops.team_status() as snapshot`);
  tx.write(sql`insert into app.helpdesk_session (team_id, id, epoch, reason, plan, snapshot) values (${tx.scopeId}, ${id}, ${team.epoch}, ${request.reason}, ${helpdesk.plan}, ${json(status!.snapshot)})`);
  return { id };
}

/** Closes the open session, if there is one. */
export async function closeSession(tx: Tx, resolution: string): Promise<Session | undefined> {
  const open = await tx.one<Session>(sql`select id from app.helpdesk_session where team_id = ${tx.scopeId} and closed_at is null`);
  if (open) tx.write(sql`update app.helpdesk_session set closed_at = clock_timestamp(), resolution = ${resolution} where team_id = ${tx.scopeId} and id = ${open.id}`);
  return open;
}
