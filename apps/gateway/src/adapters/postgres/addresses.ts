import type { CustomerId, NotificationPreferencesBody } from '@countersign/contracts';
import { Database, sql } from '@countersign/database';
import { Injectable } from '@nestjs/common';
import type { QuietHours } from '../../domain/quiet-hours.js';
import { preferencesOf, quietHoursOf } from '../../domain/ringee.js';
import type { DueNotification } from './notifications.js';

export interface Address {
  readonly address: string;
  readonly discreet: boolean;
  readonly timeZone: string;
  readonly quiet: QuietHours | undefined;
  /** Name of whoever decided, where that is somebody of the person's own customer. */
  readonly decidedBy: string | undefined;
}
interface AddressRow {
  readonly doc: Partial<NotificationPreferencesBody> | null;
  readonly device: string | null;
  readonly decided_by: string | null;
}

/** Where people are rung. Read when something is sent, kept nowhere else: what a person takes back is not used again. */
@Injectable()
export class Addresses {
  constructor(private readonly database: Database) {}

  /** Undefined when the device was removed or its address is gone, or the person gave no such address any more. */
  of({ customerId, personId, deviceId, channel, decidedBy }: Pick<DueNotification, 'customerId' | 'personId' | 'deviceId' | 'channel' | 'decidedBy'>): Promise<Address | undefined> {
    return this.database.withCustomer(customerId as CustomerId, async (tx) => {
      const row = await tx.one<AddressRow>(sql`select f.doc, coalesce(d.subscription::text, d.address) as device, (select b.display_name from app.person b where b.customer_id = p.customer_id and b.id = ${decidedBy}) as decided_by
        from app.person p left join app.preference f on f.customer_id = p.customer_id and f.person_id = p.id
          left join app.device d on d.customer_id = p.customer_id and d.id = ${deviceId} and d.person_id = p.id and d.removed_at is null and d.address_gone_at is null where p.customer_id = ${tx.scopeId} and p.id = ${personId}`);
      if (row === undefined) return undefined;
      const preferences = preferencesOf(row.doc);
      const byChannel = { fcm: row.device, webpush: row.device, email: preferences.email, sms: preferences.phone };
      const address = byChannel[channel];
      return address === null ? undefined : { address, discreet: preferences.discreet, timeZone: preferences.timeZone, quiet: quietHoursOf(preferences), decidedBy: row.decided_by ?? undefined };
    });
  }
}
