import { auditor, serviceKey } from '@countersign/audit';
import { EffectStore } from '../adapters/postgres/effect-store.js';
import type { ApprovalFacts, StoredArtifact } from '../domain/verify-approval.js';
import type { Decided } from '../domain/verify-signature.js';
import type { OnItsWay, SinkBench } from './sink-bench.js';

const TABLES = ['approval', 'approval_decision', 'artifact'] as const;
const hex = (bytes: Uint8Array | string): string => `'\\x${typeof bytes === 'string' ? bytes : Buffer.from(bytes).toString('hex')}'::bytea`;
const text = (value: string | null): string => (value === null ? 'null' : `'${value.replaceAll("'", "''")}'`);

/** An approval whose rows somebody writes who can write everything, again and again. */
export class Tampered {
  private constructor(
    private readonly bench: SinkBench,
    readonly way: OnItsWay,
    /** As they were honestly stored. */
    readonly facts: ApprovalFacts,
    private readonly columns: ReadonlyMap<string, string>,
    /** What it says in the chain. */
    private readonly entryId: string,
  ) {}

  static async of(bench: SinkBench, way: OnItsWay): Promise<Tampered> {
    const { teamId, approvalId } = way.goal;
    const store = new EffectStore(bench.database.as('executor'), auditor({ service: 'executor', key: serviceKey(Buffer.alloc(32)) }));
    // but for what Postgres computes of a row
    const rows = await bench.database.admin<{ table: string; names: string }>(`select table_name as table, string_agg(quote_ident(column_name), ', ') as names from information_schema.columns where table_schema = 'app' and table_name = any ($1) and is_generated = 'NEVER' group by 1`, [TABLES]);
    const columns = new Map(rows.map(({ table, names }) => [table, names]));
    for (const table of TABLES) await bench.database.admin(`create table if not exists public.kept_${table} as select ${columns.get(table)} from app.${table} limit 0; insert into public.kept_${table} select ${columns.get(table)} from app.${table} where team_id = '${teamId}'`);
    const { approval } = (await store.load(teamId, approvalId))!;
    return new Tampered(bench, way, approval, columns, approval.entryIds[0]!);
  }

  /** Writes all of it as it is here, has an executor look at it, and puts the honest rows back. Resolves with what came of it. */
  async tried(facts: ApprovalFacts): Promise<string> {
    const { approvalId, teamId } = this.way.goal;
    await this.write(
      `update app.approval set manifest = ${hex(facts.manifest)}, digest = ${hex(facts.digest)} where id = '${approvalId}'`,
      ...facts.artifacts.map((file, index) => this.artifact(this.facts.artifacts[index]!.id, file)),
      `delete from app.approval_decision where team_id = '${teamId}'`,
      ...facts.decided.map((yes, index) => this.decision(index, yes)),
    );
    return this.outcome();
  }

  /** The honest rows, once more. */
  async again(): Promise<string> {
    await this.restore();
    return this.outcome();
  }

  private async outcome(): Promise<string> {
    const { state, code, arrived } = await this.bench.look(this.way);
    await this.restore();
    return `${state} ${code ?? ''}, ${arrived} at the sink`;
  }

  private artifact(id: string, { path, mode, deleted, content }: StoredArtifact): string {
    return `update app.artifact set path = ${text(path)}, mode = ${text(mode)}, deleted = ${deleted}, content = ${content === null ? 'null' : hex(content)} where team_id = '${this.way.goal.teamId}' and id = '${id}'`;
  }

  private decision(index: number, { digest, personId, deviceId, at, assertion }: Decided): string {
    const { teamId, approvalId } = this.way.goal;
    return `insert into app.approval_decision (team_id, id, approval_id, decision, digest, person_id, device_id, at, assertion, entry_id) values ('${teamId}', '00000000-0000-7000-8000-00000000000${index}', '${approvalId}', 'approve', ${hex(digest)}, ${text(personId)}, ${text(deviceId)}, ${text(at.toISOString())}, ${assertion === null ? 'null' : text(JSON.stringify(assertion))}, '${this.entryId}')`;
  }

  private restore(): Promise<unknown> {
    const of = `where team_id = '${this.way.goal.teamId}'`;
    return this.write(...['effect', 'approval_use', ...TABLES].map((table) => `delete from app.${table} ${of}`), ...TABLES.map((table) => `insert into app.${table} (${this.columns.get(table)}) select ${this.columns.get(table)} from public.kept_${table} ${of}`));
  }

  /** In one transaction, with everything off that guards rows. */
  private write(...statements: string[]): Promise<unknown> {
    return this.bench.database.admin(`do $tamper$ begin set local session_replication_role = replica; ${statements.map((statement) => `${statement};`).join(' ')} end $tamper$`);
  }
}
