import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Audit } from '@countersign/audit';
import { bundleSchema, InvalidFileError, readYaml, type Bundle } from '@countersign/contracts';
import { json, sql, type Database, type Tx } from '@countersign/database';
import type { Logger } from '@countersign/service';
import { hashOf, judgeDraft } from '../../domain/judge-draft.js';
import { judgeImport, type ImportDecision } from '../../domain/judge-import.js';
import { lockBundle } from './bundle-drafts.js';
import { readFacts } from './bundle-facts.js';
import { hasPrices } from './prices.js';

export interface BundleImport {
  readonly database: Database;
  readonly audit: Audit;
  readonly log: Logger;
  /** What was said of each file, so that it is said once. */
  readonly said: Map<string, string>;
}

export type ImportStanding = 'settled' | 'refused' | 'waits';

/**
 * Publishes, by the operator's word, every bundle file of a folder whose version is not there yet and that is fit to be published.
 *
 * A file is held against the same rules as a draft, and becomes one where a governor has published the bundle. A bad one is logged with line, column and rule, and changes nothing; the others
 * are taken all the same. Returns how it stands: `settled`; `refused`, where a file has to be mended first; or `waits`, where the
 * gate has not put prices and templates in force yet, which they are held against.
 */
export async function importBundles(context: BundleImport, folder: string): Promise<ImportStanding> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.yaml')).sort();
  const standings: ImportStanding[] = [];
  for (const name of names) {
    const file = path.join(folder, name);
    standings.push(await importFile(context, file, await readFile(file, 'utf8')));
  }
  return standings.find((standing) => standing === 'waits') ?? standings.find((standing) => standing === 'refused') ?? 'settled';
}

async function importFile(context: BundleImport, file: string, text: string): Promise<ImportStanding> {
  const { database, log, said } = context;
  const say = (message: string, about: object): void => {
    if (said.get(file) !== message) log.error({ file, ...about }, message);
    said.set(file, message);
  };
  let read: Bundle;
  try {
    read = readYaml(bundleSchema, file, text);
  } catch (error) {
    if (!(error instanceof InvalidFileError)) throw error;
    say(`refused: ${error.message}`, { violations: error.violations });
    return 'refused';
  }
  const decision = await database.withPlatform((tx) => importOne(tx, context, read, text));
  if (decision.outcome === 'refused') say(`not imported: ${decision.message}`, { bundle: read.id, version: read.version, violations: decision.violations });
  if (decision.outcome === 'published') log.info({ bundle: read.id, version: read.version }, 'bundle published by the operator’s file');
  if (decision.outcome === 'drafted') log.info({ bundle: read.id, version: read.version }, 'a governor of the platform publishes this bundle: the operator’s file is its draft now');
  if (decision.outcome === 'waits') return 'waits';
  return decision.outcome === 'refused' && !decision.settled ? 'refused' : 'settled';
}

async function importOne(tx: Tx, { audit }: BundleImport, read: Bundle, text: string): Promise<ImportDecision | { readonly outcome: 'waits' }> {
  const hash = documentHash(read);
  await lockBundle(tx, read.id);
  const [found, theirs, draft, drafted, priced] = await Promise.all([
    tx.one<{ hash: Buffer }>(sql`select hash from app.bundle where id = ${read.id} and version = ${read.version}`),
    tx.one(sql`select 1 from app.bundle where id = ${read.id} and published_by is not null limit 1`),
    tx.one<{ hash: Buffer }>(sql`select hash from app.bundle_draft where id = ${read.id}`),
    tx.one(sql`select 1 from app.bundle_file where bundle_id = ${read.id} and hash = ${hashOf(text)}`),
    hasPrices(tx),
  ]);
  const known = { drafted: drafted !== undefined, published: found?.hash.toString('hex'), sha256: hash.toString('hex'), byPerson: theirs !== undefined, draft: draft && (draft.hash.equals(hashOf(text)) ? ('this' as const) : ('another' as const)) };
  if (found !== undefined || theirs !== undefined) {
    const decision = judgeImport({ bundle: read, faults: [] }, known);
    if (decision.outcome === 'drafted') await draftOf(tx, audit, read.id, text);
    return decision;
  }
  if (!priced) return { outcome: 'waits' };
  const facts = await readFacts(tx, read.id);
  if (facts.templates.size === 0) return { outcome: 'waits' };
  const decision = judgeImport(judgeDraft(text, facts), known);
  if (decision.outcome === 'published') {
    tx.write(sql`insert into app.bundle (id, version, doc, hash) values (${read.id}, ${read.version}, ${json(read)}, ${hash})`);
    await audit(tx, 'BUNDLE-PUBLISHED', { bundle_id: read.id, version: read.version, sha256: hash.toString('hex'), pricing: { ...read.price }, price_table: facts.prices.version, published_by: 'operator_file' });
  }
  return decision;
}

/** Nobody wrote it, so every governor may review it. One text of the file is a draft once: dropped, it does not come back with the next start. */
async function draftOf(tx: Tx, audit: Audit, id: string, text: string): Promise<void> {
  const hash = hashOf(text);
  tx.write(sql`insert into app.bundle_draft (id, text, hash) values (${id}, ${text}, ${hash})`);
  tx.write(sql`insert into app.bundle_file (bundle_id, hash) values (${id}, ${hash})`);
  await audit(tx, 'BUNDLE-DRAFTED', { bundle_id: id, sha256: hash.toString('hex'), drafted_by: 'operator_file' });
}

/** SHA-256 of a bundle's content. */
export const documentHash = (bundle: Bundle): Buffer => createHash('sha256').update(sorted(bundle)).digest();

/** The same text for the same content, whatever the order and the comments in the file. */
const sorted = (value: unknown): string =>
  JSON.stringify(value, (_, member: unknown) =>
    typeof member === 'object' && member !== null && !Array.isArray(member) ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1))) : member,
  );
