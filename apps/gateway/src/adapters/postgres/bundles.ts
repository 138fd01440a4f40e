import { NotFoundError, type Bundle, type BundleDetail, type BundleMember, type BundleSummary } from '@countersign/contracts';
import { Database, sql } from '@countersign/database';
import { Injectable } from '@nestjs/common';

interface BundleRow {
  readonly id: string;
  readonly version: number;
  readonly doc: Bundle;
}

/** Published team bundles, each in its newest version. */
@Injectable()
export class Bundles {
  constructor(private readonly database: Database) {}

  async list(): Promise<BundleSummary[]> {
    const rows = await this.database.withPlatform((tx) => tx.read<BundleRow>(sql`select distinct on (id) id, version, doc from app.bundle where state = 'published' order by id, version desc`));
    return rows.map(summaryOf);
  }

  async newest(id: string): Promise<BundleDetail> {
    const row = await this.database.withPlatform((tx) => tx.one<BundleRow>(sql`select id, version, doc from app.bundle where id = ${id} and state = 'published' order by version desc limit 1`));
    if (row === undefined) throw new NotFoundError('bundle');
    return { ...summaryOf(row), document: row.doc };
  }
}

const summaryOf = ({ id, version, doc }: BundleRow): BundleSummary => ({ id, version, title: doc.name, description: doc.description, members: [managerOf(doc), ...doc.members.map(specialistOf)] });

const managerOf = ({ manager }: Bundle): BundleMember => ({ name: manager.name, skill: 'manager', agent: manager.agent, kind: 'manager' });
const specialistOf = ({ name, skill, agent }: Bundle['members'][number]): BundleMember => ({ name, skill, agent, kind: 'specialist' });
