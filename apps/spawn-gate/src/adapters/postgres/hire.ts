import type { Audit, Json } from '@countersign/audit';
import { principalOf } from '@countersign/audit';
import { amountsOfBudget, bundleSchema, conforms, MemberId, teamsAllowed, usdToMicros, type Amounts, type Bundle, type CommandReply, type HireTeam, type TeamMode, type TeamPolicy } from '@countersign/contracts';
import { Database, json, sql, type Tx } from '@countersign/database';
import { AUDIT } from '@countersign/service';
import { Inject, Injectable } from '@nestjs/common';
import { full, shown } from '../../domain/amounts.js';
import { newAccount } from '../../domain/budget.js';
import { mayHire } from '../../domain/move-team.js';
import { AccountBook } from './account-book.js';
import { beyondCustomer, CUSTOMER_EXCEEDED, exceededWords } from './customer-account.js';
import { readPolicy } from './in-force.js';
import { readTeam } from './spawn-rows.js';
import { done, refused } from './replies.js';
import { tellTeam } from './team-news.js';
import { readTeamPolicy } from './team-policy.js';

interface Published {
  readonly doc: Bundle;
  readonly newest: number;
}

/** Hires a team from a published bundle: rows, account and entry in one transaction; nothing runs before certification and deployment. */
@Injectable()
export class HiringDesk {
  constructor(
    private readonly database: Database,
    @Inject(AUDIT) private readonly audit: Audit,
  ) {}

  /** Idempotent by team id. */
  async hire(request: HireTeam): Promise<CommandReply> {
    const { by, bundleId, bundleVersion } = request;
    if (!mayHire(by)) return refused('not_permitted', 'only a customer governor hires a team, and only for the own company');
    const [published] = await this.database.ops<Published>('published_bundle', bundleId, bundleVersion);
    if (!published) return refused('bundle_not_found', `there is no published version ${bundleVersion} of ${bundleId}`);
    if (conforms(bundleSchema, published.doc).length > 0) return refused('invalid_bundle', `version ${bundleVersion} of ${bundleId} does not follow the bundle's rules`);
    const principal = principalOf({ kind: 'person', id: by.personId });
    return this.database.withTeam(request.teamId, (tx) => this.create(tx, request, published), { principal });
  }

  private async create(tx: Tx, { teamId, by, bundleId, bundleVersion, mode }: HireTeam, { doc: bundle, newest }: Published): Promise<CommandReply> {
    await tx.read(sql`select pg_advisory_xact_lock(hashtextextended('hire:' || ${tx.scopeId}, 0))`);
    const [known, { policy }, { terms }, prices] = await Promise.all([readTeam(tx), readPolicy(tx), readTeamPolicy(tx), tx.one<{ version: number }>(sql`select version from ops.published_policies('price-table') where not doc ? 'retired'`)]);
    if (known) return known.customer_id === by.customerId && known.bundle_id === bundleId ? done('unchanged', 'this team is hired already') : refused('team_exists', 'another team has this id');
    if (newest !== bundleVersion) return refused('bundle_superseded', `version ${newest} of ${bundleId} took the place of version ${bundleVersion}; look at it and its price, then hire it`);
    const tooMany = await beyondTeams(tx, by.customerId, terms);
    if (tooMany !== undefined) return refused('too_many_teams', tooMany);
    if (mode === 'trial' && (await hasTried(tx, by.customerId, bundleId))) return refused('trial_used', `this customer has tried ${bundleId} already; hire it for production`);
    const tooLarge = mode === 'trial' && bundle.members.length + 1 > (terms.trial.members ?? Infinity);
    if (tooLarge) return refused('trial_too_large', `a team of at most ${terms.trial.members} can be tried`);
    const granted = full(budgetOf(bundle, mode, terms));
    const short = await beyondCustomer(tx, by.customerId, granted, policy);
    if (short.length > 0) return refused(CUSTOMER_EXCEEDED, exceededWords(short));
    tx.write(sql`insert into app.team (team_id, customer_id, name, bundle_id, bundle_version, bundle, mode, state) values (${tx.scopeId}, ${by.customerId}, ${bundle.name}, ${bundleId}, ${bundleVersion}, ${json(bundle)}, ${mode}, 'requested')`);
    writeMembers(tx, bundle);
    const book = new AccountBook();
    book.create(tx, teamId, 'team', null, newAccount(granted));
    book.enter({ accountId: teamId, callId: teamId, kind: 'grant', amounts: granted });
    book.save(tx);
    await this.audit(tx, 'TEAM-CREATED', { team_id: teamId, composition: compositionOf(bundle), customer_id: by.customerId, pricing: (mode === 'trial' ? { ...bundle.price, monthly: 0 } : bundle.price) as unknown as Json, ...(prices ? { price_table: prices.version } : {}), bundle: `${bundleId}@${bundleVersion}`, mode });
    await this.audit(tx, 'BUDGET-GRANTED', { account_id: teamId, parent_account_id: null, amounts: shown(granted) });
    tellTeam(tx, 'requested', 1);
    return done('ok', `${bundle.name} is hired and waits for certification`);
  }
}

/** A trial is free: what it may cost the platform is the policy's cap, whatever the bundle would allow. */
export function budgetOf({ budgets }: Pick<Bundle, 'budgets'>, mode: TeamMode, { trial }: TeamPolicy): Amounts {
  if (mode === 'production') return amountsOfBudget(budgets.team);
  const amounts = amountsOfBudget(budgets.trial ?? budgets.team);
  return { ...amounts, usd_micros: Math.min(amounts.usd_micros!, usdToMicros(trial.usd)) };
}

/** What an extension adds: the platform's money by the policy, and of everything else as much for each day as the trial had. */
export function extensionOf(bundle: Pick<Bundle, 'budgets'>, terms: TeamPolicy): Amounts {
  const { days, extension } = terms.trial;
  const further = Object.entries(budgetOf(bundle, 'trial', terms)).map(([unit, amount]) => [unit, Math.floor((amount * extension.days) / days)]);
  return { ...Object.fromEntries(further), usd_micros: usdToMicros(extension.usd) } as Amounts;
}

/** A customer's hiring is one at a time, so that two requests at once are not both the last that is allowed. Teams that are over do not count. */
async function beyondTeams(tx: Tx, customerId: string, terms: TeamPolicy): Promise<string | undefined> {
  await tx.read(sql`select pg_advisory_xact_lock(hashtextextended('customer:' || ${customerId}, 0))`);
  const [row] = await tx.read<{ standing: number }>(sql`select count(*)::int as standing from ops.teams_of(${customerId}) where state in ('requested', 'certified', 'active', 'suspended')`);
  const allowed = teamsAllowed(terms, customerId);
  return row!.standing < allowed ? undefined : `this customer has ${row!.standing} teams, and may have ${allowed}; end one first`;
}

/** A bundle is tried once, whatever became of it. Asked while the customer's hiring is this request's alone. */
const hasTried = async (tx: Tx, customerId: string, bundleId: string): Promise<boolean> => (await tx.one(sql`select 1 from ops.bundles_tried(${customerId}) where bundle_id = ${bundleId}`)) !== undefined;

function writeMembers(tx: Tx, { manager, members }: Bundle): void {
  const insert = (kind: string, skill: string, agent: string, name: string, others: readonly string[] = []): void =>
    tx.write(sql`insert into app.member (team_id, id, kind, skill, agent, name, secondary_skills) values (${tx.scopeId}, ${MemberId.next()}, ${kind}, ${skill}, ${agent}, ${name}, ${[...others]}::text[])`);
  insert('manager', 'manager', manager.agent, manager.name);
  for (const { skill, agent, name, secondarySkills } of members) insert('specialist', skill, agent, name, secondarySkills);
}

const compositionOf = ({ manager, members }: Bundle): Json => ({
  manager: { agent: manager.agent, name: manager.name },
  members: members.map(({ agent, name, skill }) => ({ agent, name, skill })),
});
