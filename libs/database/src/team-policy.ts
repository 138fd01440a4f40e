import { DEFAULT_TEAM_POLICY, teamPolicyOf, type TeamPolicy, type TeamPolicyFile } from '@countersign/contracts';
import { sql } from './sql.js';
import type { Database } from './database.js';
import type { Tx } from './unit-of-work.js';

/** What teams live by now; version 0 is what holds where no file says otherwise. */
export interface TeamTerms {
  readonly terms: TeamPolicy;
  readonly version: number;
}

interface PolicyRow {
  readonly version: number;
  readonly doc: TeamPolicyFile | { retired: true };
}

export async function readTeamPolicy(tx: Tx): Promise<TeamTerms> {
  return termsIn(await tx.one<PolicyRow>(sql`select version, doc from ops.published_policies('team-policy') where id = 'team-policy'`));
}

/** The same where nothing is looked at of one team alone. */
export const readTeamTerms = async (database: Database): Promise<TeamTerms> => termsIn((await database.ops<PolicyRow & { id: string }>('published_policies', 'team-policy')).find(({ id }) => id === 'team-policy'));

function termsIn(row: PolicyRow | undefined): TeamTerms {
  const terms = teamPolicyOf(row?.doc);
  return terms ? { terms, version: row!.version } : { terms: DEFAULT_TEAM_POLICY, version: 0 };
}
