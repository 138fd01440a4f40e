import { customerLimit, normalizeSpawnPolicy, TeamId, type AccountKind, type BudgetAccount, type BudgetTreePage, type BudgetUnit, type SpawnPolicy, type SpawnPolicyFile } from '@countersign/contracts';
import { Database, sql } from '@countersign/database';
import { Injectable } from '@nestjs/common';
import { customerLines, linesOf, type StoredLine } from '../../domain/account-tree.js';
import { isStaff, type Caller } from '../../domain/access.js';
import { overshootOfAccounts } from './costs.js';
import { limitOf, pageOfRows, type PageRequest } from './pages.js';
import { Policies } from './policies.js';

interface TeamRow {
  readonly team_id: string;
  readonly customer_id: string;
}
interface AccountRow {
  readonly team_id: string;
  readonly customer_id: string;
  readonly account_id: string;
  readonly kind: AccountKind;
  readonly parent_id: string | null;
  readonly name: string;
  readonly state: string;
  readonly lines: Partial<Record<BudgetUnit, StoredLine>>;
}

/** So many teams are looked at together: less than there are connections. */
const AT_ONCE = 4;
const FIRST = '00000000-0000-0000-0000-000000000000';

/** The tree of accounts: customer, team, mission, instance. */
@Injectable()
export class Budgets {
  constructor(
    private readonly database: Database,
    private readonly policies: Policies,
  ) {}

  async page(by: Caller, page: PageRequest, only?: TeamId): Promise<BudgetTreePage> {
    const limit = limitOf(page);
    const [fromTeam, afterAccount] = page.cursor?.split('_') ?? [];
    const teams = await this.teams(by, only, fromTeam);
    const rows: AccountRow[] = [];
    for (let at = 0; at < teams.length && rows.length <= limit; at += AT_ONCE) {
      const read = await Promise.all(teams.slice(at, at + AT_ONCE).map((team) => this.accounts(team, team.team_id === fromTeam ? afterAccount! : FIRST, limit + 1)));
      rows.push(...read.flat());
    }
    const { items, nextCursor } = pageOfRows(rows.slice(0, limit + 1), limit, ({ team_id, account_id }) => `${team_id}_${account_id}`, accountOf);
    const customers = [...new Set(rows.slice(0, limit).map(({ customer_id }) => customer_id))];
    return { items, customers: await this.customers(customers), nextCursor };
  }

  /** Those the caller sees, in one order, from the one on where the page before ended. */
  private async teams(by: Caller, only: TeamId | undefined, from = FIRST): Promise<TeamRow[]> {
    const all = isStaff(by) ? await this.database.ops<TeamRow>('all_teams') : (await this.database.ops<{ team_id: string }>('teams_of', by.customerId)).map(({ team_id }) => ({ team_id, customer_id: by.customerId }));
    return all.filter(({ team_id }) => (only === undefined || team_id === only) && team_id >= from).sort((a, b) => (a.team_id < b.team_id ? -1 : 1));
  }

  /** Ids grow with time, so an account comes after the one it hangs below. */
  private accounts({ team_id, customer_id }: TeamRow, after: string, most: number): Promise<AccountRow[]> {
    return this.database.withTeam(TeamId.parse(team_id), async (tx) => {
      const team = sql`${tx.scopeId}::uuid`;
      const rows = await tx.read<Omit<AccountRow, 'team_id' | 'customer_id'>>(sql`
        with beyond as (${overshootOfAccounts(team)})
        select a.account_id, a.kind, a.parent_id,
          case a.kind when 'team' then t.name when 'instance' then i.role || ' ' || i.template_id else coalesce(nullif(g.title, ''), left(split_part(g.text, E'\\n', 1), 200), '') end as name,
          coalesce(case a.kind when 'team' then t.state when 'instance' then i.state else g.state end, '') as state,
          (select jsonb_object_agg(b.unit, jsonb_build_object('granted', b.granted, 'held', b.held, 'spent', b.spent, 'overshoot', coalesce(o.overshoot, 0)))
            from app.budget b left join beyond o on o.account_id = b.account_id and o.unit = b.unit where b.team_id = ${team} and b.account_id = a.account_id) as lines
        from (select distinct b.account_id, b.kind, b.parent_id from app.budget b where b.team_id = ${team} and b.unit = 'tokens' and b.account_id > ${after} order by b.account_id limit ${most}) a
        join app.team t on t.team_id = ${team} left join app.goal g on g.team_id = ${team} and g.id = a.account_id left join app.instance i on i.team_id = ${team} and i.id = a.account_id order by a.account_id`);
      return rows.map((row) => ({ ...row, team_id, customer_id }));
    });
  }

  private async customers(ids: readonly string[]): Promise<BudgetAccount[]> {
    const { document } = await this.policies.spawnPolicy();
    const policy = normalizeSpawnPolicy((document ?? {}) as SpawnPolicyFile);
    return Promise.all(ids.map((id) => this.customer(id, policy)));
  }

  private async customer(id: string, policy: SpawnPolicy): Promise<BudgetAccount> {
    const [lines, beyond, [named]] = await Promise.all([
      this.database.ops<{ unit: BudgetUnit; granted: number; spent: number }>('customer_account', id),
      this.database.ops<{ unit: BudgetUnit; overshoot: number }>('customer_overshoot', id),
      this.database.ops<{ customer_name: string }>('customer_name', id),
    ]);
    const stored = Object.fromEntries(lines.map(({ unit, granted, spent }) => [unit, { granted, held: 0, spent, overshoot: beyond.find((each) => each.unit === unit)?.overshoot ?? 0 }]));
    return { id, kind: 'customer', parentId: null, teamId: null, name: named!.customer_name, state: '', amounts: customerLines(customerLimit(policy, id), stored) };
  }
}

const accountOf = ({ team_id, customer_id, account_id, kind, parent_id, name, state, lines }: AccountRow): BudgetAccount => ({
  id: account_id,
  kind,
  parentId: kind === 'team' ? customer_id : parent_id,
  teamId: team_id,
  name,
  state,
  amounts: linesOf(lines),
});
