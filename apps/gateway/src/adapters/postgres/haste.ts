import type { CustomerId } from '@countersign/contracts';
import { Database } from '@countersign/database';
import { Injectable } from '@nestjs/common';
import type { Caller } from '../../domain/access.js';
import { isHasty, YESES_LOOKED_AT } from '../../domain/haste.js';
import { tellOfHaste } from './account-notices.js';

/** Who approves faster than anybody reads: measured here, from when they first had the bytes to their yes. */
@Injectable()
export class Haste {
  constructor(private readonly database: Database) {}

  async of(personId: string): Promise<boolean> {
    const rows = await this.database.ops<{ took_ms: number }>('yeses_took', personId, YESES_LOOKED_AT);
    return isHasty(rows.map(({ took_ms }) => took_ms));
  }

  /** Has the customer's governors told of it, once a day. */
  async tell({ personId, customerId, displayName }: Caller & { readonly displayName: string }): Promise<void> {
    if (!(await this.of(personId))) return;
    await this.database.withCustomer(customerId as CustomerId, (tx) => {
      tx.ledgerOnly();
      tx.write(tellOfHaste(tx, personId, displayName));
      return Promise.resolve();
    });
  }
}
