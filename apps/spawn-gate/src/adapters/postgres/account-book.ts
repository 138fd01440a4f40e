import { BUDGET_UNITS, type AccountKind, type BudgetUnit } from '@countersign/contracts';
import { json, raw, sql, type Statement, type Tx } from '@countersign/database';
import { each, isNothing, shown, type Full } from '../../domain/amounts.js';
import { exhausted, used, type Account, type Chain } from '../../domain/budget.js';

interface AccountRow {
  readonly account_id: string;
  readonly unit: BudgetUnit;
  readonly kind: AccountKind;
  readonly parent_id: string | null;
  readonly granted: number;
  readonly held: number;
  readonly spent: number;
  readonly warned: boolean;
  readonly exhausted: boolean;
}

interface Page {
  readonly kind: AccountKind;
  parentId: string | null;
  readonly stored: Account;
  now: Account;
  closed: boolean;
  /** Units whose mark is written down already, or is about to be. */
  readonly warned: Set<BudgetUnit>;
  readonly exhausted: Set<BudgetUnit>;
  readonly fresh: Mark[];
  /** Units whose marks are over: there is more of them now. */
  readonly lifted: Set<BudgetUnit>;
}

/** A budget passed eighty percent, or was used up, for the first time. */
export interface Mark {
  readonly accountId: string;
  readonly kind: AccountKind;
  readonly unit: BudgetUnit;
  readonly level: 'warned' | 'exhausted';
  readonly account: Account;
}

export interface LedgerEntry {
  readonly accountId: string;
  /** What the movement belongs to: a call, an instance, a goal. With the kind it makes the movement happen once. */
  readonly callId: string;
  readonly kind: 'grant' | 'hold' | 'draw' | 'settle' | 'release';
  readonly amounts: Full;
  /** Of a hold: how far beyond it its call can go at most. Of what was used: how far it went beyond everything that was granted. */
  readonly overshoot?: Full;
  readonly usageSource?: 'provider' | 'estimate';
  /** The model that was paid. */
  readonly model?: string;
}

/**
 * Takes the team's turn until commit: everything the gate decides about one team happens one after the other, so two
 * hundred spawns at once cannot all see the same last ten units. Only the gate can take it: nobody else may update budgets.
 */
export const takeTurn = (tx: Tx): Statement => sql`select 1 from app.budget where team_id = ${tx.scopeId} and account_id = ${tx.scopeId} and unit = 'tokens' for update`;

/** Accounts read in this transaction, moved by the rules, and written back in one go. */
export class AccountBook {
  private readonly pages = new Map<string, Page>();
  private readonly entries: LedgerEntry[] = [];

  /** Reads the team's account and those that `ids` (a query of one uuid column) names. Take the team's turn first. */
  static async read(tx: Tx, ids: Statement): Promise<AccountBook> {
    const book = new AccountBook();
    await book.more(tx, sql`select ${tx.scopeId}::uuid union all ${ids}`);
    return book;
  }

  /** Reads further accounts, from the team downwards, so that what is told of them has one order; those the book has already keep what was done to them. */
  async more(tx: Tx, ids: Statement): Promise<void> {
    const rows = await tx.read<AccountRow>(sql`select account_id, unit, kind, parent_id, granted, held, spent, warned_at is not null as warned, exhausted_at is not null as exhausted
      from app.budget where team_id = ${tx.scopeId} and account_id = any (array(${ids})) order by array_position(array['team', 'mission', 'instance'], kind), account_id`);
    for (const [id, of] of Map.groupBy(rows, ({ account_id }) => account_id)) {
      if (this.pages.has(id)) continue;
      const amount = (key: 'granted' | 'held' | 'spent'): Full => each((unit) => of.find((row) => row.unit === unit)?.[key] ?? 0);
      const stored = { granted: amount('granted'), held: amount('held'), spent: amount('spent') };
      const marked = (key: 'warned' | 'exhausted') => new Set(of.filter((row) => row[key]).map(({ unit }) => unit));
      this.pages.set(id, { kind: of[0]!.kind, parentId: of[0]!.parent_id, stored, now: stored, closed: false, warned: marked('warned'), exhausted: marked('exhausted'), fresh: [], lifted: new Set() });
    }
  }

  get(id: string): Account | undefined {
    return this.pages.get(id)?.now;
  }

  /** An account and everything above it, up to the team's. All of them must have been read. */
  path(id: string): { readonly ids: readonly string[]; readonly accounts: Chain } {
    const ids: string[] = [];
    for (let at: string | null = id; at !== null; at = this.pages.get(at)!.parentId) ids.push(at);
    return { ids, accounts: ids.map((each) => this.pages.get(each)!.now) };
  }

  put(ids: readonly string[], accounts: Chain): void {
    ids.forEach((id, index) => {
      this.pages.get(id)!.now = accounts[index]!;
    });
  }

  /** From now on the account only takes late reports: being full is no mark of it. */
  markClosed(id: string): void {
    this.pages.get(id)!.closed = true;
  }

  isClosed(id: string): boolean {
    return this.pages.get(id)?.closed ?? false;
  }

  /** Queues that an account hangs below another one from now on; what the two hold for it, the caller moves. */
  hangBelow(tx: Tx, id: string, parentId: string): void {
    this.pages.get(id)!.parentId = parentId;
    tx.writeExpecting(BUDGET_UNITS.length, 'budget_moved', sql`update app.budget set parent_id = ${parentId} where team_id = ${tx.scopeId} and account_id = ${id}`);
  }

  enter(entry: LedgerEntry): void {
    this.entries.push(entry);
  }

  /** Queues a new account; its parent must be in the database or queued before. */
  create(tx: Tx, id: string, kind: AccountKind, parentId: string | null, account: Account): void {
    tx.write(sql`insert into app.budget (team_id, account_id, unit, kind, parent_id, granted, held, spent)
      select ${tx.scopeId}::uuid, ${id}::uuid, unit, ${kind}, ${parentId}::uuid, granted, held, spent
      from unnest(${[...BUDGET_UNITS]}::text[], ${column(account.granted)}::int8[], ${column(account.held)}::int8[], ${column(account.spent)}::int8[]) as fresh (unit, granted, held, spent)`);
    this.pages.set(id, { kind, parentId, stored: account, now: account, closed: false, warned: new Set(), exhausted: new Set(), fresh: [], lifted: new Set() });
  }

  /** Marks that open accounts passed since the last call; each is told once in an account's life. */
  newMarks(warnPercent: number): Mark[] {
    return [...this.pages].flatMap(([id, page]) =>
      page.closed || page.now === page.stored ? [] : [...mark(id, page, 'warned', used(page.now, warnPercent)), ...mark(id, page, 'exhausted', exhausted(page.now, page.stored))],
    );
  }

  /** Something was asked for that the account has not enough of: it is as good as used up. */
  markExhausted(id: string, units: readonly BudgetUnit[]): Mark[] {
    return mark(id, this.pages.get(id)!, 'exhausted', units);
  }

  /** A person granted more of these units: they can run out again, and that is told again. */
  lift(id: string, units: readonly BudgetUnit[]): void {
    for (const unit of units) this.pages.get(id)!.lifted.add(unit);
  }

  /** Queues every change, mark and ledger row, each kind as one statement. Called once, at the end. */
  save(tx: Tx): void {
    if (this.entries.length > 0) writeEntries(tx, this.entries);
    const lines = [...this.pages].flatMap(([id, page]) => changedLines(id, page));
    if (lines.length > 0) writeLines(tx, lines);
  }
}

const column = (amounts: Full): number[] => BUDGET_UNITS.map((unit) => amounts[unit]);

function mark(accountId: string, page: Page, level: Mark['level'], units: readonly BudgetUnit[]): Mark[] {
  const marks = units.filter((unit) => !page[level].has(unit)).map((unit) => ({ accountId, kind: page.kind, unit, level, account: page.now }));
  for (const { unit } of marks) page[level].add(unit);
  page.fresh.push(...marks);
  return marks;
}

/** One unit of one account, as it was read and as it is to be. */
interface Line {
  readonly id: string;
  readonly unit: BudgetUnit;
  readonly was: Amount3;
  readonly is: Amount3;
  readonly warned: MarkMove;
  readonly exhausted: MarkMove;
}
type Amount3 = readonly [granted: number, held: number, spent: number];
type MarkMove = 'set' | 'lift' | 'keep';

function changedLines(id: string, { stored, now, fresh, lifted }: Page): Line[] {
  const of = ({ granted, held, spent }: Account, unit: BudgetUnit): Amount3 => [granted[unit], held[unit], spent[unit]];
  const move = (level: Mark['level'], unit: BudgetUnit): MarkMove => (fresh.some((mark) => mark.level === level && mark.unit === unit) ? 'set' : lifted.has(unit) ? 'lift' : 'keep');
  return BUDGET_UNITS.map((unit) => ({ id, unit, was: of(stored, unit), is: of(now, unit), warned: move('warned', unit), exhausted: move('exhausted', unit) })).filter(
    ({ was, is, warned, exhausted: used }) => warned !== 'keep' || used !== 'keep' || was.some((amount, index) => amount !== is[index]),
  );
}

/** Each row must still be what was read: under the team's turn it always is, and if one ever were not, nothing commits. */
function writeLines(tx: Tx, lines: readonly Line[]): void {
  const amounts = (of: (line: Line) => Amount3): Statement[] => [0, 1, 2].map((index) => sql`${lines.map((line) => of(line)[index])}::int8[]`);
  const [granted, held, spent] = amounts(({ is }) => is) as [Statement, Statement, Statement];
  const [wasGranted, wasHeld, wasSpent] = amounts(({ was }) => was) as [Statement, Statement, Statement];
  tx.writeExpecting(
    lines.length,
    'budget_moved',
    sql`update app.budget b set granted = v.granted, held = v.held, spent = v.spent, ${markMoved('warned')}, ${markMoved('exhausted')}
      from unnest(${lines.map(({ id }) => id)}::uuid[], ${lines.map(({ unit }) => unit)}::text[], ${granted}, ${held}, ${spent}, ${wasGranted}, ${wasHeld}, ${wasSpent},
        ${lines.map(({ warned }) => warned)}::text[], ${lines.map((line) => line.exhausted)}::text[]) as v (id, unit, granted, held, spent, was_granted, was_held, was_spent, warned, exhausted)
      where b.team_id = ${tx.scopeId} and b.account_id = v.id and b.unit = v.unit and b.granted = v.was_granted and b.held = v.was_held and b.spent = v.was_spent`,
  );
}

const markMoved = (level: Mark['level']): Statement => sql`${raw(`${level}_at`)} = case v.${raw(level)} when 'set' then clock_timestamp() when 'keep' then b.${raw(`${level}_at`)} end`;

function writeEntries(tx: Tx, entries: readonly LedgerEntry[]): void {
  const beyond = ({ overshoot }: LedgerEntry): string | null => (overshoot && !isNothing(overshoot) ? json(shown(overshoot)) : null);
  tx.write(sql`insert into app.budget_entry (team_id, id, account_id, call_id, kind, amounts, overshoot, usage_source, model)
    select ${tx.scopeId}::uuid, gen_random_uuid(), e.account_id, e.call_id, e.kind, e.amounts::jsonb, e.overshoot::jsonb, e.usage_source, e.model
    from unnest(${entries.map(({ accountId }) => accountId)}::uuid[], ${entries.map(({ callId }) => callId)}::uuid[], ${entries.map(({ kind }) => kind)}::text[], ${entries.map(({ amounts }) => json(shown(amounts)))}::text[],
      ${entries.map(beyond)}::text[], ${entries.map(({ usageSource }) => usageSource ?? null)}::text[], ${entries.map(({ model }) => model ?? null)}::text[]) as e (account_id, call_id, kind, amounts, overshoot, usage_source, model)`);
}
