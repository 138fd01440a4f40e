import type { DraftId, TeamId } from '@countersign/contracts';
import { Database, GuardError } from '@countersign/database';
import type { FleetParts } from './fleet-parts.js';
import { refused } from './adapters/checks/answers.js';
import { FLEET_AUTHOR, type CommitOutcome } from './adapters/git/commit-queue.js';
import { goalHead, goalRef } from './adapters/git/mirrors.js';
import type { CheckResult } from './adapters/postgres/draft-store.js';
import type { DraftFiles } from './adapters/postgres/rows.js';
import { whyGivenUp, worthAnotherTry } from './domain/another-try.js';
import { Queues } from './queues.js';
import { Turns } from './turns.js';

const SWEEP_MS = 1_500;
/** Drafts that are checked at the same time; the others wait their turn. */
const CHECKED_AT_ONCE = 2;

interface WaitingDraft {
  readonly team_id: TeamId;
  readonly id: DraftId;
  readonly epoch: number;
}

/** Runs the checks of drafts under review and commits approved ones: by message, and by looking at the rows when one was lost. */
export class DraftDesk {
  private readonly busy = new Map<string, Promise<void>>();
  private readonly turns = new Turns(CHECKED_AT_ONCE);
  private readonly commits = new Queues();
  /** How often a draft's work has failed, until it has an answer. */
  private readonly failures = new Map<string, number>();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly parts: FleetParts,
    private readonly database: Database,
  ) {}

  start(): void {
    this.timer = setInterval(() => {
      this.sweep().catch((error: unknown) => this.parts.log.warn({ err: error }, 'could not look for drafts; trying again'));
    }, SWEEP_MS);
  }

  async close(): Promise<void> {
    clearInterval(this.timer);
    await Promise.allSettled(this.busy.values());
  }

  /** Starts the checks unless they are running; resolves at once, the answer travels as rows and a message. */
  check(teamId: TeamId, draftId: DraftId, epoch: number): void {
    this.once(`check:${draftId}`, () => this.turns.take(() => this.runChecks(teamId, draftId, epoch)));
  }

  commit(teamId: TeamId, draftId: DraftId, epoch: number): void {
    this.once(`commit:${draftId}`, () => this.commitInTurn(teamId, draftId, epoch));
  }

  private async sweep(): Promise<void> {
    for (const { team_id, id, epoch } of await this.database.ops<WaitingDraft>('unchecked_drafts')) this.check(team_id, id, epoch);
    for (const { team_id, id, epoch } of await this.database.ops<WaitingDraft>('uncommitted_drafts')) this.commit(team_id, id, epoch);
  }

  private once(key: string, work: () => Promise<void>): void {
    if (this.busy.has(key)) return;
    const running = work()
      .catch((error: unknown) => {
        if (!(error instanceof GuardError)) this.parts.log.error({ err: error, key }, 'a draft could not be handled; it is looked at again');
      })
      .finally(() => this.busy.delete(key));
    this.busy.set(key, running);
  }

  private async runChecks(teamId: TeamId, draftId: DraftId, epoch: number): Promise<void> {
    const draft = await this.parts.drafts.open(teamId, draftId);
    if (!draft) return;
    const results = await this.answered(`check:${draftId}`, () => this.results(draft), (why) => draft.criteria.map(({ id }) => ({ criterion: id, ...refused(`the draft could not be checked: ${why}`) })));
    await this.parts.drafts.checked(draft, epoch, this.parts.sandbox.level, results);
  }

  private async results(draft: DraftFiles): Promise<CheckResult[]> {
    const { base } = draft.repository;
    const repository = await this.parts.mirrors.adopted(draft.repository);
    const commit = (await goalHead(repository, draft.goalId, base)) ?? base;
    return this.parts.checker.check({ repository, commit, dependencies: await this.parts.mirrors.dependencies(draft.repository) }, draft);
  }

  private async commitInTurn(teamId: TeamId, draftId: DraftId, epoch: number): Promise<void> {
    const draft = await this.parts.drafts.open(teamId, draftId, true);
    if (!draft) return;
    // The row stands before the next commit of the goal is made: the newest row's tree is the branch's, which is what will be proposed.
    await this.commits.inTurn(draft.goalId, async () => {
      const outcome = await this.answered<CommitOutcome>(`commit:${draftId}`, () => this.committed(draft), () => ({ conflict: true, paths: draft.files.map(({ path }) => path) }));
      await this.parts.drafts.committed(draft, epoch, outcome);
    });
  }

  private async committed(draft: DraftFiles): Promise<CommitOutcome> {
    const repository = await this.parts.mirrors.adopted(draft.repository);
    return this.parts.commits.commit({
      repository, ref: goalRef(draft.goalId), base: draft.repository.base, files: draft.files,
      text: { author: FLEET_AUTHOR, date: new Date(Math.floor(draft.createdAt.getTime() / 1000) * 1000).toISOString(), message: `${draft.title}\n` },
    });
  }

  /** What the work says; `instead` where it failed and another try cannot end otherwise. Throws what is tried again with the next look. */
  private async answered<T>(key: string, work: () => Promise<T>, instead: (why: string) => T): Promise<T> {
    try {
      const answer = await work();
      this.failures.delete(key);
      return answer;
    } catch (error) {
      const tries = (this.failures.get(key) ?? 0) + 1;
      this.failures.set(key, tries);
      if (worthAnotherTry(error, tries)) throw error;
      this.failures.delete(key);
      this.parts.log.error({ err: error, key }, 'a draft could not be handled: that is its answer');
      return instead(whyGivenUp(error));
    }
  }
}
