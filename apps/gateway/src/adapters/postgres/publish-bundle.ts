import { person, personal, type Audit } from '@countersign/audit';
import { bundleText, NotFoundError, RefusedError, type Bundle } from '@countersign/contracts';
import { Database, json, sql, type Tx } from '@countersign/database';
import { AUDIT } from '@countersign/service';
import { Inject, Injectable } from '@nestjs/common';
import { priceOf } from '../../domain/check-bundle.js';
import { faulty, isReviewed, judgeDraft } from '../../domain/judge-draft.js';
import { documentHash } from './import-bundles.js';
import { lockBundle, readDraft } from './bundle-drafts.js';
import { readFacts } from './bundle-facts.js';

export interface PublishedVersion {
  readonly id: string;
  readonly version: number;
  readonly sha256: string;
  /** Of a version that was put back: what it costs a month now, in rupees. */
  readonly monthly?: number;
}

/** Versions of bundles: each is written once and never changed, and teams keep the one they were hired with. */
@Injectable()
export class PublishBundle {
  constructor(
    private readonly database: Database,
    @Inject(AUDIT) private readonly audit: Audit,
  ) {}

  /** Publishes the draft as it was reviewed; the draft is gone then. */
  publish(by: string, id: string, seen: string, comment: string): Promise<PublishedVersion> {
    return this.write(by, id, async (tx) => {
      const [row, facts] = await Promise.all([readDraft(tx, id, seen), readFacts(tx, id)]);
      const { bundle, faults } = judgeDraft(row.text, facts);
      const broken = faulty({ faults });
      if (broken || !bundle) throw broken ?? new NotFoundError('bundle');
      if (!isReviewed(row)) throw new RefusedError('not_reviewed', 'nobody has reviewed this text of the draft yet');
      tx.write(sql`delete from app.bundle_draft where id = ${id}`);
      return this.store(tx, by, bundle, facts.prices.version, comment, { reviewed_by: person(row.reviewedBy!), draft_sha256: row.hash.toString('hex') }, row.draftedBy);
    });
  }

  /** Publishes an older version again, under the next number: it was reviewed once, has to fit the platform as it is now, and costs what the price table says now. */
  rollback(by: string, id: string, version: number, reason: string): Promise<PublishedVersion> {
    return this.write(by, id, async (tx) => {
      const [old, facts] = await Promise.all([tx.one<{ doc: Bundle; draftedBy: string[] }>(sql`select doc, drafted_by as "draftedBy" from app.bundle where id = ${id} and version = ${version}`), readFacts(tx, id)]);
      if (!old) throw new NotFoundError('version');
      if (version === facts.newest) throw new RefusedError('version_in_force', `version ${version} is the newest already`);
      // the price that it had is that day's: today's is asked for the same members
      const again: Bundle = { ...old.doc, version: facts.newest + 1, price: priceOf(old.doc, facts) };
      const { bundle, faults } = judgeDraft(bundleText(again), facts);
      const broken = faulty({ faults }, `version ${version}, as it would be published again,`);
      if (broken || !bundle) throw broken ?? new NotFoundError('bundle');
      const was = old.doc.price.monthly;
      return { ...(await this.store(tx, by, bundle, facts.prices.version, reason, { restores: version, ...(was === bundle.price.monthly ? {} : { monthly_before: was }) }, old.draftedBy)), monthly: bundle.price.monthly };
    });
  }

  private async store(tx: Tx, by: string, bundle: Bundle, priceTable: number, comment: string, how: { readonly reviewed_by?: ReturnType<typeof person>; readonly draft_sha256?: string; readonly restores?: number; readonly monthly_before?: number }, draftedBy: readonly string[]): Promise<PublishedVersion> {
    const { id, version } = bundle;
    const hash = documentHash(bundle);
    tx.write(sql`insert into app.bundle (id, version, doc, hash, published_by, drafted_by, restores) values (${id}, ${version}, ${json(bundle)}, ${hash}, ${by}, ${[...draftedBy]}::uuid[], ${how.restores ?? null})`);
    await this.audit(tx, 'BUNDLE-PUBLISHED', { bundle_id: id, version, sha256: hash.toString('hex'), pricing: { ...bundle.price }, price_table: priceTable, published_by: 'person', comment: personal(by, comment), ...how });
    return { id, version, sha256: hash.toString('hex') };
  }

  private write<T>(by: string, id: string, work: (tx: Tx) => Promise<T>): Promise<T> {
    return this.database.withPlatform(
      async (tx) => {
        await lockBundle(tx, id);
        return work(tx);
      },
      { principal: `person:${by}` },
    );
  }
}
