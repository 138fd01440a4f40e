import { NotFoundError, type RuleBroken, type SpawnDecisionView, type SpawnSource, type TeamId } from '@countersign/contracts';
import { Database, sql } from '@countersign/database';
import { Injectable } from '@nestjs/common';

interface Row {
  readonly id: string;
  readonly decided_at: Date;
  readonly source: SpawnSource;
  readonly role: string;
  readonly template_id: string;
  readonly template_version: number;
  readonly allowed: boolean;
  readonly code: string;
  readonly violations: readonly RuleBroken[];
  readonly policy_version: number;
  readonly policy_hash: string;
  readonly newest: number | null;
  readonly inputs_hash: string;
}

/** What the gate wrote down about a spawn. */
@Injectable()
export class SpawnDecisions {
  constructor(private readonly database: Database) {}

  read(teamId: TeamId, id: string): Promise<SpawnDecisionView> {
    return this.database.withTeam(teamId, async (tx) => {
      const row = await tx.one<Row>(sql`
        select d.id, d.decided_at, d.source, d.role, d.template_id, coalesce((d.inputs -> 'templates' ->> d.template_id)::int, 0) as template_version, d.allowed, d.code, d.violations, d.policy_version, d.policy_hash,
          (select p.version from ops.published_policies('spawn-policy') p where p.id = 'spawn-policy' and not p.doc ? 'retired') as newest, d.inputs_hash
        from app.spawn_decision d where d.team_id = ${teamId} and d.id = ${id}`);
      if (!row) throw new NotFoundError('decision');
      return viewOf(teamId, row);
    });
  }
}

const viewOf = (teamId: TeamId, row: Row): SpawnDecisionView => ({
  id: row.id,
  teamId,
  decidedAt: row.decided_at.toISOString(),
  source: row.source,
  role: row.role,
  templateId: row.template_id || null,
  templateVersion: row.template_version,
  verdict: row.allowed ? 'allowed' : row.violations.every(({ code }) => code === 'spawn_requires_approval') ? 'asks' : 'denied',
  code: row.code,
  violations: row.violations.map(({ code, message }) => ({ code, message })),
  policy: { version: row.policy_version, sha256: row.policy_hash || null, inForce: row.policy_version > 0 && row.newest === row.policy_version },
  inputsSha256: row.inputs_hash,
});
