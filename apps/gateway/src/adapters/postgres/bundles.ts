import { NotFoundError, type Bundle, type BundleDetail, type BundleMember, type BundleSummary, type BundleVersion } from '@countersign/contracts';
import { Database, sql } from '@countersign/database';
import { Injectable } from '@nestjs/common';

interface BundleRow {
  readonly id: string;
  readonly version: number;
  readonly doc: Bundle;
}

interface VersionRow {
  readonly version: number;
  readonly hash: Buffer;
  readonly published_at: Date;
  readonly published_by: string | null;
  readonly restores: number | null;
}

/** Published team bundles, each in its newest version. */
@Injectable()
export class Bundles {
  constructor(private readonly database: Database) {}

  async list(): Promise<BundleSummary[]> {
    const rows = await this.database.withPlatform((tx) => tx.read<BundleRow>(sql`select distinct on (id) id, version, doc from app.bundle order by id, version desc`));
    return rows.map(summaryOf);
  }

  /** Newest first. */
  async versions(id: string): Promise<BundleVersion[]> {
    const [rows, used] = await Promise.all([
      this.database.withPlatform((tx) => tx.read<VersionRow>(sql`select version, hash, published_at, published_by, restores from app.bundle where id = ${id} order by version desc`)),
      this.database.ops<{ version: number; teams: number }>('teams_by_bundle', id),
    ]);
    if (rows.length === 0) throw new NotFoundError('bundle');
    const teams = new Map(used.map((each) => [each.version, each.teams]));
    return rows.map(({ version, hash, published_at, published_by, restores }) => ({ id, version, sha256: hash.toString('hex'), publishedAt: published_at.toISOString(), publishedBy: published_by, restores, teams: teams.get(version) ?? 0 }));
  }

  async newest(id: string): Promise<BundleDetail> {
    const row = await this.database.withPlatform((tx) => tx.one<BundleRow>(sql`select id, version, doc from app.bundle where id = ${id} order by version desc limit 1`));
    if (row === undefined) throw new NotFoundError('bundle');
    return { ...summaryOf(row), document: row.doc };
  }
}

const summaryOf = ({ id, version, doc }: BundleRow): BundleSummary => ({ id, version, title: doc.name, description: doc.description, members: [managerOf(doc), ...doc.members.map(specialistOf)], monthly: { amountMicros: doc.price.monthly * 1_000_000, currency: 'INR' } });

const managerOf = ({ manager }: Bundle): BundleMember => ({ name: manager.name, skill: 'manager', agent: manager.agent, kind: 'manager' });
const specialistOf = ({ name, skill, agent }: Bundle['members'][number]): BundleMember => ({ name, skill, agent, kind: 'specialist' });
