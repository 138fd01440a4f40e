import { person, principalOf } from '@countersign/audit';
import type { AdoptMirror, CustomerId } from '@countersign/contracts';
import { Database, sql } from '@countersign/database';
import { AUDIT, type Audit } from '@countersign/service';
import { Inject, Injectable } from '@nestjs/common';
import type { MirrorName } from '../git/mirrors.js';

export interface NamedMirror {
  readonly customer_id: CustomerId;
  readonly name: string;
}

/** Rows of mirrors: whose each is. A customer's rows are seen in that customer's context only. */
@Injectable()
export class MirrorStore {
  constructor(
    private readonly database: Database,
    @Inject(AUDIT) private readonly audit: Audit,
  ) {}

  /** The remote with which the person's customer adopted a mirror; null where they did not. */
  async adoptedRemote({ by, mirror }: AdoptMirror): Promise<string | null> {
    const row = await this.database.withCustomer(by.customerId, (tx) => tx.one<{ remote: string }>(sql`select remote from app.mirror where customer_id = ${by.customerId} and name = ${mirror}`));
    return row?.remote ?? null;
  }

  /** Adopted so long ago, and no goal that is open, that ended since or whose effect is not known needs it. */
  idle(keptHours: number): Promise<NamedMirror[]> {
    return this.database.ops<NamedMirror>('idle_mirrors', keptHours);
  }

  /** Every mirror that has a row or that a goal needs. */
  kept(keptHours: number): Promise<NamedMirror[]> {
    return this.database.ops<NamedMirror>('kept_mirrors', keptHours);
  }

  /** Takes back that it is the customer's, with its entry. Does nothing where somebody was quicker. */
  forget({ customerId, mirror }: MirrorName): Promise<void> {
    return this.database.withCustomer(customerId, async (tx) => {
      const gone = await tx.one(sql`delete from app.mirror where customer_id = ${customerId} and name = ${mirror} returning 1`);
      if (gone === undefined) return tx.ledgerOnly();
      await this.audit(tx, 'MIRROR-FORGOTTEN', { customer_id: customerId, mirror });
    });
  }

  /** Notes whose the mirror is from now on, with its entry. Throws `DatabaseError('already_exists')` when it was noted before. */
  adopt({ by, mirror, remote }: AdoptMirror): Promise<void> {
    const { customerId, personId } = by;
    return this.database.withCustomer(customerId, async (tx) => {
      tx.write(sql`insert into app.mirror (customer_id, name, remote, adopted_by) values (${customerId}, ${mirror}, ${remote}, ${personId})`);
      await this.audit(tx, 'MIRROR-ADOPTED', { customer_id: customerId, mirror, remote, adopted_by: person(personId) });
    }, { principal: principalOf({ kind: 'person', id: personId }) });
  }
}
