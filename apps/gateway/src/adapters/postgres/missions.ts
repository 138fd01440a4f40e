import { missionView, MOST_LISTED_MISSIONS, MOST_MISSION_EVENTS, NotFoundError, type GoalId, type MissionEventType, type MissionEventView, type MissionRow, type MissionState, type TeamId, type WorkItemRow } from '@countersign/contracts';
import { Database, sql } from '@countersign/database';
import { Injectable } from '@nestjs/common';
import { isStaff, type Caller } from '../../domain/access.js';
import { pageOfRows, type Page, type PageRequest } from './pages.js';

interface Row extends Omit<MissionRow, 'updatedAtMs'> {
  readonly updated_at: Date;
}
interface ListRow extends Row {
  readonly tasks: readonly WorkItemRow[];
}
interface EventRow {
  readonly seq: number;
  readonly at: Date;
  readonly type: MissionEventType;
  readonly body: object;
  readonly changed: boolean;
}

/** Goals of either origin as the original's missions. */
@Injectable()
export class Missions {
  constructor(private readonly database: Database) {}

  /** The newest, in the original's order: by id. The next page are those before them. */
  async list(by: Caller, page: PageRequest, teamId?: TeamId): Promise<Page<MissionState>> {
    const limit = page.limit ?? MOST_LISTED_MISSIONS;
    const rows = await this.database.ops<ListRow>('missions', isStaff(by) ? null : by.customerId, teamId ?? null, page.cursor ?? null, limit + 1);
    const { items, nextCursor } = pageOfRows(rows, limit, ({ id }) => id, ({ tasks, ...row }) => missionView(rowOf(row), tasks));
    return { items: items.toReversed(), nextCursor };
  }

  read(teamId: TeamId, goalId: GoalId): Promise<MissionState> {
    return this.database.withTeam(teamId, async (tx) => {
      const [row, tasks] = await Promise.all([
        tx.one<Row>(sql`select g.id, g.origin, g.title, g.text, g.state, g.paused_at is not null as paused, g.spec as terms, g.mission_revision as revision, g.changed_at as updated_at from app.goal g where g.team_id = ${teamId} and g.id = ${goalId}`),
        tx.read<WorkItemRow>(sql`
          select k.id, k.key, k.title, k.detail, k.state, k.round, k.depends_on as "dependsOn", k.skill, k.options ->> 'runId' as "runId", k.artifact_refs as "artifactRefs", k.metadata
          from app.task k where k.team_id = ${teamId} and k.goal_id = ${goalId} order by k.ordinal`),
      ]);
      if (!row) throw new NotFoundError('mission');
      return missionView(rowOf(row), tasks);
    });
  }

  /** Who said it is in the audit chain, not here. */
  events(teamId: TeamId, goalId: GoalId, after = 0): Promise<MissionEventView[]> {
    return this.database.withTeam(teamId, async (tx) => {
      const rows = await tx.read<EventRow>(sql`
        select e.seq, e.at, e.type, e.body, coalesce((e.reply ->> 'changed')::boolean, false) as changed from app.mission_event e
        where e.team_id = ${teamId} and e.goal_id = ${goalId} and e.seq > ${after} order by e.seq limit ${MOST_MISSION_EVENTS}`);
      return rows.map(({ seq, at, type, body, changed }) => ({ seq, timestampMs: at.getTime(), type, event: body, changed }));
    });
  }
}

const rowOf = ({ updated_at, ...row }: Row): MissionRow => ({ ...row, updatedAtMs: updated_at.getTime() });
