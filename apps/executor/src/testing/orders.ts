import { leastTier, MANIFEST_FORMAT, type Effect, type GitPushEffect, type Manifest } from '@countersign/contracts';
import { aKey, decidedBy, DEVICE, PERSON, pinnedOf } from './approver.js';
import { canonicalJson } from '@countersign/audit';
import { createHash } from 'node:crypto';
import { es256 } from '@countersign/service';
import type { ApprovalFacts, StoredArtifact } from '../domain/verify-approval.js';
import type { Witness } from '../domain/verify-signature.js';

export const sha256 = (bytes: Uint8Array | string): string => createHash('sha256').update(bytes).digest('hex');

/** The keys that sign in tests of rules: what leaves for other people needs the second. */
export const KEY = aKey();
export const PASSKEY = aKey('passkey');
export const aWitness = (over: Partial<Witness> = {}): Witness => ({ es256, key: (_, credentialId) => [KEY, PASSKEY].filter((key) => key.credentialId === credentialId).map((key) => pinnedOf(key))[0], keysOn: () => [], isSpent: () => false, now: Date.now(), begun: false, softwareKeys: true, ...over });

export const aPush = (over: Partial<GitPushEffect> = {}): GitPushEffect => ({
  kind: 'git.push',
  mirror: 'demo',
  remote: '/srv/demo.git',
  branch: 'countersign/goal-1',
  base: 'b'.repeat(40),
  tree: '7'.repeat(40),
  commit: { author: { name: 'Countersign', email: 'countersign@localhost' }, date: '2026-01-02T03:04:05Z', message: 'Document the parser\n' },
  expectedHead: null,
  ...over,
});

export interface ManifestSpec {
  readonly ids?: Partial<Record<'customer_id' | 'team_id' | 'goal_id' | 'approval_id' | 'deliverable_id', string>>;
  readonly effects?: readonly Effect[];
  readonly files?: readonly StoredArtifact[];
  /** By path, what a file was shown beside, by its hash; `unsaid`: the manifest has no word of it. All others are shown as new. */
  readonly bases?: Readonly<Record<string, string>>;
  readonly tier?: string;
  readonly quorum?: Manifest['quorum'];
  readonly delaySeconds?: string;
  readonly checkpoint?: Manifest['checkpoint'];
}

/** As the shipped policy has it. */
export const tierOf = (effects: readonly Effect[]): string => String(Math.max(1, ...effects.map(({ kind }) => leastTier(kind))));

/** A manifest as the gateway writes it, with only the members the executor reads being of interest. */
export function manifestBytes({ ids = {}, effects = [aPush()], files = [], bases = {}, tier = tierOf(effects), quorum = null, delaySeconds = '0', checkpoint }: ManifestSpec = {}): Buffer {
  const manifest: Manifest = {
    $format: MANIFEST_FORMAT,
    approval_id: ids.approval_id ?? 'approval',
    artifacts: files.map(({ id, path, mode, deleted, content }) => ({ ...baseOf(id, bases[path]), deleted, id, media_type: 'text/plain', mode, path, sha256: sha256(content ?? ''), size: String(content?.length ?? 0) })) as Manifest['artifacts'],
    checkpoint: checkpoint ?? { root: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', size: '0' },
    checks: [],
    cost: { amount_micros: '0', currency: 'USD' },
    created_at: '2026-01-02T03:04:05.000Z',
    customer_id: ids.customer_id ?? 'customer',
    deliverable_id: ids.deliverable_id ?? 'deliverable',
    effects: effects.map((effect, index) => ({ index: String(index), kind: effect.kind, params: { ...effect } as Manifest['effects'][number]['params'], plain: 'A push.', reversible: true, target: 'there' })),
    expires_at: '2026-01-02T04:04:05.000Z',
    goal_id: ids.goal_id ?? 'goal',
    policy: { delay_seconds: delaySeconds, id: 'approval-policy', valid_minutes: '15', version: '1' },
    quorum,
    requested_by: { agent: 'manager-agent', member_id: 'member', parent_chain: [], task: null },
    revision: '1',
    supersedes: null,
    taint: { external_effect: true, private_data: false, untrusted_input: true },
    team_id: ids.team_id ?? 'team',
    tier,
    title: 'Push',
  };
  return canonicalJson(manifest as unknown as Parameters<typeof canonicalJson>[0], 1_000_000);
}

const baseOf = (id: string, base: string | undefined): Partial<Pick<Manifest['artifacts'][number], 'base'>> => (base === 'unsaid' ? {} : { base: base === undefined ? null : { artifact_id: id, sha256: base } });

export const anArtifact = (path: string, text: string | null, over: Partial<StoredArtifact> = {}): StoredArtifact => ({
  id: `artifact-${path}`,
  path,
  mode: '100644',
  deleted: text === null,
  content: text === null ? null : Buffer.from(text),
  ...over,
});

export function anApproval(over: Partial<ApprovalFacts> = {}, spec: ManifestSpec = {}): ApprovalFacts {
  const artifacts = over.artifacts ?? [anArtifact('src/a.ts', 'a'), anArtifact('old.ts', null)];
  const manifest = over.manifest ?? manifestBytes({ files: artifacts, ...spec });
  const digest = sha256(manifest);
  const signer = tierOf(spec.effects ?? []) === '1' ? KEY : PASSKEY;
  const identity = { id: 'approval', customerId: 'customer', teamId: 'team', goalId: 'goal', deliverableId: 'deliverable' };
  return { ...identity, state: 'approved', epoch: 1, digest, decided: [decidedBy(signer, { digest, personId: PERSON, deviceId: DEVICE })], manifest, expired: false, team: { state: 'active', epoch: 1 }, artifacts, ...over };
}
