import { auditor, readAuditKey, type Audit } from '@countersign/audit';
import { publish } from '@countersign/bus';
import { databaseRole, draftDecided, uuidv7, type DraftId, type GoalId, type MemberId, type Service, type TaskId, type TeamId } from '@countersign/contracts';
import { Database, json, prepareDatabase, sql, type ServiceSecrets } from '@countersign/database';
import type { LocalStack } from '@countersign/testing';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import type { RawLimits } from './raw-limits.js';
import { RAW_TABLE } from './raw-words.js';
import { latency, rate, type Figure } from './report.js';
import { timed } from './sample.js';

const SERVICE: Service = 'manager-agent';
const TEAMS = 16;
const AT_ONCE = 8;
const PAIRS = 300;
const WARM_UP = 30;
const ROUNDS = 11;
const WRITES_PER_ROUND = 160;
const NAME = 'countersign_bench';

interface BenchTeam {
  readonly teamId: TeamId;
  readonly goalId: GoalId;
  readonly taskId: TaskId;
  readonly managerId: MemberId;
  readonly memberId: MemberId;
}

/** A database beside the stack's own, on the same server with the same schema: no service looks at its rows. */
export class BenchDatabase implements AsyncDisposable {
  private constructor(
    private readonly stack: LocalStack,
    readonly url: string,
    readonly database: Database,
    readonly audit: Audit,
  ) {}

  static async create(stack: LocalStack): Promise<BenchDatabase> {
    await stack.sql(`create database ${NAME}`);
    const url = Object.assign(new URL(stack.databaseUrl), { pathname: `/${NAME}` }).href;
    const secret = secretsOf(stack);
    await prepareDatabase(url, { [SERVICE]: secret });
    await query(url, RAW_TABLE);
    const service = Object.assign(new URL(url), { username: databaseRole(SERVICE), password: secret.password }).href;
    const audit = auditor({ service: SERVICE, key: readAuditKey(join(stack.home, 'keys', `${SERVICE}.audit.key`)) });
    return new BenchDatabase(stack, url, new Database({ url: service, contextKey: secret.contextKey, maxConnections: AT_ONCE }), audit);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.database.close();
    await this.stack.sql(`drop database if exists ${NAME} with (force)`);
  }
}

/** The same password and key as the running service: roles are the server's, not one database's. */
function secretsOf(stack: LocalStack): ServiceSecrets {
  const stored = JSON.parse(readFileSync(join(stack.home, 'secrets.json'), 'utf8')) as { services: Record<string, { password: string; kid: string; key: string }> };
  const { password, kid, key } = stored.services[SERVICE]!;
  return { password, contextKey: { kid, key: Buffer.from(key, 'hex') } };
}

/** A read, a change of state, its entry in the chain and its message, committed together; against one bare row. */
export async function governedWrite(bench: BenchDatabase, raw: RawLimits): Promise<Figure[]> {
  const teams = await Promise.all(Array.from({ length: TEAMS }, () => newTeam(bench.url)));
  const write = (index: number): Promise<void> => governed(bench, teams[index % TEAMS]!);
  const [ours, bare]: [number[], number[]] = [[], []];
  for (let index = 0; index < WARM_UP + PAIRS; index++) {
    const pair = [await timed(() => write(index)), await timed(raw.commit)] as const;
    if (index < WARM_UP) continue;
    ours.push(pair[0]);
    bare.push(pair[1]);
  }
  const [ourRates, rawRates]: [number[], number[]] = [[], []];
  for (let round = 0; round < ROUNDS; round++) {
    ourRates.push(await rateOf(write));
    rawRates.push(await rateOf(raw.commit));
  }
  return [
    latency('governed write, one at a time', 'INSERT + COMMIT of one row on the same Postgres', ours, bare),
    rate(`governed writes, ${AT_ONCE} at once over ${TEAMS} teams`, `${AT_ONCE} connections that INSERT + COMMIT`, ourRates.slice(1), rawRates.slice(1)),
  ];
}

/** Writes per second while several workers take the next one as soon as theirs is done. */
async function rateOf(write: (index: number) => Promise<unknown>): Promise<number> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < WRITES_PER_ROUND) await write(next++);
  };
  const ms = await timed(() => Promise.all(Array.from({ length: AT_ONCE }, worker)));
  return (WRITES_PER_ROUND * 1000) / ms;
}

/** What the manager's verdict on a draft costs. */
function governed({ database, audit }: BenchDatabase, { teamId, goalId, taskId, managerId, memberId }: BenchTeam): Promise<void> {
  return database.withTeam(teamId, async (tx) => {
    const task = await tx.one<{ round: number }>(sql`select round from app.task where team_id = ${teamId} and id = ${taskId}`);
    const round = task!.round;
    const draftId = uuidv7() as DraftId;
    tx.writeExpecting(1, 'task_moved_on', sql`update app.task set notes = ${json([draftId])}, changed_at = clock_timestamp() where team_id = ${teamId} and id = ${taskId} and round = ${round}`);
    await audit(tx, 'MANAGER-DRAFT-REVIEWED', { manager_id: managerId, team_member_id: memberId, draft_id: draftId, decision: 'approved', task_id: taskId, round });
    publish(tx, draftDecided, { teamId, memberId }, { epoch: 1, goalId, taskId, round, draftId, decision: 'approved' });
  }, { fence: 1 });
}

async function newTeam(url: string): Promise<BenchTeam> {
  const id = <T>(): T => uuidv7() as T;
  const team: BenchTeam = { teamId: id(), goalId: id(), taskId: id(), managerId: id(), memberId: id() };
  const { teamId, goalId, taskId, managerId, memberId } = team;
  await query(url, `insert into app.team (team_id, customer_id, name, bundle_id, bundle_version, bundle, mode, state) values ($1, $2, 'Bench', 'code-care', 1, '{}', 'production', 'active')`, [teamId, uuidv7()]);
  await query(url, `insert into app.member (team_id, id, kind, skill, agent, name) values ($1, $2, 'manager', 'manager', 'manager-agent', 'Mira'), ($1, $3, 'specialist', 'docs', 'doc-bot', 'Dora')`, [teamId, managerId, memberId]);
  await query(url, `insert into app.goal (team_id, id, text, state, submitted_by, repository) values ($1, $2, 'Bench', 'running', $3, '{}')`, [teamId, goalId, uuidv7()]);
  await query(url, `insert into app.task (team_id, id, goal_id, ordinal, key, title, skill, member_id, criteria, state, round) values ($1, $2, $3, 1, 'docs', 'Bench', 'docs', $4, '[]', 'review', 1)`, [teamId, taskId, goalId, memberId]);
  return team;
}

async function query(url: string, text: string, values: readonly unknown[] = []): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(text, [...values]);
  } finally {
    await client.end();
  }
}
