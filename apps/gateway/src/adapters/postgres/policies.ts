import { SIMULATED_KINDS, type PoliciesView, type PolicyView } from '@countersign/contracts';
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

  /** The revision as the gate counts it: versions are never deleted, so the newest ones of all add up to how often any changed. */
  async all(): Promise<PoliciesView> {
    // the policy is read last: one that changed meanwhile is shown under a revision that is over, never under one it is not part of
    const kinds = await Promise.all(SIMULATED_KINDS.map((kind) => this.database.ops<Row>('published_policies', kind)));
    return { revision: kinds.flat().reduce((sum, { version }) => sum + version, 0), spawnPolicy: await this.spawnPolicy() };
  }

  async spawnPolicy(): Promise<PolicyView> {
    const row = (await this.database.ops<Row>('published_policies', 'spawn-policy')).find(({ id }) => id === 'spawn-policy');
    if (!row || 'retired' in row.doc) return { version: row?.version ?? 0, sha256: null, document: null };
    return { version: row.version, sha256: row.hash.toString('hex'), document: row.doc };
  }
}
