import { RefusedError, type PriceTable } from '@countersign/contracts';
import { Database, sql, type Tx } from '@countersign/database';
import { Injectable } from '@nestjs/common';
import type { PricesInForce } from '../../domain/quote.js';

/** The price table as the gate has read it; each version of the file is a row. Refuses where there is none: nothing is priced by guess. */
export async function pricesIn(tx: Tx): Promise<PricesInForce> {
  const row = await readRow(tx);
  if (!row || 'retired' in row.doc) throw new RefusedError('no_price_table', 'no price table is in force: policies/price-table.yaml is missing or has faults');
  return { version: row.version, sha256: row.hash.toString('hex'), table: row.doc };
}

const readRow = (tx: Tx) => tx.one<{ version: number; doc: PriceTable | { retired: true }; hash: Buffer }>(sql`select version, doc, hash from ops.published_policies('price-table')`);

export async function hasPrices(tx: Tx): Promise<boolean> {
  const row = await readRow(tx);
  return row !== undefined && !('retired' in row.doc);
}

@Injectable()
export class Prices {
  constructor(private readonly database: Database) {}

  inForce(): Promise<PricesInForce> {
    return this.database.withPlatform(pricesIn);
  }
}
