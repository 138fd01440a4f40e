import type { TeamId } from '@countersign/contracts';
import { Database } from '@countersign/database';
import { Injectable } from '@nestjs/common';
import { startOf, type EventCursor } from '../../domain/event-cursor.js';

/** One event as it stands in its row. */
export interface AgentEvent extends EventCursor {
  readonly customerId: string;
  readonly type: string;
  readonly properties: Readonly<Record<string, unknown>>;
}
/** Whose events: nulls are any. */
export interface EventScope {
  readonly customerId: string | null;
  readonly teamId: TeamId | null;
}
interface Row {
  readonly team_id: string;
  readonly customer_id: string;
  readonly pos: string;
  readonly seq: number;
  readonly type: string;
  readonly properties: Record<string, unknown>;
}

export const EVENTS_AT_ONCE = 500;
export const EVERYBODYS: EventScope = { customerId: null, teamId: null };

/** The rows behind the original's event stream, in one order over all teams. */
@Injectable()
export class AgentEvents {
  constructor(private readonly database: Database) {}

  /** Where somebody who begins to listen now has to begin: what is being written at this moment comes after it. */
  async horizon(): Promise<EventCursor> {
    const [row] = await this.database.ops<{ agent_event_horizon: string }>('agent_event_horizon');
    return startOf(BigInt(row!.agent_event_horizon));
  }

  /** The next ones after a place. Fewer than `EVENTS_AT_ONCE`: there are no more for now. */
  async after({ pos, teamId, seq }: EventCursor, scope: EventScope): Promise<AgentEvent[]> {
    const rows = await this.database.ops<Row>('agent_events', String(pos), teamId, seq, scope.customerId, scope.teamId, EVENTS_AT_ONCE);
    return rows.map((row) => ({ teamId: row.team_id, customerId: row.customer_id, pos: BigInt(row.pos), seq: row.seq, type: row.type, properties: row.properties }));
  }
}
