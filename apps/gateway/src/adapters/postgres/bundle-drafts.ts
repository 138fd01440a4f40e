import { person, type Audit } from '@countersign/audit';
import { AppError, NotFoundError, PLATFORM_CHAIN, RefusedError, type Bundle, type CustomerId } from '@countersign/contracts';
import { Database, sql, type Tx } from '@countersign/database';
import { AUDIT } from '@countersign/service';
import { Inject, Injectable } from '@nestjs/common';
import { faulty, hashOf, judgeDraft, mayNotReview, type DraftRow, type JudgedDraft } from '../../domain/judge-draft.js';
import { readFacts, type DraftFacts } from './bundle-facts.js';

/** A draft as it stands, and what is to be said of it. */
export interface StandingDraft {
  readonly row: DraftRow;
  readonly judged: JudgedDraft;
  readonly facts: DraftFacts;
}

const DRAFT = sql`id, text, hash, edited_by as "editedBy", drafted_by as "draftedBy", edited_at as "editedAt", reviewed_by as "reviewedBy", reviewed_at as "reviewedAt", reviewed_hash as "reviewedHash"`;

/** One write of a bundle at a time: what it is judged by stands until it has committed. */
export const lockBundle = (tx: Tx, id: string): Promise<unknown> => tx.read(sql`select pg_advisory_xact_lock(hashtextextended('bundle:' || ${id}, 0))`);

/** The draft of a bundle, unless it is another text than the caller saw. */
export async function readDraft(tx: Tx, id: string, seen: string | undefined): Promise<DraftRow> {
  const row = await tx.one<DraftRow>(sql`select ${DRAFT} from app.bundle_draft where id = ${id}`);
  if (!row) throw new NotFoundError('draft');
  const sha256 = row.hash.toString('hex');
  if (seen !== undefined && seen !== sha256) throw new RefusedError('stale_version', 'somebody changed this draft meanwhile', { current: sha256 });
  return row;
}

/** Bundles that are being written. There is one draft of a bundle at most; whose text it is and who reviewed which is on record. */
@Injectable()
export class BundleDrafts {
  constructor(
    private readonly database: Database,
    @Inject(AUDIT) private readonly audit: Audit,
  ) {}

  list(): Promise<DraftRow[]> {
    return this.database.withPlatform((tx) => tx.read<DraftRow>(sql`select ${DRAFT} from app.bundle_draft order by id`));
  }

  read(id: string): Promise<StandingDraft> {
    return this.database.withPlatform(async (tx) => {
      const [row, facts] = await Promise.all([readDraft(tx, id, undefined), readFacts(tx, id)]);
      return { row, facts, judged: judgeDraft(row.text, facts) };
    });
  }

  /** Begins a draft, from a text or from the newest version. Mistakes do not keep it from being stored, only from going further. */
  async begin(by: string, id: string, text: string | ((live: Bundle, version: number) => string)): Promise<void> {
    await this.write(by, id, async (tx) => {
      const [known, { live }] = await Promise.all([tx.one(sql`select 1 from app.bundle_draft where id = ${id}`), readFacts(tx, id)]);
      if (known) throw new RefusedError('draft_exists', `there is a draft of ${id} already`);
      if (typeof text === 'string') return this.store(tx, by, id, text);
      if (!live) throw new NotFoundError('bundle');
      return this.store(tx, by, id, text(live.doc, live.version + 1));
    });
  }

  async change(by: string, id: string, seen: string, text: string): Promise<void> {
    await this.write(by, id, async (tx) => {
      await readDraft(tx, id, seen);
      await this.store(tx, by, id, text);
    });
  }

  async drop(by: string, id: string, seen: string): Promise<void> {
    await this.write(by, id, async (tx) => {
      const { hash } = await readDraft(tx, id, seen);
      tx.write(sql`delete from app.bundle_draft where id = ${id}`);
      await this.audit(tx, 'BUNDLE-DRAFT-DROPPED', { bundle_id: id, sha256: hash.toString('hex') });
    });
  }

  /** Puts on record that a governor has looked at what exactly this text changes. */
  async review(by: string, id: string, seen: string): Promise<void> {
    const { draftedBy } = await this.database.withPlatform((tx) => readDraft(tx, id, seen));
    const others = await this.otherGovernors(by, draftedBy);
    await this.write(by, id, async (tx) => {
      const [row, facts] = await Promise.all([readDraft(tx, id, seen), readFacts(tx, id)]);
      const judged = judgeDraft(row.text, facts);
      refuse(faulty(judged) ?? mayNotReview(row, by, others));
      tx.write(sql`update app.bundle_draft set reviewed_by = ${by}, reviewed_at = clock_timestamp(), reviewed_hash = ${row.hash} where id = ${id}`);
      await this.audit(tx, 'BUNDLE-REVIEWED', { bundle_id: id, version: facts.newest + 1, sha256: row.hash.toString('hex'), ...(row.editedBy === null ? {} : { author: person(row.editedBy) }), changes: judged.changes.length });
    });
  }

  private async store(tx: Tx, by: string, id: string, text: string): Promise<void> {
    const hash = hashOf(text);
    tx.write(sql`insert into app.bundle_draft as d (id, text, hash, edited_by, drafted_by) values (${id}, ${text}, ${hash}, ${by}, array[${by}::uuid])
      on conflict (id) do update set text = excluded.text, hash = excluded.hash, edited_by = excluded.edited_by, drafted_by = case when excluded.edited_by = any (d.drafted_by) then d.drafted_by else d.drafted_by || excluded.edited_by end, edited_at = clock_timestamp()`);
    await this.audit(tx, 'BUNDLE-DRAFTED', { bundle_id: id, sha256: hash.toString('hex') });
  }

  private write(by: string, id: string, work: (tx: Tx) => Promise<void>): Promise<void> {
    return this.database.withPlatform(
      async (tx) => {
        await lockBundle(tx, id);
        await work(tx);
      },
      { principal: `person:${by}` },
    );
  }

  /** Who could review it: governors who wrote none of it. */
  private async otherGovernors(by: string, draftedBy: readonly string[]): Promise<number> {
    const row = await this.database.withCustomer(PLATFORM_CHAIN as string as CustomerId, (tx) =>
      tx.one<{ n: number }>(sql`select count(*)::int as n from app.person where customer_id = ${PLATFORM_CHAIN} and 'platform_governor' = any(roles) and id <> ${by} and id <> all (${[...draftedBy]}::uuid[])`));
    return row?.n ?? 0;
  }
}

function refuse(refusal: AppError | undefined): void {
  if (refusal) throw refusal;
}
