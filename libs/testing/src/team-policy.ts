import { DEFAULT_TEAM_POLICY, type TeamPolicy } from '@countersign/contracts';
import type { TestDatabase } from './database.js';

/** Puts a team policy in force that says the usual but for this, as another version of the operator's file would. */
export const setTeamPolicy = (database: Pick<TestDatabase, 'admin'>, change: Partial<TeamPolicy> = {}): Promise<unknown> =>
  database.admin(
    `insert into app.policy (kind, id, version, doc, hash, source)
     select 'team-policy', 'team-policy', coalesce(max(version), 0) + 1, $1::text::jsonb, sha256(convert_to($1::text, 'UTF8')), 'test' from app.policy where kind = 'team-policy'`,
    [JSON.stringify({ ...DEFAULT_TEAM_POLICY, ...change })],
  );
