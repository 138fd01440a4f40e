import { person, personal, type Audit } from '@countersign/audit';
import { CustomerId, InvalidInputError, RefusedError, type NotificationPreferencesBody } from '@countersign/contracts';
import { Database, json, sql, type Tx } from '@countersign/database';
import { AUDIT } from '@countersign/service';
import { Inject, Injectable } from '@nestjs/common';
import type { Caller } from '../../domain/access.js';
import { changedFields, faultsOf } from '../../domain/preferences.js';
import { preferencesOf } from '../../domain/ringee.js';
import { tellOldAddress } from './account-notices.js';

export interface StoredPreferences {
  readonly preferences: NotificationPreferencesBody;
  /** 0: never changed. */
  readonly version: number;
}
/** With who could stand in for the person. */
export interface ReadPreferences extends StoredPreferences {
  readonly substitutes: readonly { readonly id: string; readonly name: string }[];
}

/** How people want to be reached. The chain holds commitments to mail address and number; the values stand in this row alone, where a change takes them away. */
@Injectable()
export class NotificationPreferencesStore {
  constructor(
    private readonly database: Database,
    @Inject(AUDIT) private readonly audit: Audit,
  ) {}

  read(caller: Caller): Promise<ReadPreferences> {
    return this.within(caller, async (tx) => {
      const [stored, substitutes] = await Promise.all([readRow(tx, caller), readOthers(tx, caller)]);
      return { ...stored, substitutes };
    });
  }

  /** Throws `RefusedError('stale_version')` when somebody changed them since, `InvalidInputError` for what cannot be wanted. */
  put(caller: Caller, wanted: NotificationPreferencesBody, version: number): Promise<ReadPreferences> {
    return this.within(caller, async (tx) => {
      // before the person, whom the write's guard comes to first: an erasure takes them in this order
      await tx.read(sql`select from app.preference where customer_id = ${tx.scopeId} and person_id = ${caller.personId} for no key update`);
      const [now, substitutes] = await Promise.all([readRow(tx, caller), readOthers(tx, caller)]);
      if (now.version !== version) throw new RefusedError('stale_version', 'your settings were changed in the meantime', { current: now });
      const faults = faultsOf(wanted, substitutes.map(({ id }) => id));
      if (faults.length > 0) throw new InvalidInputError('these settings cannot be', faults);
      const fields = changedFields(now.preferences, wanted);
      tx.writeExpecting(1, 'stale_version', sql`insert into app.preference (customer_id, person_id, doc, version) values (${tx.scopeId}, ${caller.personId}, ${json(wanted)}, 1)
        on conflict (customer_id, person_id) do update set doc = excluded.doc, version = app.preference.version + 1 where app.preference.version = ${version}`);
      const { email, phone } = now.preferences;
      if (email !== null && fields.includes('email')) tx.write(tellOldAddress(tx, caller.personId, 'email_changed', email));
      if (phone !== null && fields.includes('phone')) tx.write(tellOldAddress(tx, caller.personId, 'phone_changed', phone));
      const told = { ...(fields.includes('email') ? { email: personal(caller.personId, wanted.email ?? '') } : {}), ...(fields.includes('phone') ? { phone: personal(caller.personId, wanted.phone ?? '') } : {}) };
      await this.audit(tx, 'PREFERENCES-CHANGED', { customer_id: caller.customerId, person_id: person(caller.personId), version: version + 1, fields, ...told });
      return { preferences: wanted, version: version + 1, substitutes };
    });
  }

  private within<T>(caller: Caller, work: (tx: Tx) => Promise<T>): Promise<T> {
    return this.database.withCustomer(caller.customerId as CustomerId, work, { principal: `person:${caller.personId}` });
  }
}

async function readRow(tx: Tx, { personId }: Caller): Promise<StoredPreferences> {
  const row = await tx.one<{ doc: Partial<NotificationPreferencesBody>; version: number }>(sql`select doc, version from app.preference where customer_id = ${tx.scopeId} and person_id = ${personId}`);
  return { preferences: preferencesOf(row?.doc ?? null), version: row?.version ?? 0 };
}

const readOthers = (tx: Tx, { personId }: Caller): Promise<{ id: string; name: string }[]> =>
  tx.read(sql`select id, display_name as name from app.person where customer_id = ${tx.scopeId} and id <> ${personId} and 'customer_governor' = any (roles) order by display_name, id`);
