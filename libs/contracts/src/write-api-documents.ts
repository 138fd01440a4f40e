/** Writes docs/openapi.json and docs/asyncapi.json: `node libs/contracts/dist/write-api-documents.js`. */
import { writeFileSync } from 'node:fs';
import { apiDocuments } from './api-documents.js';

for (const { name, text } of apiDocuments()) writeFileSync(new URL(`../../../docs/${name}`, import.meta.url), text);
