import { eraser, readAuditKey, type Eraser } from '@countersign/audit';
import { NotFoundError, PLATFORM_CHAIN, RefusedError, type CustomerId, type ErasedPerson, type TeamId } from '@countersign/contracts';
import { Database, sql, type Tx } from '@countersign/database';
import { ConfigError, ServiceConfig } from '@countersign/service';
import { Injectable } from '@nestjs/common';

export interface WhoErases {
  readonly by: string;
  readonly words: string;
}

/**
 * Takes a person's data away: names, addresses, devices, settings, sessions, and the values and keys beside the record. What stays is
 * the id, under which nobody signs in any more, the public keys that past yeses are verified with, and what they wrote as work of a team.
 */
@Injectable()
export class Erasure {
  private readonly eraser: Eraser;

  constructor(
    private readonly database: Database,
    { service, auditKeyFile }: ServiceConfig,
  ) {
    if (auditKeyFile === undefined) throw new ConfigError(['AUDIT_KEY_FILE is needed to erase']);
    this.eraser = eraser({ service, key: readAuditKey(auditKeyFile) });
  }

  /** The teams' chains first: whoever dies in between does the rest when it is asked for again, because the person is known until the last. */
  async erase(id: string, who: WhoErases): Promise<ErasedPerson> {
    const [person] = await this.database.ops<{ customer_id: CustomerId }>('person_by_id', id);
    if (person === undefined) throw new NotFoundError('person');
    if (id === who.by) throw new RefusedError('erases_self', 'another governor of the platform does that: who is erased governs nothing any more');
    const [waits] = await this.database.ops<{ waits_for_person: number }>('waits_for_person', person.customer_id, id);
    if (waits!.waits_for_person > 0) throw new RefusedError('decisions_wait', `${waits!.waits_for_person} things wait for this person: questions that only they could answer, a yes of theirs that is not carried out yet, or a report of theirs: have them ended first, or enter another governor of that customer`);
    const chains = await this.chainsOf(id);
    let values = 0;
    for (const chain of chains) values += await this.database.withTeam(chain, (tx) => this.eraser.erase(tx, id, who), { principal: `person:${who.by}` });
    return this.database.withCustomer(person.customer_id, async (tx) => {
      const devices = await this.blank(tx, id);
      values += await this.eraser.erase(tx, id, who);
      return { id, values, chains: chains.length + 1, devices };
    }, { principal: `person:${who.by}` });
  }

  /** The teams in whose record something of the person is sealed. */
  private async chainsOf(id: string): Promise<TeamId[]> {
    const teams = (await this.database.ops<{ team_id: TeamId }>('all_teams')).map(({ team_id }) => team_id);
    const found = await this.database.ops<{ team_id: TeamId }>('chains_of_subject', teams, this.eraser.refsIn(teams, id));
    return found.map(({ team_id }) => team_id).filter((team) => team !== (PLATFORM_CHAIN as string));
  }

  /** What is written down of them in plain; resolves with how many devices that were. */
  private async blank(tx: Tx, id: string): Promise<number> {
    const devices = await tx.read(sql`select id from app.device where customer_id = ${tx.scopeId} and person_id = ${id} for update`);
    tx.writeExpecting(1, 'not_found', sql`update app.person set login = 'erased-' || id, display_name = 'Erased person', email = null, phone = null, issuer = null, subject = null, roles = '{}', erased_at = clock_timestamp()
      where customer_id = ${tx.scopeId} and id = ${id} and erased_at is null`);
    tx.write(sql`update app.device set name = 'Erased device', address = 'erased:' || id, subscription = null, last_failure = null, removed_at = coalesce(removed_at, clock_timestamp()) where customer_id = ${tx.scopeId} and person_id = ${id}`);
    tx.write(sql`update app.preference set doc = '{}', version = version + 1 where customer_id = ${tx.scopeId} and person_id = ${id}`);
    tx.write(sql`select ops.forget_person(${id}::uuid)`);
    return devices.length;
  }
}
