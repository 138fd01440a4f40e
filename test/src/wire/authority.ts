import type { TestDatabase } from '@countersign/testing';
import { expect } from 'expect';

/** Everything that only a person, the gate or the executor may change; of the teams that are stopped for what is tried only what a stop does not change. Of the suspension itself its customer is told at its own pace. */
const authority = (database: TestDatabase, stopped: readonly string[]): Promise<object[]> => database.admin(`select
  (select json_agg(row(id, state, tier)::text order by id) from app.approval) as approvals, (select count(*)::int from app.approval_decision) as decisions, (select count(*)::int from app.approval_use) as uses,
  (select count(*)::int from app.gate_approval where decided_by is not null) as answers,
  (select count(*)::int from app.effect) as effects, (select json_agg(row(team_id, state, epoch, bundle)::text order by team_id) from app.team where team_id <> all ($1)) as teams,
  (select json_agg(row(id, kind, skill, state)::text order by id) from app.member) as members, (select json_agg(row(account_id, unit, granted)::text order by account_id, unit) from app.budget where team_id <> all ($1)) as budgets, (select count(*)::int from app.account_notice where kind not in ('team_suspended', 'escalation_raised', 'escalation_overdue')) as notices`, [stopped]);

/** Does the work; after it nothing of that has changed. */
export async function untouched(database: TestDatabase, stopped: readonly string[], work: () => Promise<unknown>): Promise<void> {
  const before = await authority(database, stopped);
  await work();
  expect(await authority(database, stopped)).toEqual(before);
}
