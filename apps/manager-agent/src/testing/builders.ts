import { ArtifactId, COORDINATION, DEFAULT_TEAM_CONDUCT, DeliverableId, DraftId, GoalId, MemberId, NOT_REVIEWED, PersonId, RunId, TaskId, TeamId } from '@countersign/contracts';
import type { ArtifactFacts, DeliverableFacts, DraftFacts, GoalFacts, MemberFacts, RunFacts, TaskFacts } from '../domain/facts.js';

/** Builders for tests: everything has a default, so that a test shows only what matters to it. */
export const aTask = (over: Partial<TaskFacts> = {}): TaskFacts => ({
  id: TaskId.next(),
  key: 'docs',
  title: 'Document the exports',
  skill: 'docs',
  memberId: MemberId.next(),
  memberActive: true,
  criteria: [{ id: 'parses', kind: 'parses' }, { id: 'green', kind: 'suite-green' }],
  dependsOn: [],
  state: 'todo',
  round: 0,
  roundsFrom: 0,
  epoch: 1,
  notes: [],
  takenFrom: [],
  stillMs: 0,
  redoable: true,
  addedBy: null,
  runs: [],
  drafts: [],
  authors: [],
  review: NOT_REVIEWED,
  ...over,
});

export const aRun = (over: Partial<RunFacts> = {}): RunFacts => ({ id: RunId.next(), round: 1, attempt: 1, state: 'queued', epoch: 1, code: null, detail: null, held: over.state === 'running', queuedMs: 0, ...over });

export const aFile = (path: string, over: Partial<ArtifactFacts> = {}): ArtifactFacts => ({
  id: ArtifactId.next(),
  path,
  mode: '100644',
  mediaType: 'text/plain',
  sha256: 'ab'.repeat(32),
  size: 3,
  deleted: false,
  replaces: true,
  ...over,
});

export const aDraft = (over: Partial<DraftFacts> = {}): DraftFacts => ({
  id: DraftId.next(),
  round: 1,
  epoch: 1,
  state: 'submitted',
  summary: 'did it',
  committedAt: null,
  tree: null,
  files: [aFile('src/a.ts')],
  checks: [],
  review: null,
  ...over,
});

export const aCommittedDraft = (over: Partial<DraftFacts> = {}): DraftFacts =>
  aDraft({ state: 'committed', review: { decision: 'approved' }, tree: '1'.repeat(40), committedAt: '2026-01-01T00:00:00.000000Z', ...over });

export const aDeliverable = (over: Partial<DeliverableFacts> = {}): DeliverableFacts => ({ id: DeliverableId.next(), revision: 1, approval: null, effect: null, ...over });

export const aMember = (over: Partial<MemberFacts> = {}): MemberFacts => ({ id: MemberId.next(), skill: 'docs', others: [], active: true, suspended: false, elsewhere: 0, given: 0, ...over });

/** Whoever the tasks name, where no others are given: each can do what it was given. */
const peopleOf = (tasks: readonly TaskFacts[], given?: readonly MemberFacts[]): Pick<GoalFacts, 'tasks' | 'members'> => ({
  tasks,
  members: given ?? [...new Map(tasks.flatMap(({ memberId: id, memberActive: active, skill }) => (id === null ? [] : [[id, aMember({ id, active, skill })] as const]))).values()],
});

export const aGoal = (over: { state?: GoalFacts['goal']['state']; tasks?: readonly TaskFacts[]; deliverables?: readonly DeliverableFacts[]; epoch?: number; teamEpoch?: number; reviewers?: GoalFacts['reviewers']; nudged?: GoalFacts['nudged']; effectKind?: GoalFacts['goal']['effectKind']; outgoing?: GoalFacts['goal']['outgoing']; paused?: boolean; stopped?: boolean; mode?: GoalFacts['goal']['mode']; workers?: number; stillMs?: number; runningSinceMs?: number; members?: readonly MemberFacts[]; coordination?: Partial<GoalFacts['coordination']>; review?: Partial<GoalFacts['conduct']['review']>; rounds?: number; precedents?: readonly string[]; note?: string; fleetAtWork?: boolean } = {}): GoalFacts => ({
  now: '2026-01-02T03:04:05Z',
  team: { id: TeamId.next(), epoch: over.teamEpoch ?? 1 },
  managerId: MemberId.next(),
  goal: {
    id: GoalId.next(),
    text: 'Document the public API\nand more',
    state: over.state ?? 'running',
    paused: over.paused ?? false,
    stopped: over.stopped ?? false,
    mode: over.mode ?? 'orchestrate',
    workers: over.workers ?? null,
    note: over.note ?? '',
    missionRevision: 1,
    runningSinceMs: over.runningSinceMs ?? 0,
    stillMs: over.stillMs ?? 0,
    submittedBy: PersonId.next(),
    repository: { mirror: 'demo', base: 'b'.repeat(40), remote: '/srv/demo.git', branch: 'countersign/demo' },
    epoch: over.epoch ?? 1,
    effectKind: over.outgoing?.kind ?? over.effectKind ?? 'git.push',
    outgoing: over.outgoing ?? null,
    author: null,
  },
  ...peopleOf(over.tasks ?? [aTask()], over.members),
  coordination: { ...COORDINATION, ...over.coordination },
  conduct: { review: { ...DEFAULT_TEAM_CONDUCT.review, ...over.review }, work: { rounds: over.rounds ?? DEFAULT_TEAM_CONDUCT.work.rounds } },
  precedents: over.precedents ?? ['GEN-002@1'],
  fleetAtWork: over.fleetAtWork ?? false,
  shared: [],
  deliverables: over.deliverables ?? [],
  reviewers: over.reviewers ?? [],
  nudged: over.nudged ?? {},
});
