import { DEFAULT_TEAM_POLICY, teamPolicyOf, type TeamPolicy } from '@countersign/contracts';
import { sql } from './sql.js';
import type { Tx } from './unit-of-work.js';

/** What teams live by now; version 0 is what holds where no file says otherwise. */
export interface TeamTerms {
  readonly terms: TeamPolicy;
  readonly version: number;
}

export async function readTeamPolicy(tx: Tx): Promise<TeamTerms> {
  const row = await tx.one<{ version: number; doc: TeamPolicy | { retired: true } }>(sql`select version, doc from ops.published_policies('team-policy') where id = 'team-policy'`);
  const terms = teamPolicyOf(row?.doc);
  return terms ? { terms, version: row!.version } : { terms: DEFAULT_TEAM_POLICY, version: 0 };
}
