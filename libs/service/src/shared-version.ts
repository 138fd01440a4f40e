import type { ContextVisibility } from '@countersign/contracts';
import { json, sql, type Tx } from '@countersign/database';
import { createHash } from 'node:crypto';

/** A version of something that a team shares, judged before: as it is written. */
export interface SharedVersion {
  readonly contextId: string;
  readonly name: string;
  readonly visibility: ContextVisibility;
  readonly taskId: string | null;
  /** 1: nothing of that id is there yet. */
  readonly version: number;
  readonly content: string;
  readonly writer: `person:${string}` | `member:${string}`;
  readonly provenance: object;
  /** Hex, of a version that its writer had not before them. */
  readonly replaced?: string | null;
}

export const sharedHash = (content: string): string => createHash('sha256').update(content).digest('hex');

/** Adds the version and says that it is the newest. Throws `GuardError('stale_version')` at the commit where another was quicker; whoever writes it records it. */
export function writeSharedVersion(tx: Tx, { contextId, name, visibility, taskId, version, content, writer, provenance, replaced = null }: SharedVersion): void {
  const team = tx.scopeId;
  const bytes = Buffer.from(content);
  const hash = Buffer.from(sharedHash(content), 'hex');
  if (version > 1) tx.writeExpecting(1, 'stale_version', sql`update app.context set version = ${version}, sha256 = ${hash}, size = ${bytes.length}, changed_at = clock_timestamp() where team_id = ${team} and id = ${contextId} and version = ${version - 1}`);
  else tx.write(sql`insert into app.context (team_id, id, name, visibility, task_id, version, sha256, size) values (${team}, ${contextId}, ${name}, ${visibility}, ${taskId}, 1, ${hash}, ${bytes.length})`);
  tx.write(sql`insert into app.context_version (team_id, context_id, version, sha256, size, content, writer, provenance, replaced)
    values (${team}, ${contextId}, ${version}, ${hash}, ${bytes.length}, ${bytes}, ${writer}, ${json(provenance)}, ${replaced === null ? null : Buffer.from(replaced, 'hex')})`);
}
