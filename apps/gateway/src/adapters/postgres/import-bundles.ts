import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Audit } from '@countersign/audit';
import { bundleSchema, InvalidFileError, readYaml, type Bundle } from '@countersign/contracts';
import { json, sql, type Database } from '@countersign/database';
import type { Logger } from '@countersign/service';
import { lockBundle } from './bundle-drafts.js';

export interface BundleImport {
  readonly database: Database;
  readonly audit: Audit;
  readonly log: Logger;
}

/**
 * Publishes every bundle file of a folder whose version is not there yet.
 *
 * A bad file is logged with file, line, column and rule, and changes nothing; the others are taken all the same. A file
 * that changed without a new version is refused: a published version never changes.
 */
export async function importBundles(context: BundleImport, folder: string): Promise<void> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.yaml')).sort();
  for (const name of names) {
    const file = path.join(folder, name);
    try {
      await publishBundle(context, readYaml(bundleSchema, file, await readFile(file, 'utf8')), name);
    } catch (error) {
      if (!(error instanceof InvalidFileError)) throw error;
      context.log.error({ violations: error.violations }, `refused: ${error.message}`);
    }
  }
}

async function publishBundle({ database, audit, log }: BundleImport, bundle: Bundle, name: string): Promise<void> {
  const hash = documentHash(bundle);
  await database.withPlatform(async (tx) => {
    await lockBundle(tx, bundle.id);
    const found = await tx.one<{ hash: Buffer }>(sql`select hash from app.bundle where id = ${bundle.id} and version = ${bundle.version}`);
    if (found && !found.hash.equals(hash)) log.error({ bundle: bundle.id, version: bundle.version }, `${name} changed without a new version: not imported`);
    if (found) return;
    tx.write(sql`insert into app.bundle (id, version, doc, hash) values (${bundle.id}, ${bundle.version}, ${json(bundle)}, ${hash})`);
    await audit(tx, 'BUNDLE-PUBLISHED', { bundle_id: bundle.id, version: bundle.version, sha256: hash.toString('hex'), pricing: { ...bundle.price } });
    log.info({ bundle: bundle.id, version: bundle.version }, 'bundle published');
  });
}

/** SHA-256 of a bundle's content. */
export const documentHash = (bundle: Bundle): Buffer => createHash('sha256').update(sorted(bundle)).digest();

/** The same text for the same content, whatever the order and the comments in the file. */
const sorted = (value: unknown): string =>
  JSON.stringify(value, (_, member: unknown) =>
    typeof member === 'object' && member !== null && !Array.isArray(member) ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1))) : member,
  );
