import { createHash } from 'node:crypto';
import type { Audit } from '@countersign/audit';
import { Database, json, sql, type Tx } from '@countersign/database';
import { AUDIT } from '@countersign/service';
import { Inject, Injectable } from '@nestjs/common';
import type { PolicyFile, PolicyFolder, PolicyKind } from '../files/policy-files.js';

interface VersionRow {
  readonly kind: PolicyKind;
  readonly id: string;
  readonly version: number;
  readonly hash: Buffer;
  readonly retired: boolean;
}

const RETIRED_HASH = createHash('sha256').digest('hex');

/** Policies as versioned rows: never changed, never deleted; the newest version of each is in force, also for what runs already. */
@Injectable()
export class PolicyStore {
  constructor(
    private readonly database: Database,
    @Inject(AUDIT) private readonly audit: Audit,
  ) {}

  /** Makes a version of everything that is new or changed, and takes back what has no file any more. Returns what changed, as `kind/id@version`. */
  put({ files, complete }: Pick<PolicyFolder, 'files' | 'complete'>): Promise<string[]> {
    return this.database.withPlatform(async (tx) => {
      // Two gates that start together import once.
      await tx.read(sql`select pg_advisory_xact_lock(hashtextextended('policies', 0))`);
      const rows = await tx.read<VersionRow>(sql`select distinct on (kind, id) kind, id, version, hash, doc ? 'retired' as retired from app.policy order by kind, id, version desc`);
      const known = (kind: PolicyKind, id: string): VersionRow | undefined => rows.find((row) => row.kind === kind && row.id === id);
      const changed = files.filter(({ kind, id, hash }) => known(kind, id)?.hash.toString('hex') !== hash);
      const gone = rows.filter(({ kind, id, retired }) => !retired && complete.has(kind) && !files.some((file) => file.kind === kind && file.id === id));
      return Promise.all([
        ...changed.map((file) => this.write(tx, file, known(file.kind, file.id))),
        ...gone.map((row) => this.write(tx, { kind: row.kind, id: row.id, doc: { retired: true }, hash: RETIRED_HASH, source: 'removed' }, row)),
      ]);
    });
  }

  private async write(tx: Tx, { kind, id, doc, hash, source }: PolicyFile, before: VersionRow | undefined): Promise<string> {
    const version = (before?.version ?? 0) + 1;
    tx.write(sql`insert into app.policy (kind, id, version, doc, hash, source) values (${kind}, ${id}, ${version}, ${json(doc)}, ${Buffer.from(hash, 'hex')}, ${source})`);
    await this.audit(tx, 'POLICY-CHANGED', { policy: `${kind}/${id}`, version: String(version), sha256: hash, ...(before ? { replaced_sha256: before.hash.toString('hex') } : {}) });
    return `${kind}/${id}@${version}`;
  }
}
