import { BUDGET_UNITS, type BudgetLine, type BudgetUnit, type CustomerId, type MemberSummary, type TeamBudget, type TeamDetail, type TeamId, type TeamSummary } from '@countersign/contracts';
import { Database, sql, type Tx } from '@countersign/database';
import { Injectable } from '@nestjs/common';
import { isStaff, type Caller } from '../../domain/access.js';
import { possibleOvershoot } from './costs.js';
import { newestGoals } from './goals.js';
import { newestHead } from './newest-head.js';
import { iso } from './pages.js';

interface TeamRow {
  readonly team_id: string;
  readonly customer_id: CustomerId;
  readonly name: string;
  readonly state: TeamSummary['state'];
  readonly mode: TeamSummary['mode'];
  readonly bundle_id: string;
  readonly created_at: Date;
  /** Of a list for staff it is not read. */
  readonly head?: string | null;
}
interface TeamDetailRow extends TeamRow {
  readonly epoch: number;
  readonly coordination: TeamDetail['coordination'];
  readonly state_reason: string;
  readonly state_changed_at: Date;
}

/** Teams as people see them. */
@Injectable()
export class Teams {
  constructor(private readonly database: Database) {}

  /** Every team the caller may see, oldest first. */
  async visibleTo(caller: Caller): Promise<TeamSummary[]> {
    const rows = isStaff(caller) ? await this.database.ops<TeamRow>('all_teams') : await this.database.ops<TeamRow>('teams_of', caller.customerId);
    return rows.map(summaryOf);
  }

  async detail(teamId: TeamId): Promise<TeamDetail> {
    return this.database.withTeam(teamId, async (tx) => {
      const [[team], members, budget, goals] = await Promise.all([tx.read<TeamDetailRow>(sql`select t.*, ${newestHead} as head from app.team t where t.team_id = ${teamId}`), readMembers(tx), readBudget(tx), newestGoals(tx, 20)]);
      return { ...summaryOf(team!), epoch: team!.epoch, coordination: team!.coordination, stateReason: team!.state_reason, stateChangedAt: iso(team!.state_changed_at), members, budget, goals };
    });
  }
}

const summaryOf = (row: TeamRow): TeamSummary => ({ id: row.team_id, name: row.name, state: row.state, mode: row.mode, bundleId: row.bundle_id, createdAt: iso(row.created_at), head: row.head ?? null });

const readMembers = (tx: Tx): Promise<MemberSummary[]> =>
  tx.read<MemberSummary>(sql`select id, name, skill, kind, agent, state from app.member where team_id = ${tx.scopeId} and state <> 'removed' order by kind = 'manager' desc, name`);

async function readBudget(tx: Tx): Promise<TeamBudget> {
  const rows = await tx.read<BudgetLine & { unit: BudgetUnit }>(sql`select b.unit, b.granted, b.held, b.spent, coalesce(o.overshoot, 0) as overshoot
    from app.budget b left join (${possibleOvershoot(sql`${tx.scopeId}::uuid`)}) o on o.unit = b.unit where b.team_id = ${tx.scopeId} and b.kind = 'team'`);
  const lines = new Map(rows.map(({ unit, ...line }) => [unit, line]));
  return Object.fromEntries(BUDGET_UNITS.map((unit) => [unit, lines.get(unit) ?? { granted: 0, held: 0, spent: 0, overshoot: 0 }])) as unknown as TeamBudget;
}
