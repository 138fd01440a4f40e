import { escalationOf, PLATFORM_CHAIN, type EscalationTrigger, type EscalationView } from '@countersign/contracts';
import { Database } from '@countersign/database';
import { Injectable } from '@nestjs/common';
import { isStaff, type Caller } from '../../domain/access.js';
import { iso, isoOrNull, limitOf, pageOfRows, type Page, type PageRequest } from './pages.js';

interface EscalationRow {
  readonly team_id: string;
  readonly id: string;
  readonly team_name: string | null;
  readonly trigger: EscalationView['trigger'];
  readonly subject: string;
  readonly member_name: string | null;
  readonly to_role: EscalationView['toRole'];
  readonly state: EscalationView['state'];
  readonly counted: number;
  readonly figures: object;
  readonly raised_at: Date;
  readonly due_at: Date;
  readonly overdue: boolean;
  readonly acknowledged_at: Date | null;
  readonly resolved_at: Date | null;
  readonly resolved_by: string | null;
  readonly resolution: string;
  readonly said: string | null;
  readonly said_by: EscalationView['saidBy'];
}

/** What the caller's own roles have to look at: a customer's governor what concerns the own teams, platform staff what is for them. */
@Injectable()
export class Escalations {
  constructor(private readonly database: Database) {}

  async list(caller: Caller, openOnly: boolean, page: PageRequest): Promise<Page<EscalationView>> {
    const limit = limitOf(page);
    const rows = await this.database.ops<EscalationRow>('escalations_page', isStaff(caller) ? null : caller.customerId, caller.roles, openOnly, page.cursor ?? null, limit + 1);
    return pageOfRows(rows, limit, ({ id }) => id, viewOf);
  }
}

/** Answered on the page of the request that they name. */
const ABOUT_APPROVALS: readonly EscalationTrigger[] = ['deliverable_ready', 'effect_unknown'];

const viewOf = (row: EscalationRow): EscalationView => ({
  id: row.id, teamId: row.team_id === PLATFORM_CHAIN ? null : row.team_id, teamName: row.team_name, memberName: row.member_name, trigger: row.trigger, words: escalationOf(row.trigger).words,
  toRole: row.to_role, state: row.state, counted: row.counted, approvalId: ABOUT_APPROVALS.includes(row.trigger) ? row.subject : null, figures: row.figures, raisedAt: iso(row.raised_at), dueAt: iso(row.due_at), overdue: row.overdue,
  acknowledgedAt: isoOrNull(row.acknowledged_at), resolvedAt: isoOrNull(row.resolved_at), resolvedBy: row.resolved_by, resolution: row.resolution, said: row.said, saidBy: row.said_by,
});
