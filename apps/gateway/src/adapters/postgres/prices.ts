import { RefusedError, type PriceTable } from '@countersign/contracts';
import { Database } from '@countersign/database';
import { Injectable } from '@nestjs/common';
import type { PricesInForce } from '../../domain/quote.js';

/** The price table as the gate has read it; each version of the file is a row. */
@Injectable()
export class Prices {
  constructor(private readonly database: Database) {}

  /** Refuses where there is none: nothing is priced by guess. */
  async inForce(): Promise<PricesInForce> {
    const [row] = await this.database.ops<{ version: number; doc: PriceTable | { retired: true }; hash: Buffer }>('published_policies', 'price-table');
    if (!row || 'retired' in row.doc) throw new RefusedError('no_price_table', 'no price table is in force: policies/price-table.yaml is missing or has faults');
    return { version: row.version, sha256: row.hash.toString('hex'), table: row.doc };
  }
}
