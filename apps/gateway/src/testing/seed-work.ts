import { createHash } from 'node:crypto';
import { ApprovalId, ArtifactId, DeliverableId, DraftId, GoalId, InstanceId, MemberId, RunId, TaskId, TeamId, uuidv7, type DeliverableFile, type GitPushEffect } from '@countersign/contracts';
import type { TestDatabase } from '@countersign/testing';
import { PERSONAS } from '../adapters/postgres/personas.js';
import { until } from './until.js';

export interface SeededWork {
  readonly teamId: TeamId;
  readonly managerId: MemberId;
  readonly memberId: MemberId;
}
export interface SeededProposal extends SeededWork {
  readonly goalId: GoalId;
  readonly taskId: TaskId;
  readonly deliverableId: DeliverableId;
  readonly files: readonly DeliverableFile[];
}

export const customerOf = (login: string): string => PERSONAS.find((persona) => persona.login === login)!.customerId;
export const personOf = (login: string): string => PERSONAS.find((persona) => persona.login === login)!.id;

const BUNDLE = { id: 'code-care', approval: { timeoutMinutes: 120, validMinutes: 15, tier: 1 } };

/** An active team of a persona's customer, put in by the superuser. */
export async function seedTeamOf(database: TestDatabase, login: string, state = 'active', name = 'Code care'): Promise<SeededWork> {
  const work = { teamId: TeamId.next(), managerId: MemberId.next(), memberId: MemberId.next() };
  await database.admin(`insert into app.team (team_id, customer_id, name, bundle_id, bundle_version, bundle, mode, state) values ($1, $2, $3, 'code-care', 1, $4, 'trial', $5)`, [work.teamId, customerOf(login), name, JSON.stringify(BUNDLE), state]);
  await database.admin(`insert into app.member (team_id, id, kind, skill, agent, name) values ($1, $2, 'manager', 'manager', 'manager-agent', 'Mira'), ($1, $3, 'specialist', 'docs', 'doc-bot', 'Dora')`, [work.teamId, work.managerId, work.memberId]);
  await database.admin(`insert into app.mirror (customer_id, name, remote, adopted_by) values ($1, 'demo', '/srv/demo.git', $2) on conflict do nothing`, [customerOf(login), personOf(login)]);
  for (const unit of ['tokens', 'usd_micros']) await database.admin(`insert into app.budget (team_id, account_id, unit, kind, granted, spent) values ($1, $1, $2, 'team', 1000000, 1234)`, [work.teamId, unit]);
  return work;
}

/** A goal whose task has a committed draft, proposed by the manager: what the gateway then asks a person about. */
export async function seedProposal(...seed: Parameters<typeof seedDeliverable>): Promise<SeededProposal> {
  const proposal = await seedDeliverable(...seed);
  await propose(seed[0], proposal);
  return proposal;
}

export const propose = (database: TestDatabase, { goalId }: SeededProposal): Promise<unknown> => database.admin(`update app.goal set state = 'proposed' where id = $1`, [goalId]);

/** The same, before the manager has proposed it. */
export async function seedDeliverable(database: TestDatabase, work: SeededWork, contents: Readonly<Record<string, string>> = { 'src/a.js': '/** Adds. */\nexport const add = (a, b) => a + b;\n' }, goalId = GoalId.next(), revision = 1): Promise<SeededProposal> {
  const { teamId, memberId, managerId } = work;
  const [taskId, runId, draftId, deliverableId] = [TaskId.next(), RunId.next(), DraftId.next(), DeliverableId.next()];
  const asha = personOf('asha');
  const repository = { mirror: 'demo', base: 'a'.repeat(40), remote: '/srv/demo.git', branch: 'countersign/demo' };
  await database.admin(`insert into app.goal (team_id, id, text, state, submitted_by, repository) values ($1, $2, 'Document the package', 'running', $3, $4) on conflict do nothing`, [teamId, goalId, asha, JSON.stringify(repository)]);
  await database.admin(`insert into app.task (team_id, id, goal_id, ordinal, key, title, skill, member_id, criteria, state, round) values ($1, $2, $3, $4, $5, 'Document what is exported', 'docs', $6, $7, 'done', 1)`, [teamId, taskId, goalId, revision, `docs-${revision}`, memberId, JSON.stringify([{ id: 'parses', kind: 'parses' }])]);
  await database.admin(`insert into app.worker_run (team_id, id, task_id, member_id, round, state, epoch, progress) values ($1, $2, $3, $4, 1, 'submitted', 1, 'wrote comments')`, [teamId, runId, taskId, memberId]);
  await database.admin(`insert into app.draft (team_id, id, task_id, run_id, round, summary, base_commit, state) values ($1, $2, $3, $4, 1, 'Comments', $5, 'submitted')`, [teamId, draftId, taskId, runId, 'a'.repeat(40)]);
  await database.admin(`insert into app.check_run (team_id, id, draft_id, criterion, passed, output_tail, duration_ms, sandbox_level) values ($1, $2, $3, 'parses', true, 'ok 1', 12, 3)`, [teamId, RunId.next(), draftId]);
  const files: DeliverableFile[] = [];
  for (const [path, content] of Object.entries(contents)) files.push(await seedArtifact(database, teamId, draftId, path, content));
  const effect: GitPushEffect = {
    kind: 'git.push', mirror: 'demo', remote: repository.remote, branch: repository.branch, base: repository.base, tree: 'b'.repeat(40), expectedHead: null,
    commit: { author: { name: 'Code care', email: 'code-care@countersign.invalid' }, date: '2026-01-02T03:04:05Z', message: 'Document the package' },
  };
  const checks = [{ taskId, taskKey: 'docs', draftId, criterion: 'parses', kind: 'parses', passed: true }];
  await database.admin(`insert into app.deliverable (team_id, id, goal_id, revision, summary, effect, files, checks, proposed_by) values ($1, $2, $3, $4, 'I documented one function. Please approve quickly!', $5, $6, $7, $8)`, [teamId, deliverableId, goalId, revision, JSON.stringify(effect), JSON.stringify(files), JSON.stringify(checks), managerId]);
  return { ...work, goalId, taskId, deliverableId, files };
}

async function seedArtifact(database: TestDatabase, teamId: TeamId, draftId: DraftId, path: string, content: string): Promise<DeliverableFile> {
  const artifactId = ArtifactId.next();
  const bytes = Buffer.from(content);
  const sha256 = createHash('sha256').update(bytes).digest();
  await database.admin(`insert into app.artifact (team_id, id, draft_id, path, version, media_type, size, sha256, content, base_content) values ($1, $2, $3, $4, 1, 'text/javascript', $5, $6, $7, $8)`, [teamId, artifactId, draftId, path, bytes.length, sha256, bytes, Buffer.from('before\n')]);
  return { artifactId, path, mode: '100644', mediaType: 'text/javascript', sha256: sha256.toString('hex'), size: bytes.length, deleted: false };
}

export interface SeededAgent {
  readonly instanceId: InstanceId;
  readonly spawnQuestion: string;
  readonly toolQuestion: string;
}
/** An agent of the goal, which waits for a person with a spawn and with a tool call. */
export async function seedAgent(database: TestDatabase, { teamId }: Pick<SeededWork, 'teamId'>, goalId: GoalId): Promise<SeededAgent> {
  const agent = { instanceId: InstanceId.next(), spawnQuestion: uuidv7(), toolQuestion: uuidv7() };
  await database.admin(`insert into app.instance (team_id, id, goal_id, role, template_id, state, capabilities, slice, skill_hash, policy_version, sandbox_level, epoch) values ($1, $2, $3, 'worker', 'doc-bot', 'running', '{}', '{"tokens": 500}', 'sha256:0', 1, 3, 1)`, [teamId, agent.instanceId, goalId]);
  await database.admin(`insert into app.spawn_decision (team_id, id, role, template_id, allowed, code, violations, policy_version, policy_hash, inputs_hash, inputs) values ($1, $2, 'worker', 'doc-bot', true, 'ok', '[]', 1, $3, $3, '{}')`, [teamId, agent.instanceId, '0'.repeat(64)]);
  for (const [kind, id] of [['spawn', agent.spawnQuestion], ['tool', agent.toolQuestion]] as const) {
    await database.admin(`insert into app.gate_approval (team_id, id, kind, goal_id, instance_id, requested_by, request, digest, code, reason, epoch, due_at) values ($1, $2::uuid, $3, $4, $5, 'instance:' || $5::uuid, '{"tool": "git.push", "args": {"branch": "main"}}', sha256(($2::uuid)::text::bytea), 'c', 'r', 1, now() + interval '1 hour')`, [teamId, id, kind, goalId, agent.instanceId]);
  }
  return agent;
}

/** Waits until the gateway has put the proposal to a person. */
export async function approvalOf(database: TestDatabase, { teamId, deliverableId }: SeededProposal): Promise<ApprovalId> {
  const row = await until(async () => (await database.admin<{ id: string }>('select id from app.approval where team_id = $1 and deliverable_id = $2', [teamId, deliverableId]))[0], 'the approval');
  return ApprovalId.parse(row.id);
}
