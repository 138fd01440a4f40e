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

  /**
   * The person first, in one transaction, so that nobody acts in their name while the rest goes; then each chain, until none is left that
   * has a key of theirs. Whoever dies in between does the rest when it is asked for again.
   */
  async erase(id: string, who: WhoErases): Promise<ErasedPerson> {
    if (id === who.by) throw new RefusedError('erases_self', 'another governor of the platform does that: who is erased governs nothing any more');
    const [person] = await this.database.ops<{ customer_id: CustomerId }>('person_by_id', id);
    const own = person ? await this.forget(person.customer_id, id, who) : { values: 0, chains: 0, devices: 0 };
    const rest = await this.eraseChains(id, who);
    if (!person && rest.chains === 0) throw new NotFoundError('person');
    return { id, values: own.values + rest.values, chains: own.chains + rest.chains, devices: own.devices };
  }

  /** They are signed out before it is asked for good whether something waits for them: what was under way has ended by then, or is refused. */
  private async forget(customerId: CustomerId, id: string, who: WhoErases): Promise<Omit<ErasedPerson, 'id'>> {
    const [before] = await this.database.ops<Waiting>('waits_for_person', customerId, id);
    refuseWaiting(before!);
    await this.database.ops('sign_out', id);
    return this.database.withCustomer(customerId, async (tx) => {
      const devices = await this.blank(tx, id);
      return { values: await this.eraser.erase(tx, id, who), chains: 1, devices };
    }, { principal: `person:${who.by}` });
  }

  /** What somebody wrote of them meanwhile, where nothing of them was before, goes as well. */
  private async eraseChains(id: string, who: WhoErases): Promise<{ values: number; chains: number }> {
    let [values, done] = [0, 0];
    for (let chains = await this.chainsOf(id); chains.length > 0; chains = await this.chainsOf(id)) {
      for (const chain of chains) {
        const erase = (tx: Tx): Promise<number> => this.eraser.erase(tx, id, who);
        const options = { principal: `person:${who.by}` };
        values += await (chain === (PLATFORM_CHAIN as string) ? this.database.withPlatform(erase, options) : this.database.withTeam(chain, erase, options));
        done++;
      }
    }
    return { values, chains: done };
  }

  /** The teams in whose record something of the person is sealed; the platform's own is called like one. */
  private async chainsOf(id: string): Promise<TeamId[]> {
    const teams = [...(await this.database.ops<{ team_id: TeamId }>('all_teams')).map(({ team_id }) => team_id), PLATFORM_CHAIN as TeamId];
    const found = await this.database.ops<{ team_id: TeamId }>('chains_of_subject', teams, this.eraser.refsIn(teams, id));
    return found.map(({ team_id }) => team_id);
  }

  /** What is written down of them in plain; resolves with how many devices that were. */
  private async blank(tx: Tx, id: string): Promise<number> {
    // what is theirs before them, as whoever changes it comes to them last (sec.none_of_the_erased): neither waits for the other
    await tx.read(sql`select from app.device where customer_id = ${tx.scopeId} and person_id = ${id} for no key update`);
    await tx.read(sql`select from app.preference where customer_id = ${tx.scopeId} and person_id = ${id} for no key update`);
    // whoever decides next finds them gone, and whoever was quicker is seen here
    await tx.read(sql`select from app.person where customer_id = ${tx.scopeId} and id = ${id} for update`);
    refuseWaiting((await tx.one<Waiting>(sql`select waits_for_person from ops.waits_for_person(${tx.scopeId}, ${id})`))!);
    const devices = await tx.read(sql`select id from app.device where customer_id = ${tx.scopeId} and person_id = ${id} for no key update`);
    // these first: nothing of whoever is erased is written any more
    tx.write(sql`update app.device set name = 'Erased device', address = 'erased:' || id, subscription = null, last_failure = null, removed_at = coalesce(removed_at, clock_timestamp()) where customer_id = ${tx.scopeId} and person_id = ${id}`);
    tx.write(sql`update app.preference set doc = '{}', version = version + 1 where customer_id = ${tx.scopeId} and person_id = ${id}`);
    tx.writeExpecting(1, 'not_found', sql`update app.person set login = 'erased-' || id, display_name = 'Erased person', email = null, phone = null, issuer = null, subject = null, roles = '{}', erased_at = clock_timestamp()
      where customer_id = ${tx.scopeId} and id = ${id} and erased_at is null`);
    tx.write(sql`select ops.forget_person(${id}::uuid)`);
    return devices.length;
  }
}

interface Waiting {
  readonly waits_for_person: number;
}
function refuseWaiting({ waits_for_person: n }: Waiting): void {
  if (n > 0) throw new RefusedError('decisions_wait', `${n} things wait for this person: questions that only they could answer, a yes of theirs that is not carried out yet, or a report of theirs: have them ended first, or enter another governor of that customer`);
}
