/** Writes docs/agent-spec.schema.json from the constant: `node libs/contracts/dist/worker/write-agent-spec-schema.js`. */
import { writeFileSync } from 'node:fs';
import { agentSpecSchemaText } from './agent-spec-schema.js';

writeFileSync(new URL('../../../../docs/agent-spec.schema.json', import.meta.url), agentSpecSchemaText());
