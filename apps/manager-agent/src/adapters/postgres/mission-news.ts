import type { GoalId, MissionCommand, MissionStatus } from '@countersign/contracts';
import { json, sql, type Statement, type Tx } from '@countersign/database';

/** The original's events about missions, as rows of the team's stream: in the transaction of what they tell. */
const emit = (tx: Tx, type: string, properties: object): void => tx.writeTogether(emitted, { type, properties: json(properties) });
const emitted = (news: readonly { readonly type: string; readonly properties: string }[]): Statement => sql`select sec.emit(${news.map(({ type }) => type)}::text[], ${news.map(({ properties }) => properties)}::text[]::jsonb[])`;

interface News {
  readonly missionID: GoalId;
  readonly revision: number;
  readonly status: MissionStatus;
}

export const emitCreated = (tx: Tx, news: News & { readonly workItemCount: number }): void => emit(tx, 'mission.created', { ...news, commandCount: 0 });

/** What changed, and the notices among what is to be done about it. */
export function emitUpdated(tx: Tx, { missionID, revision, status }: News, commands: readonly MissionCommand[] = []): void {
  emit(tx, 'mission.updated', { missionID, revision, status, commandCount: commands.length });
  for (const command of commands) if (command.type === 'emit_notice') emit(tx, command.event_type, { missionID, ...command.properties });
}
