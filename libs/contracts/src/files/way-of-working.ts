import { HEADING_IDS, HEADINGS, type HeadingId } from '../certification/headings.js';
import { CLAIM_KINDS, type Claim } from '../certification/platform-facts.js';
import { SERVICES, type Service } from '../services.js';
import { count, DIALECT, object, schemaId, slug, text } from './parts.js';
import type { FileSchema } from './read-yaml.js';

/** `policies/ways/<id>.yaml`: how an agent that is in every team works, under the ten headings. A heading that is missing is found when a team is certified, not when the file is read. */
export interface WayOfWorking {
  id: string;
  version: number;
  title: string;
  /** Whose rights the evidence is about. */
  service: Service;
  headings: Partial<Record<HeadingId, { says: string; evidence: Claim[] }>>;
}

const claim = object({ kind: { type: 'string', enum: CLAIM_KINDS, description: 'What is claimed of the service; it is looked up in what the platform enforces.' }, what: { type: 'string', pattern: '^[A-Za-z][A-Za-z0-9_.-]*$', maxLength: 100, description: 'A table, a message or an action of the record.' } }, ['kind', 'what']);
const heading = (name: string) => object({ says: text('What people read.', 4000), evidence: { type: 'array', items: claim, maxItems: 50, description: 'What shows it.' } }, ['says', 'evidence'], name);

export const wayOfWorkingSchema: FileSchema<WayOfWorking> = {
  kind: 'way of working',
  schema: {
    $schema: DIALECT,
    $id: schemaId('way-of-working'),
    title: 'Countersign way of working',
    description: 'How an agent works that is in every team. Genesis certifies no team while one of the ten headings lacks words, evidence, or evidence that is true.',
    ...object(
      {
        id: slug('Same as the file name without .yaml.'),
        version: count('Raised with every change.', 100_000, 1),
        title: text('For people.', 120),
        service: { type: 'string', enum: SERVICES, description: 'Whose rights the evidence is about.' },
        headings: object(Object.fromEntries(HEADING_IDS.map((id) => [id, heading(HEADINGS[id])]))),
      },
      ['id', 'version', 'title', 'service', 'headings'],
    ),
  },
};
