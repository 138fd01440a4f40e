import type { PolicyView } from '@countersign/contracts';
import { Database } from '@countersign/database';
import { Injectable } from '@nestjs/common';

interface Row {
  readonly id: string;
  readonly version: number;
  readonly doc: object;
  readonly hash: Buffer;
}

/** What is in force for every team, as people read it. */
@Injectable()
export class Policies {
  constructor(private readonly database: Database) {}

  async spawnPolicy(): Promise<PolicyView> {
    const row = (await this.database.ops<Row>('published_policies', 'spawn-policy')).find(({ id }) => id === 'spawn-policy');
    if (!row || 'retired' in row.doc) return { version: row?.version ?? 0, sha256: null, document: null };
    return { version: row.version, sha256: row.hash.toString('hex'), document: row.doc };
  }
}
