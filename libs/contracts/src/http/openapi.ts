import { createRequire } from 'node:module';
import { getMetadataStorage } from 'class-validator';
import { validationMetadatasToSchemas } from 'class-validator-jsonschema';
import type { BodyClass } from '../message.js';
import { Problem } from './common.js';
import { allRoutes, type Operation, type Route } from './routes.js';

type Json = Record<string, unknown>;

// class-validator-jsonschema wants class-transformer's metadata, which has no public door.
const { defaultMetadataStorage } = createRequire(import.meta.url)('class-transformer/cjs/storage.js') as { defaultMetadataStorage: object };

/**
 * The OpenAPI 3.1 document of the outward API, made from the route table and the constraints on the bodies: nothing is
 * described that is not also enforced.
 */
export function openApiDocument(serverUrl: string): Json {
  const schemas = validationMetadatasToSchemas({
    classValidatorMetadataStorage: getMetadataStorage(),
    classTransformerMetadataStorage: defaultMetadataStorage as never,
    refPointerPrefix: '#/components/schemas/',
  }) as Record<string, Json>;
  const used = usedSchemas(schemas, [...new Set(allRoutes().flatMap(([, { body, reply }]) => [body, reply, Problem].flatMap((kind) => (kind ? [kind.name] : []))))]);
  const paths: Record<string, Json> = {};
  for (const [name, route] of allRoutes()) {
    const path = route.path.replaceAll(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operationOf(name, route, schemas) };
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Countersign', version: '1', description: 'Governed teams of AI agents: nothing leaves the team until a person has countersigned exactly those bytes.', license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } },
    servers: [{ url: serverUrl }],
    security: [{ bearer: [] }, { session: [] }],
    paths,
    components: {
      schemas: used,
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' }, session: { type: 'apiKey', in: 'cookie', name: '__Host-countersign_session' } },
    },
  };
}

const reference = (kind: BodyClass): Json => ({ $ref: `#/components/schemas/${kind.name}` });

function operationOf(name: Operation, route: Route, schemas: Record<string, Json>): Json {
  return {
    operationId: name,
    summary: route.summary,
    ...(route.roles === 'signed-in' ? {} : { description: `Needs the role ${route.roles.join(' or ')}.` }),
    parameters: [...pathParameters(route, schemas), ...queryParameters(route, schemas), ...headerParameters(route)],
    ...(route.body ? { requestBody: { required: true, content: { 'application/json': { schema: reference(route.body) } } } } : {}),
    responses: { [route.status]: { description: route.status === 204 ? 'Done' : 'OK', ...contentOf(route) }, default: { description: 'A problem', content: { 'application/problem+json': { schema: reference(Problem) } } } },
  };
}

function contentOf(route: Route): Json {
  if (route.reply) return { content: { 'application/json': { schema: reference(route.reply) } } };
  return route.media === undefined ? {} : { content: { [route.media]: {} } };
}

const propertiesOf = (kind: BodyClass | undefined, schemas: Record<string, Json>): Record<string, Json> => (kind ? ((schemas[kind.name]?.['properties'] as Record<string, Json> | undefined) ?? {}) : {});

function pathParameters(route: Route, schemas: Record<string, Json>): Json[] {
  const known = propertiesOf(route.params, schemas);
  return [...route.path.matchAll(/:(\w+)/g)].map(([, name]) => ({ name, in: 'path', required: true, schema: known[name!] ?? { type: 'string' } }));
}

function queryParameters(route: Route, schemas: Record<string, Json>): Json[] {
  const required = new Set((route.query ? (schemas[route.query.name]?.['required'] as string[] | undefined) : undefined) ?? []);
  return Object.entries(propertiesOf(route.query, schemas)).map(([name, schema]) => ({ name, in: 'query', required: required.has(name), schema }));
}

const headerParameters = (route: Route): Json[] => [
  ...(route.method === 'POST' ? [{ name: 'Idempotency-Key', in: 'header', required: true, schema: { type: 'string', minLength: 1, maxLength: 200 } }] : []),
  ...(route.ifMatch ? [{ name: 'If-Match', in: 'header', required: true, description: 'The ETag of the thing as it was read.', schema: { type: 'string' } }] : []),
];

/** The schemas that the operations reach: messages between services are nobody's business outside. */
function usedSchemas(all: Record<string, Json>, roots: readonly string[]): Record<string, Json> {
  const found = new Map<string, Json>();
  const visit = (name: string): void => {
    const schema = all[name];
    if (schema === undefined || found.has(name)) return;
    found.set(name, schema);
    for (const [, next] of JSON.stringify(schema).matchAll(/#\/components\/schemas\/(\w+)/g)) visit(next!);
  };
  roots.forEach(visit);
  return Object.fromEntries([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
}
