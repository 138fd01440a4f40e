import {
  MANIFEST_FORMAT,
  type DeliverableCheck,
  type DeliverableFile,
  type Effect,
  type Manifest,
  type ManifestArtifact,
  type ManifestEffect,
  type ManifestValue,
  type QuorumOf,
} from '@countersign/contracts';
import { plainWords, targetOf, titleOf } from '@countersign/contracts/effect-words';

/** `base`: what stands there now. */
export type AskedFile = DeliverableFile & Pick<ManifestArtifact, 'base'>;

/** Everything a manifest says, from rows; nothing of it is an agent's prose. */
export interface ManifestFacts {
  readonly approvalId: string;
  readonly teamId: string;
  readonly customerId: string;
  readonly goalId: string;
  readonly deliverableId: string;
  readonly revision: number;
  readonly files: readonly AskedFile[];
  readonly effect: Effect;
  readonly checks: readonly DeliverableCheck[];
  readonly requestedBy: { readonly memberId: string; readonly agent: string; readonly task: string | null; readonly parents: readonly string[] };
  /** The team's newest signed head; undefined before the first. */
  readonly signedHead: { readonly size: number; readonly root: string } | undefined;
  readonly touched: { readonly untrustedInput: boolean; readonly privateData: boolean };
  readonly costMicros: number;
  readonly costRehearsal: boolean;
  readonly policy: { readonly id: string; readonly version: number; readonly tier: number; readonly validMinutes: number; readonly delaySeconds: number };
  /** Undefined: one yes is enough. */
  readonly quorum: { readonly need: number; readonly of: QuorumOf; readonly people: readonly string[] } | undefined;
  readonly supersedes: string | undefined;
  readonly createdAt: Date;
  readonly dueAt: Date;
}

/** The stored bytes of one artifact as they were found: `contentSha256` is a fresh hash of them. */
export interface StoredArtifact {
  readonly id: string;
  readonly path: string;
  readonly mode: string;
  readonly deleted: boolean;
  readonly size: number;
  readonly sha256: string;
  readonly contentSha256: string;
  readonly contentSize: number;
  /** Of what stands there without this goal, whose row is `baseId`. */
  readonly baseId: string | null;
  readonly baseSha256: string | null;
}

/** The first file whose row or bytes are not what the deliverable names; undefined when all are. */
export function findMismatch(files: readonly DeliverableFile[], stored: readonly StoredArtifact[]): DeliverableFile | undefined {
  const byId = new Map(stored.map((artifact) => [artifact.id, artifact]));
  return files.find((file) => !agrees(file, byId.get(file.artifactId)));
}

/** The files with what stands in their place now. Only of a push does the executor find it again: of anything else nobody would have verified what it is compared with. */
export function withBases({ kind }: Pick<Effect, 'kind'>, files: readonly DeliverableFile[], stored: readonly StoredArtifact[]): AskedFile[] {
  if (kind !== 'git.push') return files.map((file) => ({ ...file, base: null }));
  const byId = new Map(stored.map((artifact) => [artifact.id, artifact]));
  return files.map((file) => {
    const { baseId = null, baseSha256 = null } = byId.get(file.artifactId) ?? {};
    return { ...file, base: baseId === null || baseSha256 === null ? null : { artifact_id: baseId, sha256: baseSha256 } };
  });
}

function agrees(file: DeliverableFile, row: StoredArtifact | undefined): boolean {
  if (row === undefined || row.path !== file.path || row.mode !== file.mode || row.deleted !== file.deleted) return false;
  const sizeAgrees = row.size === file.size && row.contentSize === file.size;
  return sizeAgrees && row.sha256 === file.sha256 && row.contentSha256 === file.sha256;
}

/** RFC 6962's root of no entries: the SHA-256 of nothing. */
const EMPTY_ROOT = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
const leavesTheCustomer = ({ kind }: Effect): boolean => kind !== 'file.publish';
/** A branch can be deleted again; what was published, posted or sent may have been read. */
export const isReversible = ({ kind }: Pick<Effect, 'kind'>): boolean => kind === 'git.push';

/** The manifest as a value; its bytes are the canonical JSON of it. All members are strings, so nothing can be read two ways. */
export function buildManifest(facts: ManifestFacts): Manifest {
  return {
    $format: MANIFEST_FORMAT,
    approval_id: facts.approvalId,
    artifacts: [...facts.files].sort(byPath).map(artifactOf),
    checkpoint: { root: facts.signedHead?.root ?? EMPTY_ROOT, size: String(facts.signedHead?.size ?? 0) },
    checks: facts.checks.map(({ criterion, passed, taskKey }) => ({ criterion, passed, task: taskKey })),
    cost: { amount_micros: String(facts.costMicros), currency: 'USD', rehearsal: facts.costRehearsal },
    created_at: facts.createdAt.toISOString(),
    customer_id: facts.customerId,
    deliverable_id: facts.deliverableId,
    effects: [effectOf(facts.effect, facts.files)],
    expires_at: facts.dueAt.toISOString(),
    goal_id: facts.goalId,
    policy: { delay_seconds: String(facts.policy.delaySeconds), id: facts.policy.id, valid_minutes: String(facts.policy.validMinutes), version: String(facts.policy.version) },
    quorum: facts.quorum ? { need: String(facts.quorum.need), of: facts.quorum.of, people: facts.quorum.people } : null,
    requested_by: { agent: facts.requestedBy.agent, member_id: facts.requestedBy.memberId, parent_chain: facts.requestedBy.parents, task: facts.requestedBy.task },
    revision: String(facts.revision),
    supersedes: facts.supersedes ?? null,
    taint: { external_effect: leavesTheCustomer(facts.effect), private_data: facts.touched.privateData, untrusted_input: facts.touched.untrustedInput },
    team_id: facts.teamId,
    tier: String(facts.policy.tier),
    title: titleOf(facts.effect, facts.files),
  };
}

/** What of a manifest a person answers to: the same files to the same place at the same risk are the same question, whenever it is asked. */
export const askedOf = ({ artifacts, effects: [effect], tier }: Manifest): ManifestValue => ({
  effect: { kind: effect!.kind, target: effect!.target },
  files: artifacts.map(({ path, mode, sha256, deleted }) => ({ path, mode, sha256, deleted })),
  tier,
});

const byPath = (a: DeliverableFile, b: DeliverableFile): number => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0);

const artifactOf = (file: AskedFile): ManifestArtifact => ({
  base: file.base,
  deleted: file.deleted,
  id: file.artifactId,
  media_type: file.mediaType,
  mode: file.mode,
  path: file.path,
  sha256: file.sha256,
  size: String(file.size),
});

const effectOf = (effect: Effect, files: readonly DeliverableFile[]): ManifestEffect => ({
  index: '0',
  kind: effect.kind,
  params: asStrings(effect) as ManifestEffect['params'],
  plain: plainWords(effect, files),
  reversible: isReversible(effect),
  target: targetOf(effect),
});

/** Numbers become decimal strings; members without a value are left out. */
function asStrings(value: unknown): ManifestValue {
  if (Array.isArray(value)) return value.map(asStrings);
  if (typeof value === 'number') return String(value);
  if (typeof value !== 'object' || value === null) return value as ManifestValue;
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined).map(([name, member]) => [name, asStrings(member)]));
}
