import { auditor, person, personal, serviceKey } from '@countersign/audit';
import { ApprovalId, ArtifactId, DeliverableId, DraftId, effectFinished, effectStarted, GoalId, RunId, subjectOf, TaskId, uuidv7, type DeliverableFile, type Effect, type EntryId } from '@countersign/contracts';
import type { Database } from '@countersign/database';
import { seedMirror, seedTeam, type SeededTeam, type TestDatabase } from '@countersign/testing';
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { aKey, RP, signedYes, type TestKey } from './approver.js';
import { aPush, manifestBytes, sha256, tierOf } from './orders.js';
import { testSeal } from './runner.js';

export interface Repository {
  readonly root: string;
  readonly home: string;
  readonly mirrors: string;
  /** What each customer's mirror `demo` is a copy of. */
  readonly mirror: string;
  readonly publishDir: string;
  /** A bare remote that holds `base` on main. */
  readonly remote: string;
  /** A plain repository of a person, with `main` checked out. */
  readonly plain: string;
  readonly base: string;
  git(where: string, ...args: string[]): string;
}

const STANDING = { 'src/a.js': 'export const a = 1;\n', 'old.js': 'old\n' };
/** By path, the hash of what every repository here has there. */
export const BASES: Readonly<Record<string, string>> = Object.fromEntries(Object.entries(STANDING).map(([path, text]) => [path, sha256(text)]));

/** A mirror, a bare remote and a person's plain repository of one little project. */
export function aRepository(): Repository {
  const root = mkdtempSync(join(tmpdir(), 'executor-'));
  const [home, mirrors, mirror, publishDir, remote, plain] = ['home', 'mirrors', 'mirror.git', 'publish', 'remote.git', 'plain'].map((name) => join(root, name)) as [string, string, string, string, string, string];
  for (const folder of [home, mirrors, publishDir]) mkdirSync(folder);
  const git = (where: string, ...args: string[]): string => execFileSync('git', ['-C', where, '-c', 'user.name=Asha', '-c', 'user.email=asha@example.test', ...args], { encoding: 'utf8' }).trim();
  git(root, 'init', '-q', '-b', 'main', plain);
  mkdirSync(join(plain, 'src'));
  for (const [path, text] of Object.entries(STANDING)) writeFileSync(join(plain, path), text);
  git(plain, 'add', '.');
  git(plain, 'commit', '-qm', 'begin');
  git(root, 'clone', '-q', '--bare', plain, remote);
  git(root, 'clone', '-q', '--bare', plain, mirror);
  return { root, home, mirrors, mirror, publishDir, remote, plain, base: git(plain, 'rev-parse', 'HEAD'), git };
}

export const removeRepository = ({ root }: Repository): void => rmSync(root, { recursive: true, force: true });

/** The files of the approved change, as they are stored. */
export const CHANGE: readonly { path: string; text: string | null }[] = [
  { path: 'src/a.js', text: '/** The first number. */\nexport const a = 1;\n' },
  { path: 'docs/new.md', text: '# New\n' },
  { path: 'old.js', text: null },
];

/** The tree that the change makes of the base, made with plain git as an independent witness. */
export function treeOf({ root, plain, git }: Repository, change: readonly { path: string; text: string | null }[] = CHANGE): string {
  const work = mkdtempSync(join(root, 'witness-'));
  git(root, 'clone', '-q', plain, work);
  for (const { path, text } of change) {
    mkdirSync(join(work, path, '..'), { recursive: true });
    if (text === null) rmSync(join(work, path));
    else writeFileSync(join(work, path), text);
  }
  git(work, 'add', '-A');
  return git(work, 'write-tree');
}

export interface Approved extends SeededTeam {
  readonly goalId: GoalId;
  readonly approvalId: ApprovalId;
  readonly effect: Effect;
  readonly digest: string;
  readonly deviceId: string;
  /** Who said yes as well, with `SECOND`, where two must. */
  readonly other: { readonly personId: string; readonly deviceId: string } | undefined;
}

/** The device key of everybody who approves in these tests. */
export const KEY = aKey();
/** What what leaves for other people is signed with. */
export const PASSKEY = aKey('passkey');
/** Somebody else's, or of somebody's second device. */
export const SECOND = aKey();

/** Enrols a key as the gateway does: a device, and a sealed row. */
export async function enrol(database: TestDatabase, { customerId, personId }: Pick<SeededTeam, 'customerId' | 'personId'>, key: TestKey, { deviceId = uuidv7(), seal = testSeal } = {}): Promise<string> {
  const enrolment = { id: uuidv7(), customerId, personId, deviceId, kind: key.kind, credentialId: key.credentialId, publicKey: key.publicKey, rpId: RP, backupEligible: false };
  await database.admin(`insert into app.device (customer_id, id, person_id, name, platform, address) values ($1, $2, $3, 'Phone', 'webpush', 'phone') on conflict do nothing`, [customerId, deviceId, personId]);
  await database.admin(`insert into app.approver_key (customer_id, id, person_id, device_id, kind, credential_id, public_key, rp_id, backup_eligible, seal) values ($1, $2, $3, $4, $5, $6, $7, $8, false, $9)`, [customerId, enrolment.id, personId, deviceId, key.kind, key.credentialId, key.publicKey, RP, seal.seal(enrolment)]);
  return deviceId;
}

async function enrolOther(database: TestDatabase, { customerId, personId }: SeededTeam, quorum: 'people' | 'devices'): Promise<{ personId: string; deviceId: string }> {
  const other = quorum === 'devices' ? personId : uuidv7();
  if (other !== personId) await database.admin(`insert into app.person (customer_id, id, login, display_name, roles) values ($1, $2::uuid, $2::uuid::text, 'Ravi', '{customer_governor}')`, [customerId, other]);
  return { personId: other, deviceId: await enrol(database, { customerId, personId: other as SeededTeam['personId'] }, SECOND) };
}

export interface ApprovedOptions {
  readonly state?: string;
  readonly validFor?: string;
  readonly decision?: boolean;
  /** What the customer adopted the mirror with, where it is not the effect's own remote; null: nothing. */
  readonly adopted?: string | null;
  /** What the team made, where it is not the repository's change. */
  readonly files?: readonly { readonly path: string; readonly text: string | Buffer | null }[];
  /** By path, what a file was shown beside, where that is not what stands there: see `ManifestSpec`. */
  readonly bases?: Readonly<Record<string, string>>;
  readonly tier?: string;
  readonly key?: TestKey;
  /** Two must say yes, and both have: two people, or one on two devices. */
  readonly quorum?: 'people' | 'devices';
  readonly delaySeconds?: string;
  /** Of another team of this one's customer, said yes to by the same person on the same device. */
  readonly beside?: Approved | undefined;
}

/** A team whose goal on the repository has an approved deliverable; `state` and `validFor` make it another kind of approval. */
export async function anApprovedGoal(database: TestDatabase, repository: Repository, effect: Effect, over: ApprovedOptions = {}): Promise<Approved> {
  const team = await seedTeam(database, over.beside ? { of: over.beside } : {});
  cpSync(repository.mirror, join(repository.mirrors, team.customerId, 'demo.git'), { recursive: true });
  const { state = 'approved', validFor = '15 minutes', decision = true, adopted = effect.kind === 'git.push' ? effect.remote : null, files: made = CHANGE, bases = effect.kind === 'git.push' ? BASES : {}, tier = tierOf([effect]), key = tierOf([effect]) === '1' ? KEY : PASSKEY, quorum, delaySeconds = '0', beside } = over;
  if (adopted !== null) await seedMirror(database, team, { remote: adopted });
  const [goalId, taskId, runId, draftId, deliverableId, approvalId] = [GoalId.next(), TaskId.next(), RunId.next(), DraftId.next(), DeliverableId.next(), ApprovalId.next()];
  const t = team.teamId;
  const deviceId = beside?.deviceId ?? (await enrol(database, team, key));
  const other = quorum && (await enrolOther(database, team, quorum));
  await database.admin(`insert into app.goal (team_id, id, text, state, submitted_by, repository) values ($1, $2, 'x', 'executing', $3, '{}')`, [t, goalId, team.personId]);
  await database.admin(`insert into app.task (team_id, id, goal_id, ordinal, key, title, skill, member_id, criteria, state) values ($1, $2, $3, 0, 'docs', 'Docs', 'docs', $4, '[]', 'done')`, [t, taskId, goalId, team.memberId]);
  await database.admin(`insert into app.worker_run (team_id, id, task_id, member_id, round, state, epoch) values ($1, $2, $3, $4, 1, 'submitted', 1)`, [t, runId, taskId, team.memberId]);
  await database.admin(`insert into app.draft (team_id, id, task_id, run_id, round, summary, base_commit) values ($1, $2, $3, $4, 1, 's', 'b')`, [t, draftId, taskId, runId]);
  const artifacts = made.map(({ path, text }) => ({ id: ArtifactId.next(), path, mode: '100644' as const, deleted: text === null, content: text === null ? null : Buffer.from(text) }));
  const files: DeliverableFile[] = [];
  for (const { id, path, mode, deleted, content } of artifacts) {
    files.push({ artifactId: id, path, mode, deleted, mediaType: 'text/plain', size: content?.length ?? 0, sha256: sha256(content ?? '') });
    await database.admin(`insert into app.artifact (team_id, id, draft_id, path, version, mode, deleted, media_type, size, sha256, content) values ($1, $2, $3, $4, 1, $5, $6, 'text/plain', $7, sha256(coalesce($8::bytea, '')), $8)`, [t, id, draftId, path, mode, deleted, content?.length ?? 0, content]);
  }
  const manifest = manifestBytes({ ids: { customer_id: team.customerId, team_id: t, goal_id: goalId, approval_id: approvalId, deliverable_id: deliverableId }, effects: [effect], files: artifacts, bases, tier, delaySeconds, quorum: quorum && other ? { need: '2', of: quorum, people: [...new Set([team.personId, other.personId])] } : null });
  const digest = sha256(manifest);
  await database.admin(`insert into app.deliverable (team_id, id, goal_id, revision, summary, effect, files, checks, proposed_by) values ($1, $2, $3, 1, 's', $4, $5, '[]', $6)`, [t, deliverableId, goalId, JSON.stringify(effect), JSON.stringify(files), team.managerId]);
  await database.admin(
    `insert into app.approval (team_id, id, goal_id, deliverable_id, revision, manifest, digest, title, tier, state, epoch, customer_id, requested_by, due_at, decided_at, decided_by, device_id, valid_until, need, need_of)
     values ($1, $2, $3, $4, 1, $5, sha256($5), 't', 1, $6, 1, $7, $8, clock_timestamp() + interval '1 hour', clock_timestamp(), $9, $10, clock_timestamp() + $11::interval, $12, $13)`,
    [t, approvalId, goalId, deliverableId, manifest, state, team.customerId, team.managerId, team.personId, deviceId, validFor, quorum ? 2 : 1, quorum ?? 'people'],
  );
  if (decision) await database.admin(`insert into app.approval_decision (team_id, id, approval_id, decision, digest, person_id, device_id, assertion) values ($1, $2, $3, 'approve', $4, $5, $6, $7)`, [t, uuidv7(), approvalId, Buffer.from(digest, 'hex'), team.personId, deviceId, JSON.stringify(signedYes(key, { digest, personId: team.personId, deviceId }))]);
  if (other) await database.admin(`insert into app.approval_decision (team_id, id, approval_id, decision, digest, person_id, device_id, assertion) values ($1, $2, $3, 'approve', $4, $5, $6, $7)`, [t, uuidv7(), approvalId, Buffer.from(digest, 'hex'), other.personId, other.deviceId, JSON.stringify(signedYes(SECOND, { digest, ...other }))]);
  const goal = { ...team, goalId, approvalId, effect, digest, deviceId, other };
  if (state === 'approved' && decision) await enter(database, goal);
  return goal;
}

/** So many approvals like this one, of the same team, that come before every other: rows that nobody could have written. */
export const copies = (database: TestDatabase, { approvalId }: Approved, many: number): Promise<unknown> =>
  database.admin(`do $$ begin set local session_replication_role = replica; insert into app.approval select (jsonb_populate_record(a, jsonb_build_object('id', lpad(n::text, 8, '0') || '-0000-7000-8000-' || right(a.id::text, 12), 'deliverable_id', gen_random_uuid(),
    'goal_id', case a.state when 'held' then gen_random_uuid() else a.goal_id end))).* from app.approval a, generate_series(1, ${many}) n where a.id = '${approvalId}'; end $$`);

const gateways = new WeakMap<TestDatabase, Database>();
const gatewayOf = (database: TestDatabase): Database => {
  const known = gateways.get(database) ?? database.as('gateway', 1);
  gateways.set(database, known);
  return known;
};

/** Enters in the chain that an approval was granted, as the gateway does in the transaction that grants it. */
export async function enter(database: TestDatabase, { teamId, approvalId, personId, digest }: Approved, over: Readonly<Record<string, string>> = {}): Promise<EntryId> {
  const audit = auditor({ service: 'gateway', key: serviceKey(Buffer.alloc(32, 0x42)) });
  const body = { customer_governor_id: person(personId), device_id: personal(personId, 'phone'), deliverable_id: approvalId, approval_id: approvalId, digest, timestamp: new Date(0), ...over };
  const entryId = await gatewayOf(database).withTeam(teamId, (tx) => {
    tx.ledgerOnly();
    return audit(tx, 'MOBILE-APPROVAL-GRANTED', body);
  });
  await database.admin(`update app.approval_decision set entry_id = $2 where approval_id = $1`, [approvalId, entryId]);
  return entryId;
}

export const pushOf = (repository: Repository, over: Partial<Parameters<typeof aPush>[0]> = {}): ReturnType<typeof aPush> =>
  aPush({ remote: repository.remote, base: repository.base, tree: treeOf(repository), ...over });

export interface Seen {
  readonly effects: readonly { state: string; code: string | null; receipt: Record<string, string> | null; attempts: number }[];
  /** Actions of what the executor entered in the chain, in order, with their codes. */
  readonly chain: readonly string[];
  /** How often the others were told that it begins. */
  readonly begun: number;
  /** Outcomes told to the others. */
  readonly told: readonly string[];
  readonly used: number;
}

/** What the database shows of one approval. */
export async function seen(database: TestDatabase, { teamId, approvalId }: Approved): Promise<Seen> {
  const effects = await database.admin<Seen['effects'][number]>(`select state, code, receipt, attempts from app.effect where team_id = $1 and approval_id = $2`, [teamId, approvalId]);
  const entries = await database.admin<{ payload: Buffer }>(`select payload from audit.entry where team_id = $1 order by seq`, [teamId]);
  const said = entries.map(({ payload }) => JSON.parse(payload.toString('utf8')) as { action: string; service: string; body: { code?: string } });
  const chain = said.filter(({ service }) => service === 'executor').map(({ action, body }) => (body.code ? `${action} ${body.code}` : action));
  const outbox = await database.admin<{ subject: string; payload: Buffer }>(`select subject, payload from app.outbox where team_id = $1 and service = 'svc_executor' order by seq`, [teamId]);
  const [use] = await database.admin<{ n: string }>(`select count(*) as n from app.approval_use where team_id = $1 and approval_id = $2`, [teamId, approvalId]);
  const [starts, ends] = [effectStarted, effectFinished].map((message) => outbox.filter(({ subject }) => subject === subjectOf(message, { teamId })));
  return { effects, chain, begun: starts!.length, told: ends!.map(({ payload }) => (JSON.parse(payload.toString('utf8')) as { state: string }).state), used: Number(use!.n) };
}
