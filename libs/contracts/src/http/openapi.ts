import { bodySchemas, reachableSchemas, referenceTo, type Json } from '../body-schemas.js';
import type { BodyClass } from '../message.js';
import { CompatibleRefusal } from './agent-team.js';
import { Problem } from './common.js';
import { allRoutes, type Operation, type Route } from './routes.js';

/**
 * The OpenAPI 3.1 document of the outward API, made from the route table and the constraints on the bodies: nothing is
 * described that is not also enforced.
 */
export function openApiDocument(serverUrl: string): Json {
  const schemas = bodySchemas();
  const used = reachableSchemas(schemas, [...allRoutes().flatMap(([, { body, reply }]) => [body, reply].filter((kind) => kind !== undefined)), Problem, CompatibleRefusal]);
  const paths: Record<string, Json> = {};
  for (const [name, route] of allRoutes()) {
    const path = route.path.replaceAll(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operationOf(name, route, schemas) };
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Countersign', version: '1', description: 'Governed teams of AI agents: nothing leaves the team until a person has countersigned exactly those bytes.', license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } },
    servers: [{ url: serverUrl }],
    security: [{ bearer: [] }, { dpop: [] }, { session: [] }],
    paths,
    components: {
      schemas: used,
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' }, dpop: { type: 'http', scheme: 'dpop', bearerFormat: 'JWT' }, session: { type: 'apiKey', in: 'cookie', name: '__Host-countersign_session' } },
    },
  };
}

function operationOf(name: Operation, route: Route, schemas: Record<string, Json>): Json {
  return {
    operationId: name,
    summary: route.summary,
    ...(route.roles === 'signed-in' ? {} : { description: `Needs the role ${route.roles.join(' or ')}.` }),
    parameters: [...pathParameters(route, schemas), ...queryParameters(route, schemas), ...headerParameters(route)],
    ...(route.bodyMedia ? { requestBody: { required: true, content: { [route.bodyMedia]: {} } } } : {}),
    ...(route.body ? { requestBody: { required: true, content: { 'application/json': { schema: referenceTo(route.body) } } } } : {}),
    responses: { [route.status]: { description: route.status === 204 ? 'Done' : 'OK', ...contentOf(route) }, default: refusalOf(route) },
  };
}

const refusalOf = ({ compatible }: Route): Json =>
  compatible
    ? { description: 'A refusal in the original\'s shape', content: { 'application/json': { schema: referenceTo(CompatibleRefusal) } } }
    : { description: 'A problem', content: { 'application/problem+json': { schema: referenceTo(Problem) } } };

function contentOf(route: Route): Json {
  if (route.reply) return { content: { 'application/json': { schema: referenceTo(route.reply) } } };
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
  ...(route.method === 'POST' ? [{ name: 'Idempotency-Key', in: 'header', required: route.compatible !== true, schema: { type: 'string', minLength: 1, maxLength: 200 } }] : []),
  ...(route.ifMatch ? [{ name: 'If-Match', in: 'header', required: true, description: 'The ETag of the thing as it was read.', schema: { type: 'string' } }] : []),
];
