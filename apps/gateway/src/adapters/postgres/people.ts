import type { CustomerId, PersonId, Role } from '@countersign/contracts';
import { Database } from '@countersign/database';
import { Injectable } from '@nestjs/common';

export interface Person {
  readonly id: PersonId;
  readonly customerId: CustomerId;
  readonly customerName: string;
  readonly login: string;
  readonly displayName: string;
  readonly roles: readonly Role[];
}
interface PersonRow {
  readonly id: PersonId;
  readonly customer_id: CustomerId;
  readonly customer_name: string;
  readonly login?: string;
  readonly display_name: string;
  readonly roles: Role[];
}

/** Who somebody is, across customers: used before a customer is known. */
@Injectable()
export class People {
  constructor(private readonly database: Database) {}

  async byId(id: string): Promise<Person | undefined> {
    const [row] = await this.database.ops<PersonRow>('person_by_id', id);
    return row && personOf(row, row.login ?? '');
  }

  /** The person behind a browser session, by its key. */
  async bySession(key: string): Promise<Person | undefined> {
    const [row] = await this.database.ops<PersonRow>('person_of_session', key);
    return row && personOf(row, row.login ?? '');
  }

  /** The person an issuer of the operator's own means by a subject. */
  async bySubject(issuer: string, subject: string): Promise<Person | undefined> {
    const [row] = await this.database.ops<PersonRow>('person_by_subject', issuer, subject);
    return row && personOf(row, row.login ?? '');
  }

  /** Undefined also when two customers have the same login: then it names nobody. */
  async byLogin(login: string): Promise<Person | undefined> {
    const [row, ...more] = await this.database.ops<PersonRow>('person_by_login', login);
    return row && more.length === 0 ? personOf(row, login) : undefined;
  }
}

const personOf = (row: PersonRow, login: string): Person => ({
  id: row.id,
  customerId: row.customer_id,
  customerName: row.customer_name,
  login,
  displayName: row.display_name,
  roles: row.roles,
});
