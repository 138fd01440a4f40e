import { readdirSync, readFileSync } from 'node:fs';
import { priceTableSchema, readYaml, templateSchema } from '@countersign/contracts';
import type { TestDatabase } from '@countersign/testing';

const POLICIES = new URL('../../../../policies/', import.meta.url);
const textOf = (name: string): string => readFileSync(new URL(name, POLICIES), 'utf8');

/** The shipped price table and templates, as the gate would have put them in force: what bundles are held against. */
export async function putShippedPolicies(database: TestDatabase): Promise<void> {
  const templates = readdirSync(new URL('templates', POLICIES)).map((name) => readYaml(templateSchema, name, textOf(`templates/${name}`)));
  const rows = [{ kind: 'price-table', id: 'price-table', doc: readYaml(priceTableSchema, 'price-table.yaml', textOf('price-table.yaml')) }, ...templates.map((doc) => ({ kind: 'template', id: doc.templateID!, doc }))];
  await database.admin(`insert into app.policy (kind, id, version, doc, hash, source) select kind, id, 1, doc, sha256(doc::text::bytea), 'test' from jsonb_to_recordset($1) as r (kind text, id text, doc jsonb) on conflict do nothing`, [JSON.stringify(rows)]);
}
