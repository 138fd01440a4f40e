import { person, personal, type Audit } from '@countersign/audit';
import { PLATFORM_CHAIN, type CustomerId, type Role } from '@countersign/contracts';
import { sql, type Database } from '@countersign/database';

export interface Persona {
  readonly login: string;
  readonly id: string;
  readonly customerId: string;
  readonly displayName: string;
  readonly role: Role;
}
export interface Tenant {
  readonly id: string;
  readonly name: string;
}

/** Fixed ids: the same people after every reset. */
const CHAI: Tenant = { id: '01890000-0000-7000-8000-0000000c4a10', name: 'Chai & Co' };
const BOREALIS: Tenant = { id: '01890000-0000-7000-8000-00000b08ea15', name: 'Borealis' };
const PLATFORM: Tenant = { id: PLATFORM_CHAIN, name: 'Countersign' };
export const TENANTS: readonly Tenant[] = [CHAI, BOREALIS, PLATFORM];
/** The team that Borealis has from the start. */
export const BOREALIS_TEAM = '01890000-0000-7000-8000-00000b08e7ea';

const persona = (login: string, nth: number, tenant: Tenant, displayName: string, role: Role): Persona => ({
  login,
  id: `01890000-0000-7000-8000-0000000000${nth.toString(16).padStart(2, '0')}`,
  customerId: tenant.id,
  displayName,
  role,
});
/** The people of the local issuer (interface §2). */
export const PERSONAS: readonly Persona[] = [
  persona('asha', 0xa1, CHAI, 'Asha', 'customer_governor'),
  persona('ben', 0xb1, BOREALIS, 'Ben', 'customer_governor'),
  persona('gov', 0x01, PLATFORM, 'Gwen', 'platform_governor'),
  persona('genesis', 0x02, PLATFORM, 'Genesis', 'genesis'),
  persona('architect', 0x03, PLATFORM, 'Ari', 'systems_architect'),
  persona('guardian', 0x04, PLATFORM, 'Vida', 'vision_guardian'),
  persona('ops', 0x05, PLATFORM, 'Omar', 'operator'),
];

/** Makes tenants and personas that are not there yet. */
export async function seedPeople(database: Database, audit: Audit): Promise<void> {
  for (const tenant of TENANTS) {
    await database.withCustomer(tenant.id as CustomerId, async (tx) => {
      const [[customer], known] = await Promise.all([tx.read(sql`select 1 from app.customer where customer_id = ${tenant.id}`), tx.read<{ id: string }>(sql`select id from app.person where customer_id = ${tenant.id}`)]);
      const missing = PERSONAS.filter(({ customerId, id }) => customerId === tenant.id && !known.some((row) => row.id === id)); // nor who was erased
      if (customer === undefined) tx.write(sql`insert into app.customer (customer_id, name) values (${tenant.id}, ${tenant.name})`);
      for (const { id, login, displayName, role } of missing) {
        tx.write(sql`insert into app.person (customer_id, id, login, display_name, roles) values (${tenant.id}, ${id}, ${login}, ${displayName}, ${[role]})`);
        await audit(tx, 'PERSON-REGISTERED', { customer_id: tenant.id, person_id: person(id), login: personal(id, login), roles: [role] });
      }
    });
  }
}
