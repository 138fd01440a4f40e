import 'reflect-metadata';
import { asyncApiDocument } from './asyncapi.js';
import { openApiDocument } from './http/openapi.js';

const text = (document: object): string => `${JSON.stringify(document, undefined, 2)}\n`;

/** The two API documents as they stand in docs/: of a local stack on its usual port. */
export const apiDocuments = (): readonly { readonly name: string; readonly text: string }[] => [
  { name: 'openapi.json', text: text(openApiDocument('http://localhost:4400')) },
  { name: 'asyncapi.json', text: text(asyncApiDocument()) },
];
