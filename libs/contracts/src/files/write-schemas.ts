/** Writes the schemas of policies and bundles into docs/: `node libs/contracts/dist/files/write-schemas.js`. */
import { writeFileSync } from 'node:fs';
import { publishedSchemas } from './published.js';

for (const { name, text } of publishedSchemas()) writeFileSync(new URL(`../../../../docs/${name}`, import.meta.url), text);
