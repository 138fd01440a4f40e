import type { AlertView } from '@countersign/contracts';
import { Database } from '@countersign/database';
import { Injectable } from '@nestjs/common';
import { isStaff, type Caller } from '../../domain/access.js';
import { iso, isoOrNull, limitOf, pageOfRows, type Page, type PageRequest } from './pages.js';

interface AlertRow {
  readonly id: string;
  readonly kind: AlertView['kind'];
  readonly team_id: string;
  readonly team_name: string;
  readonly goal_id: string | null;
  readonly approval_id: string | null;
  readonly stops: AlertView['stops'];
  readonly at: Date;
  readonly stopped_at: Date | null;
  readonly muted_until: Date | null;
}

/** What an operator should look at: of all customers for platform staff, else the customer's own. */
@Injectable()
export class Alerts {
  constructor(private readonly database: Database) {}

  async list(caller: Caller, page: PageRequest): Promise<Page<AlertView>> {
    const limit = limitOf(page);
    const rows = await this.database.ops<AlertRow>('alerts_page', isStaff(caller) ? null : caller.customerId, page.cursor ?? null, limit + 1);
    return pageOfRows(rows, limit, ({ id }) => id, (row) => ({ id: row.id, kind: row.kind, teamId: row.team_id, teamName: row.team_name, goalId: row.goal_id, approvalId: row.approval_id, stops: row.stops, at: iso(row.at), stoppedAt: isoOrNull(row.stopped_at), mutedUntil: isoOrNull(row.muted_until) }));
  }
}
