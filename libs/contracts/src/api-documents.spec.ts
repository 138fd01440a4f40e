import { expect } from 'expect';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { apiDocuments } from './api-documents.js';
import { asyncApiDocument } from './asyncapi.js';
import { bodySchemas, reachableSchemas } from './body-schemas.js';
import { commands } from './command.js';
import { messages } from './message.js';

interface Operation {
  readonly action: 'send' | 'receive';
  readonly channel: { readonly $ref: string };
  readonly tags: readonly { readonly name: string }[];
}
interface Document {
  readonly channels: Readonly<Record<string, { readonly address: string | null; readonly parameters?: object }>>;
  readonly operations: Readonly<Record<string, Operation>>;
}

describe('the API documents', () => {
  it('in docs/ are those of this program: write-api-documents.js makes them', () => {
    for (const { name, text } of apiDocuments()) expect([name, readFileSync(new URL(`../../../docs/${name}`, import.meta.url), 'utf8') === text]).toEqual([name, true]);
  });

  it('refer to nothing that is not there', () => {
    for (const { name, text } of apiDocuments()) {
      const document = JSON.parse(text) as object;
      const broken = [...text.matchAll(/"\$ref": "#\/([^"]+)"/g)].map(([, pointer = '']) => pointer).filter((pointer) => at(document, pointer) === undefined);
      expect([name, broken]).toEqual([name, []]);
    }
  });

  it('tell of every message who sends it and who receives it, and of every command who asks and who answers', () => {
    const { channels, operations } = asyncApiDocument() as unknown as Document;
    const parties = (channel: string, action: Operation['action']): string[] => Object.values(operations).filter((operation) => operation.action === action && operation.channel.$ref === `#/channels/${channel}`).flatMap(({ tags }) => tags.map(({ name }) => name));
    for (const { name, subject, author, consumers } of messages()) {
      expect([name, channels[name]?.address, parties(name, 'send'), parties(name, 'receive')]).toEqual([name, subject, [author], consumers]);
      expect(Object.keys(channels[name]?.parameters ?? {})).toEqual([...subject.matchAll(/\{(\w+)\}/g)].map(([, id]) => id));
    }
    // which team it is stands in the subject alone, where who may publish is decided: a body that named one could name another
    const schemas = bodySchemas();
    const naming = messages().filter(({ body }) => Object.values(reachableSchemas(schemas, [body])).some(({ properties }) => 'teamId' in (properties as object)));
    expect(naming.map(({ name }) => name)).toEqual([]);
    for (const { service, verb, caller } of commands()) expect([verb, parties(`cmd.${service}.${verb}`, 'send'), parties(`cmd.${service}.${verb}`, 'receive')]).toEqual([verb, [caller], [service]]);
  });
});

/** What a JSON pointer (without escapes) leads to; undefined when nothing is there. */
const at = (document: object, pointer: string): unknown => pointer.split('/').reduce<unknown>((here, key) => (here as Record<string, unknown> | undefined)?.[key], document);
