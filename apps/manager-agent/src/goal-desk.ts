import type { AddCard, AnswerTask, CommandReply, DelegateGoal, GoalDelegated, GoalId, MoveCard, SetReviewers, SubmitGoal, TeamId } from '@countersign/contracts';
import { Database, GuardError, type Tx } from '@countersign/database';
import { AUDIT, LOGGER, Sweep, type Audit, type Logger } from '@countersign/service';
import { Inject, Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { takeAnswer } from './adapters/postgres/answer.js';
import { byPerson } from './adapters/postgres/by-person.js';
import { takeDelegation } from './adapters/postgres/delegate.js';
import { readGoal } from './adapters/postgres/goal-rows.js';
import { GoalWriter } from './adapters/postgres/goal-writer.js';
import { takeCard, takeMove, takeReviewers, type Taken } from './adapters/postgres/move-card.js';
import { storeNewGoal } from './adapters/postgres/new-goal.js';
import { readOpenQuestions, writeAnswers } from './adapters/postgres/questions.js';
import { writeRecommendations } from './adapters/postgres/recommendations.js';
import type { Action } from './domain/actions.js';
import { advance } from './domain/advance.js';
import { LookedAt } from './looked-at.js';

const SWEEP_MS = 2_000;

interface OpenGoal {
  readonly team_id: TeamId;
  readonly id: GoalId;
  readonly epoch: number;
  readonly mark: string;
}

const done: CommandReply = { ok: true, code: 'ok', message: '' };
const refused = (code: string, message: string): CommandReply => ({ ok: false, code, message });

/** A draft that was not good, or a round without one. */
const isTrouble = (action: Action): boolean => (action.do === 'decide' ? action.decision !== 'approved' : action.do === 'reassign' || action.do === 'block-task' || (action.do === 'assign' && action.why === 'failure'));

/** Where every message, command and sweep about a goal ends up: look at the rows, do the next steps, commit. */
@Injectable()
export class GoalDesk implements OnModuleInit, OnModuleDestroy {
  private readonly sweep: Sweep;
  private readonly lookedAt = new LookedAt();
  /** Teams whose members' work is to be judged: something of it was sent back, flagged or not done. */
  private readonly toJudge = new Set<TeamId>();
  /** Teams that were met since the start; each is judged then, as nobody remembers whose work was in trouble before. */
  private readonly met = new Set<TeamId>();

  constructor(
    private readonly database: Database,
    @Inject(AUDIT) private readonly audit: Audit,
    @Inject(LOGGER) private readonly log: Logger,
  ) {
    this.sweep = new Sweep('goals', SWEEP_MS, () => this.lookAtChanged(), log);
  }

  onModuleInit(): void {
    this.sweep.start();
  }

  onModuleDestroy(): Promise<void> {
    return this.sweep.stop();
  }

  /** Answers what was asked and does what can be done about a goal now, inside the caller's fenced transaction. Nothing to do is a fine answer. */
  async look(tx: Tx, goalId: GoalId): Promise<void> {
    const [facts, questions] = await Promise.all([readGoal(tx, goalId, { toHandOut: true }), readOpenQuestions(tx, goalId)]);
    if (!facts) return;
    if (!facts.goal.stopped) await writeAnswers(tx, this.audit, facts, questions);
    const actions = advance(facts);
    await new GoalWriter(tx, this.audit, facts).apply(actions);
    if (actions.some(isTrouble)) tx.afterCommit(() => void this.toJudge.add(facts.team.id));
  }

  /** Every open goal of a team, found from rows. */
  async lookAtAll(teamId: TeamId): Promise<void> {
    const open = await this.database.ops<OpenGoal>('open_goals');
    for (const { team_id, id, epoch } of open) if (team_id === teamId) await this.lookAtOne(team_id, id, epoch);
  }

  /** What a lost or outdated message left behind: goals whose rows are not those of the last look, and now and then each of them. */
  async lookAtChanged(): Promise<void> {
    const open = await this.database.ops<OpenGoal>('open_goals');
    this.lookedAt.forgetAllBut(open.map(({ id }) => id));
    for (const { team_id, id, epoch, mark } of open) {
      if (this.lookedAt.knows(id, mark)) continue;
      if (!this.met.has(team_id)) this.toJudge.add(team_id);
      this.met.add(team_id);
      if (await this.lookAtOne(team_id, id, epoch)) this.lookedAt.note(id, mark);
    }
    for (const teamId of [...this.toJudge]) await this.judge(teamId);
  }

  /** What whoever certifies should know of the members. It changes nothing about any goal, so a failure is tried again with the next turn; a stopped manager says nothing before it goes on (P9). */
  private async judge(teamId: TeamId): Promise<void> {
    this.toJudge.delete(teamId);
    try {
      const judged = await this.database.withTeam(teamId, (tx) => writeRecommendations(tx, this.audit));
      if (judged === 'later') this.met.delete(teamId); // as soon as it works again
    } catch (cause) {
      this.toJudge.add(teamId);
      if (cause instanceof GuardError) return this.log.debug({ teamId, code: cause.code }, 'the team was stopped meanwhile');
      this.log.error({ err: cause, teamId }, 'the members’ work could not be judged; it is tried again');
    }
  }

  /** Takes a goal in: stored and planned in one transaction, begun in the next. The same goal id again is answered the same and changes nothing. */
  async submit(request: SubmitGoal): Promise<CommandReply> {
    const stored = await this.database.withTeam(request.teamId, (tx) => storeNewGoal(tx, this.audit, request), byPerson(request.by));
    if ('code' in stored) return refused(stored.code, stored.message);
    await this.lookAtOne(request.teamId, request.goalId, stored.epoch);
    return done;
  }

  /** A person's answer to a blocked task: the goal runs again, in the next transaction by the manager's own rule. */
  async answer(request: AnswerTask): Promise<CommandReply> {
    const taken = await this.database.withTeam(request.teamId, (tx) => takeAnswer(tx, this.audit, request), byPerson(request.by));
    if ('code' in taken) return refused(taken.code, taken.message);
    await this.lookAtOne(request.teamId, request.goalId, taken.epoch);
    return done;
  }

  /** A person moves a card of the board, or adds one: the manager goes on from there in the next transaction. */
  async moveCard(request: MoveCard): Promise<CommandReply> {
    return this.goOn(request.teamId, await this.database.withTeam(request.teamId, (tx) => takeMove(tx, this.audit, request), byPerson(request.by)));
  }

  async addCard(request: AddCard): Promise<CommandReply> {
    return this.goOn(request.teamId, await this.database.withTeam(request.teamId, (tx) => takeCard(tx, this.audit, request), byPerson(request.by)));
  }

  async setReviewers(request: SetReviewers): Promise<CommandReply> {
    const set = await this.database.withTeam(request.teamId, (tx) => takeReviewers(tx, this.audit, request), byPerson(request.by));
    if (!set.ok) return refused(set.code, set.message);
    // done work that waits for nobody is asked about now
    await this.lookAtAll(request.teamId);
    return done;
  }

  private async goOn(teamId: TeamId, taken: Taken): Promise<CommandReply> {
    if ('code' in taken) return refused(taken.code, taken.message);
    if (taken.changed) await this.lookAtOne(teamId, taken.goalId, taken.epoch);
    return { ...done, code: taken.changed ? 'ok' : 'unchanged' };
  }

  /** A person has a goal delegated: at once by the manager's own rule, to at most so many at a time. */
  async delegate(request: DelegateGoal): Promise<GoalDelegated> {
    const taken = await this.database.withTeam(request.teamId, (tx) => takeDelegation(tx, this.audit, request), byPerson(request.by));
    if ('code' in taken) return refused(taken.code, taken.message);
    await this.lookAtOne(request.teamId, request.goalId, taken.epoch);
    return { ...done, code: taken.changed ? 'ok' : 'unchanged', ...(taken.switchedFrom === undefined ? {} : { switchedFrom: taken.switchedFrom }) };
  }

  /** False when the look came to nothing: it is to be repeated. */
  private async lookAtOne(teamId: TeamId, goalId: GoalId, epoch: number): Promise<boolean> {
    try {
      await this.database.withTeam(teamId, (tx) => this.look(tx, goalId), { fence: epoch });
      return true;
    } catch (cause) {
      if (cause instanceof GuardError) this.log.debug({ teamId, goalId, code: cause.code }, 'the team moved on; the next look sees it');
      else this.log.error({ err: cause, teamId, goalId }, 'a goal could not be moved on; it is looked at again');
      return false;
    }
  }
}
