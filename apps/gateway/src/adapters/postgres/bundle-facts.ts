import { normalizeTemplate, type AgentRole, type Bundle, type RightsOf, type TemplateFile } from '@countersign/contracts';
import { sql, type Tx } from '@countersign/database';
import { rightsIn } from '../../domain/bundle-rights.js';
import type { BundleFacts } from '../../domain/check-bundle.js';
import { pricesIn } from './prices.js';

/** What is published of a bundle. */
export interface Published {
  readonly version: number;
  readonly doc: Bundle;
}
/** What drafts of a bundle are judged by, and what is different in them. */
export interface DraftFacts extends BundleFacts {
  readonly live: Published | undefined;
  readonly rightsOf: RightsOf;
}

export const readPublished = (tx: Tx, id: string): Promise<Published | undefined> =>
  tx.one<Published>(sql`select version, doc from app.bundle where id = ${id} order by version desc limit 1`);

export async function readFacts(tx: Tx, id: string): Promise<DraftFacts> {
  const [live, prices, templates] = await Promise.all([readPublished(tx, id), pricesIn(tx), readTemplates(tx)]);
  return {
    id,
    live,
    newest: live?.version ?? 0,
    prices,
    templates: new Map([...templates].map(([name, { role }]): [string, AgentRole] => [name, role])),
    rightsOf: (name) => {
      const template = templates.get(name);
      return template && rightsIn(template);
    },
  };
}

async function readTemplates(tx: Tx): Promise<Map<string, ReturnType<typeof normalizeTemplate>>> {
  const rows = await tx.read<{ doc: TemplateFile | { retired: true } }>(sql`select doc from ops.published_policies('template')`);
  return new Map(rows.flatMap(({ doc }) => ('retired' in doc ? [] : [normalizeTemplate(doc)])).map((template) => [template.id, template]));
}
