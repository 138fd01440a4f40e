import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import type { Violation } from '../errors.js';
import {
  WORKER_ERROR,
  type AgentMethod,
  type AgentNotification,
  type HostMethod,
  type RpcError,
  type RpcFailure,
  type RpcId,
  type RpcNotification,
  type RpcRequest,
  type RpcSuccess,
} from './protocol.js';
import type { JsonSchema } from './schema-parts.js';
import { agentNotificationSchemas, agentRequestSchemas, envelopeSchemas, hostRequestSchemas } from './schemas.js';
import { toolSchemas, type WorkerToolName } from './tools.js';

export type Direction = 'host-to-agent' | 'agent-to-host';

/**
 * What a decoded line turned out to be. `invalid` carries the JSON-RPC error to answer with; `id` is the id to answer to,
 * null where none could be read. An invalid response is answered to nobody: `responseTo` names the request it spoils.
 */
export type ValidatedMessage =
  | { kind: 'request'; method: string; message: RpcRequest }
  | { kind: 'notification'; method: string; message: RpcNotification }
  | { kind: 'success'; message: RpcSuccess }
  | { kind: 'failure'; message: RpcFailure }
  | { kind: 'invalid'; id: RpcId | null; responseTo?: RpcId; error: RpcError; violations: Violation[] };

const ajv = new Ajv2020({ allErrors: true, strict: true, strictRequired: false, strictTypes: false });
const compiled = new Map<JsonSchema, ValidateFunction>();

function check(schema: JsonSchema, value: unknown, at: string): Violation[] {
  let validate = compiled.get(schema);
  if (!validate) {
    validate = ajv.compile(schema);
    compiled.set(schema, validate);
  }
  return validate(value) ? [] : (validate.errors ?? []).slice(0, MAX_VIOLATIONS).map((error) => violationOf(error, at));
}
const MAX_VIOLATIONS = 20;

function violationOf(error: ErrorObject, at: string): Violation {
  const extra = error.keyword === 'additionalProperties' ? ` (${String(error.params['additionalProperty'])})` : '';
  return { pointer: at + error.instancePath, rule: error.keyword, message: `${error.message ?? 'is invalid'}${extra}` };
}

const isId = (value: unknown): value is RpcId => typeof value === 'string' || typeof value === 'number';

/**
 * Checks one decoded message against the protocol, for the direction it travels in.
 *
 * A response is checked against the method it answers when `methodOf` knows it; a response to an id that `methodOf` does not
 * know is invalid: nobody asked. Values are never repeated in the violations.
 */
export function validateMessage(direction: Direction, message: unknown, methodOf?: (id: RpcId) => string | undefined): ValidatedMessage {
  if (typeof message !== 'object' || message === null || Array.isArray(message)) return invalid(null, 'invalidRequest', 'a message is one JSON object');
  const fields = message as Record<string, unknown>;
  const id = isId(fields['id']) ? fields['id'] : null;
  if ('method' in fields) return 'id' in fields ? request(direction, fields, id) : notification(direction, fields);
  if ('result' in fields) return success(direction, fields, id, methodOf);
  if ('error' in fields) return failure(fields, id, methodOf);
  return invalid(id, 'invalidRequest', 'neither a request, a notification nor a response');
}

function request(direction: Direction, fields: Record<string, unknown>, id: RpcId | null): ValidatedMessage {
  const broken = check(envelopeSchemas.request, fields, '');
  if (broken.length > 0) return invalid(id, 'invalidRequest', 'malformed request', broken);
  const message = fields as unknown as RpcRequest;
  const schemas = requestSchemas(direction, message.method);
  if (!schemas) return invalid(id, 'methodNotFound', `unknown method ${quoted(message.method)}`);
  const violations = check(schemas.params, message.params ?? {}, '/params');
  if (violations.length === 0 && message.method === 'tool/call') violations.push(...toolViolations(message.params));
  if (violations.length > 0) return invalid(id, 'invalidParams', describe(violations), violations);
  return { kind: 'request', method: message.method, message };
}

function notification(direction: Direction, fields: Record<string, unknown>): ValidatedMessage {
  const broken = check(envelopeSchemas.notification, fields, '');
  if (broken.length > 0) return invalid(null, 'invalidRequest', 'malformed notification', broken);
  const message = fields as unknown as RpcNotification;
  const known = direction === 'agent-to-host' && Object.hasOwn(agentNotificationSchemas, message.method);
  if (!known) return invalid(null, 'methodNotFound', `unknown notification ${quoted(message.method)}`);
  const violations = check(agentNotificationSchemas[message.method as AgentNotification], message.params ?? {}, '/params');
  if (violations.length > 0) return invalid(null, 'invalidParams', describe(violations), violations);
  return { kind: 'notification', method: message.method, message };
}

function success(direction: Direction, fields: Record<string, unknown>, id: RpcId | null, methodOf?: (id: RpcId) => string | undefined): ValidatedMessage {
  const broken = check(envelopeSchemas.success, fields, '');
  if (broken.length > 0) return spoiled(id, 'malformed response', broken);
  const message = fields as unknown as RpcSuccess;
  if (!methodOf) return { kind: 'success', message };
  const method = methodOf(message.id);
  const schemas = method === undefined ? undefined : requestSchemas(opposite(direction), method);
  if (!schemas) return invalid(null, 'invalidRequest', 'a response to a request that was not made');
  const violations = check(schemas.result, message.result, '/result');
  return violations.length > 0 ? spoiled(id, describe(violations), violations) : { kind: 'success', message };
}

function failure(fields: Record<string, unknown>, id: RpcId | null, methodOf?: (id: RpcId) => string | undefined): ValidatedMessage {
  const broken = check(envelopeSchemas.failure, fields, '');
  if (broken.length > 0) return spoiled(id, 'malformed error response', broken);
  const message = fields as unknown as RpcFailure;
  if (methodOf && message.id !== null && methodOf(message.id) === undefined) {
    return invalid(null, 'invalidRequest', 'a response to a request that was not made');
  }
  return { kind: 'failure', message };
}

function requestSchemas(direction: Direction, method: string): { params: JsonSchema; result: JsonSchema } | undefined {
  if (direction === 'host-to-agent') return Object.hasOwn(hostRequestSchemas, method) ? hostRequestSchemas[method as HostMethod] : undefined;
  return Object.hasOwn(agentRequestSchemas, method) ? agentRequestSchemas[method as AgentMethod] : undefined;
}

/** A tool whose arguments have a schema of their own is checked against it; other tools check their arguments themselves. */
function toolViolations(params: Record<string, unknown> | undefined): Violation[] {
  const tool = String(params?.['tool']);
  return Object.hasOwn(toolSchemas, tool) ? check(toolSchemas[tool as WorkerToolName].args, params?.['args'], '/params/args') : [];
}

const opposite = (direction: Direction): Direction => (direction === 'host-to-agent' ? 'agent-to-host' : 'host-to-agent');
const quoted = (name: string): string => JSON.stringify(name.slice(0, 60));
const describe = (violations: readonly Violation[]): string => violations.slice(0, 3).map((v) => `${v.pointer || '/'} ${v.message}`).join('; ');

function invalid(id: RpcId | null, code: keyof typeof WORKER_ERROR, message: string, violations: Violation[] = []): ValidatedMessage {
  return { kind: 'invalid', id, error: { code: WORKER_ERROR[code], message }, violations };
}

function spoiled(id: RpcId | null, message: string, violations: Violation[]): ValidatedMessage {
  const outcome = invalid(null, 'invalidRequest', message, violations);
  return id === null ? outcome : { ...outcome, responseTo: id } as ValidatedMessage;
}
