import { evolutionProposalSchema } from '../certification/evolution.js';
import { approvalPolicySchema } from './approval-policy.js';
import { bundleSchema } from './bundle.js';
import { certificationPolicySchema } from './certification-policy.js';
import { egressSchema } from './egress.js';
import { precedentSeedSchema } from './precedent-seed.js';
import { priceTableSchema } from './price-table.js';
import { spawnPolicySchema } from './spawn-policy.js';
import { teamPolicySchema } from './team-policy.js';
import { templateSchema } from './template.js';
import { wayOfWorkingSchema } from './way-of-working.js';

/** Schemas for editors and CI: name in `docs/`, and its bytes. The constants that the product uses are the source. */
export const publishedSchemas = (): readonly { readonly name: string; readonly text: string }[] =>
  [
    { name: 'spawn-policy.schema.json', schema: spawnPolicySchema.schema },
    { name: 'agent-template.schema.json', schema: templateSchema.schema },
    { name: 'approval-policy.schema.json', schema: approvalPolicySchema.schema },
    { name: 'bundle.schema.json', schema: bundleSchema.schema },
    { name: 'egress.schema.json', schema: egressSchema.schema },
    { name: 'price-table.schema.json', schema: priceTableSchema.schema },
    { name: 'team-policy.schema.json', schema: teamPolicySchema.schema },
    { name: 'certification.schema.json', schema: certificationPolicySchema.schema },
    { name: 'evolution.schema.json', schema: evolutionProposalSchema.schema },
    { name: 'precedent-seed.schema.json', schema: precedentSeedSchema.schema },
    { name: 'way-of-working.schema.json', schema: wayOfWorkingSchema.schema },
  ].map(({ name, schema }) => ({ name, text: `${JSON.stringify(schema, null, 2)}\n` }));
