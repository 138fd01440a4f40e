import { conforms, DEFAULT_TEAM_POLICY, teamPolicySchema, type TeamPolicy } from '@countersign/contracts';
import { sql, type Tx } from '@countersign/database';

/** What teams live by now; version 0 is what holds where no file says otherwise. */
export interface TeamTerms {
  readonly terms: TeamPolicy;
  readonly version: number;
}

/** A row that does not follow the rules of its kind is as one that is not there. */
export async function readTeamPolicy(tx: Tx): Promise<TeamTerms> {
  const row = await tx.one<{ version: number; doc: TeamPolicy | { retired: true } }>(sql`select version, doc from ops.published_policies('team-policy') where id = 'team-policy'`);
  return row && !('retired' in row.doc) && conforms(teamPolicySchema, row.doc).length === 0 ? { terms: row.doc, version: row.version } : { terms: DEFAULT_TEAM_POLICY, version: 0 };
}
