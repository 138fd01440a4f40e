import { sentPaths, uuidv7, type FilePublishEffect, type Manifest, type ManifestEffect, type OutgoingEffect, type QuorumOf } from '@countersign/contracts';
import { plainWords, targetOf } from '@countersign/contracts/effect-words';
import { createHash } from 'node:crypto';
import type pg from 'pg';

/** Copies of rows with other ids, put in as superuser: many of what only a whole goal's way would make. */
const copy = (table: string): string => `insert into app.${table} select (jsonb_populate_record(source, made.fields)).* from app.${table} source, unnest($3::jsonb[]) as made (fields) where source.team_id = $1 and source.id = $2`;

async function copyRows(client: pg.Client, table: string, teamId: string, id: string, changes: readonly object[]): Promise<void> {
  await client.query(copy(table), [teamId, id, changes.map((fields) => JSON.stringify(fields))]);
}

/** The real goal, and its parts, that the copies are made from. */
export interface Original {
  readonly teamId: string;
  readonly goalId: string;
}

/** The fleet looks for assignments that no message led to a run, by their age; these are left to who copied them. */
export const LATER = (): string => new Date(Date.now() + 3_600_000).toISOString();

/** Running goals of `perGoal` assigned tasks each; returns the tasks' ids in order. No message announces them. */
export async function copyTasks(client: pg.Client, { teamId, goalId }: Original, goals: number, perGoal: number): Promise<string[]> {
  const task = await idOf(client, `select id from app.task where team_id = $1 and goal_id = $2 order by ordinal limit 1`, teamId, goalId);
  const goalIds = Array.from({ length: goals }, () => uuidv7());
  await copyRows(client, 'goal', teamId, goalId, goalIds.map((id) => ({ id, state: 'running', finished_at: null })));
  const tasks = goalIds.flatMap((goal) => Array.from({ length: perGoal }, (_, index) => ({ id: uuidv7(), goal_id: goal, key: `bench-${index}`, ordinal: index + 1, state: 'assigned', round: 1, depends_on: [], changed_at: LATER() })));
  await copyRows(client, 'task', teamId, task, tasks);
  return tasks.map(({ id }) => id);
}

/** Columns of an approval; those that its manifest says as well are said there too. */
interface CopiedApproval {
  readonly title?: string;
  /** The sentence that says what will happen. */
  readonly plain?: string;
  /** New files, after those of the original. */
  readonly files?: readonly { readonly path: string; readonly mediaType: string; readonly bytes: Buffer; readonly mode?: '100755' }[];
  /** What becomes of it in the place of the original's push; what is sent, of its files alone. */
  readonly effect?: OutgoingEffect | FilePublishEffect;
  readonly tier?: number;
  readonly need?: number;
  readonly need_of?: QuorumOf;
  readonly [column: string]: unknown;
}

/** In what a copy differs from its original. */
export interface ApprovalChanges {
  readonly approval: CopiedApproval;
  readonly goal?: object;
}

/** What an approval is that waits for an answer, whatever became of the one it is copied from. */
export const WAITING: ApprovalChanges = { approval: { state: 'pending', decided_at: null, decided_by: null, device_id: null, reason: null, valid_until: null, held_for: null, effective_at: null, effect_entry_id: null }, goal: { state: 'proposed', finished_at: null } };

/** Approvals, each for a goal and a deliverable of its own, which its manifest names: whoever hashes what they are shown finds that it fits. Returns their ids. */
export async function copyApprovals(client: pg.Client, { teamId, goalId }: Original, changes: readonly ApprovalChanges[]): Promise<string[]> {
  const deliverable = await idOf(client, `select id from app.deliverable where team_id = $1 and goal_id = $2 order by revision desc limit 1`, teamId, goalId);
  const approval = await idOf(client, `select id from app.approval where team_id = $1 and deliverable_id = $2`, teamId, deliverable);
  const { rows: [original] } = await client.query<{ manifest: Buffer; people: string[] }>(`select manifest, array(select p.id::text from app.person p where p.customer_id = a.customer_id and 'customer_governor' = any (p.roles)) as people from app.approval a where team_id = $1 and id = $2`, [teamId, approval]);
  const made = changes.map((one) => ({ ...one, ids: { goal: uuidv7(), deliverable: uuidv7(), approval: uuidv7(), draft: uuidv7(), files: (one.approval.files ?? []).map(() => uuidv7()) } }));
  await client.query('begin'); // the gateway must not find a proposed goal that nobody was asked about
  await copyRows(client, 'goal', teamId, goalId, made.map(({ ids, goal }) => ({ id: ids.goal, ...goal })));
  await copyRows(client, 'deliverable', teamId, deliverable, made.map(({ ids }) => ({ id: ids.deliverable, goal_id: ids.goal })));
  await copyRows(client, 'approval', teamId, approval, made.map(({ ids, approval: fields }) => ({ id: ids.approval, goal_id: ids.goal, deliverable_id: ids.deliverable, requested_by: uuidv7(), ...fields, ...manifestOf(original!, ids, fields) }))); // each by another: an agent that is refused so often is paused
  for (const [nth, { ids, approval: { files } }] of made.entries()) {
    if (!files) continue;
    // of a draft and a run of its own, which was dropped: it is no part of what the original goal has made
    const draft = await idOf(client, `select draft_id as id from app.artifact where team_id = $1 and id = $2`, teamId, firstFile(original!.manifest));
    const run = await idOf(client, `select run_id as id from app.draft where team_id = $1 and id = $2`, teamId, draft);
    await copyRows(client, 'worker_run', teamId, run, [{ id: ids.draft, attempt: 90 + nth, state: 'stopped' }]);
    await copyRows(client, 'draft', teamId, draft, [{ id: ids.draft, run_id: ids.draft, state: 'dropped', commit_id: null, tree_id: null }]);
    for (const [at, { path, mediaType, bytes }] of files.entries())
      await client.query(`insert into app.artifact (team_id, id, draft_id, path, version, media_type, size, sha256, content) values ($1, $2, $3, $4, 1, $5, length($6::bytea), sha256($6::bytea), $6::bytea)`, [teamId, ids.files[at], ids.draft, path, mediaType, bytes]);
  }
  await client.query('commit');
  return made.map(({ ids }) => ids.approval);
}

const firstFile = (manifest: Buffer): string => (JSON.parse(manifest.toString()) as Manifest).artifacts[0]!.id;

/** The original's manifest, of this copy. */
function manifestOf(original: { readonly manifest: Buffer; readonly people: readonly string[] }, ids: { readonly approval: string; readonly goal: string; readonly deliverable: string; readonly files: readonly string[] }, { title, plain, effect, tier, need, need_of: of, files = [] }: CopiedApproval): { manifest: string; digest: string; title: string } {
  const manifest = JSON.parse(original.manifest.toString()) as Manifest;
  const quorum = need === undefined ? manifest.quorum : { need: String(need), of: of ?? 'people', people: original.people };
  const shown = files.map(({ path, mediaType, bytes, mode = '100644' }, nth) => ({ ...manifest.artifacts[0]!, base: null, id: ids.files[nth]!, mode, path, media_type: mediaType, size: String(bytes.length), sha256: createHash('sha256').update(bytes).digest('hex'), deleted: false }));
  const all = [...manifest.artifacts, ...shown];
  const artifacts = effect && effect.kind !== 'file.publish' ? all.filter(({ path }) => sentPaths(effect).includes(path)) : all;
  const effects = effect ? [sending(effect, artifacts)] : manifest.effects.map((pushed) => ({ ...pushed, plain: plain ?? pushed.plain }));
  const own = { ...manifest, artifacts, approval_id: ids.approval, goal_id: ids.goal, deliverable_id: ids.deliverable, title: title ?? manifest.title, tier: tier === undefined ? manifest.tier : String(tier), effects, ...(quorum === undefined ? {} : { quorum }) };
  const bytes = Buffer.from(JSON.stringify(own)); // the members stand in the order of the original, and so in that of their names
  return { manifest: `\\x${bytes.toString('hex')}`, digest: `\\x${createHash('sha256').update(bytes).digest('hex')}`, title: own.title };
}

/** As the gateway writes it into a manifest. */
const sending = (effect: OutgoingEffect | FilePublishEffect, files: Manifest['artifacts']): ManifestEffect => ({
  index: '0', kind: effect.kind, params: Object.fromEntries(Object.entries(effect).sort()), plain: plainWords(effect, files.map((file) => ({ ...file, size: Number(file.size) }))), reversible: false, target: targetOf(effect),
});

async function idOf(client: pg.Client, text: string, ...values: string[]): Promise<string> {
  const { rows } = await client.query<{ id: string }>(text, values);
  if (!rows[0]) throw new Error(`nothing to copy: ${text}`);
  return rows[0].id;
}
