import { person, personal, type Audit } from '@countersign/audit';
import { AppError, CustomerId, NotFoundError, PLATFORM_CHAIN, RefusedError, uuidv7, type AddPersonBody, type PersonView, type Role } from '@countersign/contracts';
import { Database, sql } from '@countersign/database';
import { AUDIT } from '@countersign/service';
import { Inject, Injectable } from '@nestjs/common';
import { limitOf, pageOfRows, type Page, type PageRequest } from './pages.js';

type Entering = Pick<AddPersonBody, 'issuer' | 'subject' | 'login' | 'displayName' | 'roles' | 'customerId' | 'newCustomer'>;
interface Row {
  readonly id: string;
  readonly customer_id: string;
  readonly customer_name: string;
  readonly login: string;
  readonly display_name: string;
  readonly roles: Role[];
  readonly issuer: string | null;
  readonly subject: string | null;
}

/** A governor who was entered now, or how it stands with the one who was named. */
export type FirstGovernor = { readonly id: string } | 'entered_before' | 'another_governs' | 'known_without_role';

/** People of an issuer of the operator's own: who they are here, entered once. */
@Injectable()
export class PeopleDesk {
  constructor(
    private readonly database: Database,
    @Inject(AUDIT) private readonly audit: Audit,
  ) {}

  /** By whom: a person, or undefined for the gateway itself at its start. Resolves to the new person's id. */
  async enter(id: string, wish: Entering, by: string | undefined): Promise<string> {
    const { issuer, subject, login, displayName, newCustomer } = wish;
    const [known] = await this.database.ops<{ id: string }>('person_by_subject', issuer, subject);
    if (known?.id === id) return id; // by this same request, whose answer was lost
    if (known !== undefined) throw new RefusedError('person_known', 'this subject of this issuer is entered already');
    const roles = [...new Set(wish.roles)];
    const customerId = customerOf(wish);
    await this.database.withCustomer(customerId, async (tx) => {
      const [[customer], [taken]] = await Promise.all([
        tx.read(sql`select 1 from app.customer where customer_id = ${customerId}`),
        tx.read(sql`select 1 from app.person where customer_id = ${customerId} and login = ${login}`),
      ]);
      const name = newCustomer ?? (customerId === PLATFORM_CHAIN ? 'Countersign' : undefined);
      if (customer === undefined && name === undefined) throw new NotFoundError('customer');
      if (taken !== undefined) throw new RefusedError('login_taken', 'another person of this customer has that login');
      if (customer === undefined) tx.write(sql`insert into app.customer (customer_id, name) values (${customerId}, ${name})`);
      tx.write(sql`insert into app.person (customer_id, id, login, display_name, roles, issuer, subject) values (${customerId}, ${id}, ${login}, ${displayName}, ${roles}, ${issuer}, ${subject})`);
      await this.audit(tx, 'PERSON-REGISTERED', { customer_id: customerId, person_id: person(id), login: personal(id, login), roles, issuer, subject: personal(id, subject), new_customer: customer === undefined });
    }, by === undefined ? {} : { principal: `person:${by}` });
    return id;
  }

  /** The first governor of the platform, who can enter all others; where there is nobody to enter, why. Of gateways that start together one enters them. */
  async enterFirst(issuer: string, subject: string): Promise<FirstGovernor> {
    const standing = await this.standing(issuer, subject);
    if (standing !== undefined) return standing;
    const id = uuidv7();
    try {
      return { id: await this.enter(id, { issuer, subject, login: `governor-${id}`, displayName: 'First governor', roles: ['platform_governor'] }, undefined) };
    } catch (error) {
      const lost = error instanceof AppError && (error.code === 'already_exists' || error.code === 'person_known');
      const now = lost ? await this.standing(issuer, subject) : undefined;
      if (now === undefined) throw error;
      return now;
    }
  }

  /** Governors first: whoever was entered between the two reads is then known with their role. */
  private async standing(issuer: string, subject: string): Promise<Exclude<FirstGovernor, { id: string }> | undefined> {
    const [row] = await this.database.ops<{ governors_of_issuer: number }>('governors_of_issuer', issuer);
    const [known] = await this.database.ops<{ roles: Role[] }>('person_by_subject', issuer, subject);
    const governed = row!.governors_of_issuer > 0;
    if (known === undefined) return governed ? 'another_governs' : undefined;
    return governed || known.roles.includes('platform_governor') ? 'entered_before' : 'known_without_role';
  }

  async page(page: PageRequest): Promise<Page<PersonView>> {
    const limit = limitOf(page);
    return pageOfRows(await this.database.ops<Row>('people_page', page.cursor ?? null, limit + 1), limit, ({ id }) => id, viewOf);
  }
}

function customerOf({ customerId, newCustomer }: Entering): CustomerId {
  if (newCustomer !== undefined) return uuidv7() as CustomerId;
  if (customerId === undefined) return PLATFORM_CHAIN as string as CustomerId;
  if (customerId === PLATFORM_CHAIN) throw new NotFoundError('customer');
  return CustomerId.parse(customerId);
}

const viewOf = ({ id, customer_id, customer_name, login, display_name, roles, issuer, subject }: Row): PersonView => ({
  id,
  customer: customer_id === PLATFORM_CHAIN ? null : { id: customer_id, name: customer_name },
  login,
  displayName: display_name,
  roles,
  issuer,
  subject,
});
