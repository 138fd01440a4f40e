import { MemberId, PersonId, TeamId, CustomerId } from '@countersign/contracts';
import type { TestDatabase } from './database.js';

export interface SeededTeam {
  readonly teamId: TeamId;
  readonly customerId: CustomerId;
  readonly personId: PersonId;
  readonly managerId: MemberId;
  readonly memberId: MemberId;
}

/** An active team with a manager and one specialist, put in by the superuser: for tests that begin after the hire. */
export async function seedTeam(database: TestDatabase, overrides: { state?: string; epoch?: number; skill?: string } = {}): Promise<SeededTeam> {
  const team = { teamId: TeamId.next(), customerId: CustomerId.next(), personId: PersonId.next(), managerId: MemberId.next(), memberId: MemberId.next() };
  const { state = 'active', epoch = 1, skill = 'docs' } = overrides;
  await database.admin(`insert into app.customer (customer_id, name) values ($1, 'Chai & Co')`, [team.customerId]);
  await database.admin(`insert into app.person (customer_id, id, login, display_name, roles) values ($1, $2, $3, 'Asha', '{customer_governor}')`, [team.customerId, team.personId, `asha-${team.personId}`]);
  await database.admin(`insert into app.team (team_id, customer_id, name, bundle_id, bundle_version, bundle, mode, state, epoch) values ($1, $2, 'Code care', 'code-care', 1, '{}', 'trial', $3, $4)`, [team.teamId, team.customerId, state, epoch]);
  await database.admin(`insert into app.member (team_id, id, kind, skill, agent, name) values ($1, $2, 'manager', 'manager', 'manager-agent', 'Mira'), ($1, $3, 'specialist', $4, 'doc-bot', 'Dora')`, [team.teamId, team.managerId, team.memberId, skill]);
  return team;
}
