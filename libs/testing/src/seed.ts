import { MemberId, PersonId, TeamId, CustomerId } from '@countersign/contracts';
import type { TestDatabase } from './database.js';

export interface SeededCustomer {
  readonly customerId: CustomerId;
  readonly personId: PersonId;
}
export interface SeededTeam extends SeededCustomer {
  readonly teamId: TeamId;
  readonly managerId: MemberId;
  readonly memberId: MemberId;
}

/** A customer with one governor. */
export async function seedCustomer(database: TestDatabase): Promise<SeededCustomer> {
  const customer = { customerId: CustomerId.next(), personId: PersonId.next() };
  await database.admin(`insert into app.customer (customer_id, name) values ($1, 'Chai & Co')`, [customer.customerId]);
  await database.admin(`insert into app.person (customer_id, id, login, display_name, roles) values ($1, $2, $3, 'Asha', '{customer_governor}')`, [customer.customerId, customer.personId, `asha-${customer.personId}`]);
  return customer;
}

/** A mirror that the customer has adopted. Its files, where a test needs any, are the test's. */
export const seedMirror = (database: TestDatabase, { customerId, personId }: SeededCustomer, { name = 'demo', remote = '/srv/demo.git' } = {}): Promise<unknown> =>
  database.admin(`insert into app.mirror (customer_id, name, remote, adopted_by) values ($1, $2, $3, $4)`, [customerId, name, remote, personId]);

/** An active team with a manager and one specialist, of a new customer unless one is named, put in by the superuser: for tests that begin after the hire. */
export async function seedTeam(database: TestDatabase, overrides: { state?: string; epoch?: number; skill?: string; of?: SeededCustomer } = {}): Promise<SeededTeam> {
  const { state = 'active', epoch = 1, skill = 'docs', of } = overrides;
  const team = { ...(of ?? (await seedCustomer(database))), teamId: TeamId.next(), managerId: MemberId.next(), memberId: MemberId.next() };
  await database.admin(`insert into app.team (team_id, customer_id, name, bundle_id, bundle_version, bundle, mode, state, epoch) values ($1, $2, 'Code care', 'code-care', 1, '{}', 'trial', $3, $4)`, [team.teamId, team.customerId, state, epoch]);
  await database.admin(`insert into app.member (team_id, id, kind, skill, agent, name) values ($1, $2, 'manager', 'manager', 'manager-agent', 'Mira'), ($1, $3, 'specialist', $4, 'doc-bot', 'Dora')`, [team.teamId, team.managerId, team.memberId, skill]);
  return team;
}
