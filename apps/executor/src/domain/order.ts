import { faultOf, HIGHEST_TIER, isGitObject, isMirror, isPath, leastDelaySeconds, leastNeeded, leastTier, MANIFEST_FORMAT, QUORUM_OF, readOutgoing, sentPaths, type Effect, type FilePublishEffect, type GitPushEffect, type QuorumOf } from '@countersign/contracts';
import { wrongPlace } from './place.js';
import { refuse, type Refusal, type Refused } from './refusal.js';

/** One approved file. */
export interface OrderedFile {
  readonly id: string;
  readonly path: string;
  readonly mode: '100644' | '100755';
  readonly sha256: string;
  readonly size: number;
  readonly deleted: boolean;
  /** What it was shown beside, as what stands there before; null: as new. Absent in manifests from before it stood in them. */
  readonly baseSha256?: string | null;
}

/** What a manifest orders, read from its bytes and from nothing else. */
export interface Order {
  readonly customerId: string;
  readonly teamId: string;
  readonly goalId: string;
  readonly approvalId: string;
  readonly deliverableId: string;
  /** When it was asked; the same on every machine. */
  readonly createdAt: Date;
  /** What a signature must be good for. */
  readonly tier: number;
  /** How long after the signature's time, and the delay, it may be carried out. */
  readonly validMinutes: number;
  /** How long after its last yes it is not carried out yet. */
  readonly delaySeconds: number;
  /** Undefined: one yes, of whoever may give it. */
  readonly quorum: Quorum | undefined;
  readonly effect: Effect;
  readonly files: readonly OrderedFile[];
  /** The signed head that the question was asked under. */
  readonly checkpoint: { readonly size: number; readonly root: string };
}

/** How many must have said yes, and who counts. */
export interface Quorum {
  readonly need: number;
  readonly of: QuorumOf;
  readonly people: readonly string[];
}

type Fields = Readonly<Record<string, unknown>>;

/**
 * Reads an order from approved bytes. Every name in it is checked again here, whoever wrote it: the executor holds the
 * credentials, so a path, a branch or a remote is hostile until it fits.
 */
export function readOrder(manifest: Uint8Array): { readonly ok: true; readonly order: Order } | Refused {
  const fields = parse(manifest);
  if (!fields || fields['$format'] !== MANIFEST_FORMAT) return refuse('manifest_invalid');
  const [customerId, teamId, goalId, approvalId, deliverableId, createdAt] = ['customer_id', 'team_id', 'goal_id', 'approval_id', 'deliverable_id', 'created_at'].map((name) => text(fields[name]));
  const effects = list(fields['effects']);
  const files = list(fields['artifacts'])?.map(fileOf);
  if (!customerId || !teamId || !goalId || !approvalId || !deliverableId || !createdAt || !isInstant(createdAt) || !effects || !files || files.includes(undefined)) return refuse('manifest_invalid');
  const [tier, validMinutes] = [small(fields['tier']), small(record(fields['policy'])?.['valid_minutes'])];
  const delaySeconds = small(record(fields['policy'])?.['delay_seconds'] ?? '0');
  const quorum = fields['quorum'] === undefined || fields['quorum'] === null ? undefined : quorumOf(record(fields['quorum']));
  if (tier === undefined || validMinutes === undefined || delaySeconds === undefined || quorum === 'invalid') return refuse('manifest_invalid');
  const checkpoint = checkpointOf(record(fields['checkpoint']));
  if (!checkpoint || !isTaint(record(fields['taint'])) || !isLineage(record(fields['requested_by']))) return refuse('manifest_invalid');
  if (tier > HIGHEST_TIER) return refuse('tier_not_offered');
  if (delaySeconds < leastDelaySeconds(tier) || (quorum?.need ?? 1) < leastNeeded(tier)) return refuse('tier_unmet');
  if (effects.length !== 1) return refuse('effect_unsupported');
  const effect = effectOf(effects[0]);
  if (!('kind' in effect)) return effect;
  if (tier < leastTier(effect.kind)) return refuse('tier_too_low');
  const named = files as OrderedFile[];
  const wrong = wrongEffect(effect, named);
  if (wrong) return refuse(wrong);
  if (named.some(({ path }) => !isPath(path)) || new Set(named.map(({ path }) => path)).size !== named.length) return refuse('path_invalid');
  return { ok: true, order: { customerId, teamId, goalId, approvalId, deliverableId, createdAt: new Date(createdAt), tier, validMinutes, delaySeconds, quorum, effect, files: named, checkpoint } };
}

/** What leaves for other people is exactly the approved files: each that is named, and none besides. */
function wrongEffect(effect: Effect, files: readonly OrderedFile[]): Refusal | undefined {
  if (effect.kind === 'git.push' || effect.kind === 'file.publish') return wrongPlace(effect);
  const sent = sentPaths(effect);
  const exact = files.length === sent.length && files.every(({ path, deleted }) => sent.includes(path) && !deleted);
  return faultOf(effect) ?? (exact ? undefined : 'path_invalid');
}

function effectOf(entry: unknown): Effect | Refused {
  const outer = record(entry);
  const params = record(outer?.['params']);
  if (!params || outer?.['kind'] !== params['kind']) return refuse('manifest_invalid');
  if (params['kind'] === 'git.push') return pushOf(params);
  if (params['kind'] === 'file.publish') return publishOf(params);
  if (params['kind'] === 'http.post' || params['kind'] === 'email.send') return readOutgoing(params) ?? refuse('manifest_invalid');
  return refuse('effect_unsupported');
}

function pushOf(params: Fields): GitPushEffect | Refused {
  const commit = record(params['commit']);
  const author = record(commit?.['author']);
  const [mirror, remote, branch, base, tree] = ['mirror', 'remote', 'branch', 'base', 'tree'].map((name) => text(params[name]));
  const [name, email, date, message] = [text(author?.['name']), text(author?.['email']), text(commit?.['date']), text(commit?.['message'])];
  const { expectedHead } = params as { expectedHead?: unknown };
  if (!mirror || !remote || !branch || !base || !tree || !name || !email || !date || !message) return refuse('manifest_invalid');
  if (!isMirror(mirror) || !isGitObject(base) || !isGitObject(tree) || !isIdentity(name) || !isIdentity(email) || !isDate(date)) return refuse('manifest_invalid');
  if (expectedHead !== null && !(typeof expectedHead === 'string' && isGitObject(expectedHead))) return refuse('manifest_invalid');
  return { kind: 'git.push', mirror, remote, branch, base, tree, commit: { author: { name, email }, date, message }, expectedHead };
}

function publishOf(params: Fields): FilePublishEffect | Refused {
  const folder = text(params['folder']);
  return folder === undefined ? refuse('path_invalid') : { kind: 'file.publish', folder };
}

function checkpointOf(entry: Fields | undefined): Order['checkpoint'] | undefined {
  const [root, size] = [text(entry?.['root']), text(entry?.['size'])];
  return root && size && /^[0-9a-f]{64}$/.test(root) && /^(0|[1-9]\d{0,14})$/.test(size) ? { size: Number(size), root } : undefined;
}
const isTaint = (entry: Fields | undefined): boolean => entry !== undefined && ['external_effect', 'private_data', 'untrusted_input'].every((name) => typeof entry[name] === 'boolean');
const isLineage = (entry: Fields | undefined): boolean => (entry?.['task'] === null || text(entry?.['task']) !== undefined) && list(entry?.['parent_chain'])?.every((id) => text(id) !== undefined) === true;

function quorumOf(entry: Fields | undefined): Quorum | 'invalid' {
  const [need, people, of] = [small(entry?.['need']), list(entry?.['people'])?.map(text), QUORUM_OF.find((each) => each === entry?.['of'])];
  const named = people?.filter((id) => id !== undefined);
  return need !== undefined && need > 1 && of && named && named.length === people!.length ? { need, of, people: named } : 'invalid';
}

function fileOf(entry: unknown): OrderedFile | undefined {
  const fields = record(entry);
  const [id, path, mode, sha256, size] = ['id', 'path', 'mode', 'sha256', 'size'].map((name) => text(fields?.[name]));
  const deleted = fields?.['deleted'];
  const base = fields?.['base'];
  const baseSha256 = base === null ? null : text(record(base)?.['sha256']);
  if (!id || !path || !isHash(sha256) || !size || typeof deleted !== 'boolean' || !/^\d{1,15}$/.test(size)) return undefined;
  if (base !== undefined && baseSha256 !== null && !isHash(baseSha256)) return undefined;
  return mode === '100644' || mode === '100755' ? { id, path, mode, sha256, size: Number(size), deleted, ...(baseSha256 === undefined ? {} : { baseSha256 }) } : undefined;
}
const isHash = (value: string | undefined): value is string => value !== undefined && /^[0-9a-f]{64}$/.test(value);

function parse(bytes: Uint8Array): Fields | undefined {
  try {
    return record(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)));
  } catch (cause) {
    if (cause instanceof SyntaxError || cause instanceof TypeError) return undefined;
    throw cause;
  }
}

const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);
const small = (value: unknown): number | undefined => (typeof value === 'string' && /^\d{1,6}$/.test(value) ? Number(value) : undefined);
const record = (value: unknown): Fields | undefined => (typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : undefined);
const list = (value: unknown): readonly unknown[] | undefined => (Array.isArray(value) ? value : undefined);
/** As `Date` writes it. */
const isInstant = (value: string): boolean => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(value) && !Number.isNaN(Date.parse(value));
/** Git ends an identity at these characters. */
const isIdentity = (value: string): boolean => !/[<>\p{Cc}]/u.test(value) && value.length <= 200;
const isDate = (value: string): boolean => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.0+)?Z$/.test(value);
