import { adoptMirror, AdoptMirrorBody, answerTask, AnswerTaskBody, cancelGoal, CancelGoalBody, DelegateBody, delegateGoal, GoalId, GoalPath, IdPageQuery, mayPush, outletsOf, pauseGoal, PauseGoalBody, RefusedError, resumeGoal, routes, submitGoal, SubmitGoalBody, TaskId, TaskPath, TeamPath, type Accepted, type AdoptedMirror, type Created, type DelegatedView, type GoalDetail } from '@countersign/contracts';
import { Body, Controller, Param, Query } from '@nestjs/common';
import { GatewayConfig } from '../../config.js';
import { nameEffect } from '../../domain/named-effect.js';
import { goalDetailWithoutContent, goalWithoutContent, shownTo } from '../../domain/content.js';
import { Goals } from '../postgres/goals.js';
import { TeamAccess } from '../postgres/team-access.js';
import { Commands, requester } from './commands.js';
import { By, NewId, Operation, type Session } from './operation.js';

@Controller()
export class GoalsController {
  constructor(
    private readonly goals: Goals,
    private readonly access: TeamAccess,
    private readonly commands: Commands,
    private readonly config: GatewayConfig,
  ) {}

  @Operation(routes.submitGoal)
  async submit(@By() by: Session, @Param() path: TeamPath, @Body() body: SubmitGoalBody, @NewId() id: string): Promise<Created> {
    const { teamId, customerId } = await this.access.team(by, path.teamId);
    const { text, repository, repair, mode } = body;
    const effect = body.effect && nameEffect(body.effect, outletsOf(this.config.egress, customerId));
    if (effect && 'code' in effect) throw new RefusedError(effect.code, effect.message);
    // before the work, and not only once it is paid for and a person is to be asked
    if ((effect?.kind ?? (await this.goals.usualEffect(teamId))) === 'git.push') this.judgeRemote(repository.remote, customerId);
    await this.commands.carry(submitGoal, { teamId, goalId: GoalId.parse(id), by: requester(by), text, repository, ...(repair ? { repair } : {}), ...(mode ? { mode } : {}), ...(effect ? { effect } : {}) });
    return { id };
  }

  @Operation(routes.listGoals)
  async list(@By() by: Session, @Param() path: TeamPath, @Query() page: IdPageQuery) {
    const { teamId } = await this.access.team(by, path.teamId);
    return shownTo(by, await this.goals.list(teamId, page), (goals) => ({ ...goals, items: goals.items.map(goalWithoutContent) }));
  }

  @Operation(routes.readGoal)
  async read(@By() by: Session, @Param() path: GoalPath): Promise<GoalDetail> {
    const { teamId } = await this.access.team(by, path.teamId);
    return shownTo(by, await this.goals.detail(teamId, GoalId.parse(path.goalId)), goalDetailWithoutContent);
  }

  @Operation(routes.cancelGoal)
  async cancel(@By() by: Session, @Param() path: GoalPath, @Body() body: CancelGoalBody): Promise<Accepted> {
    const { teamId } = await this.access.team(by, path.teamId);
    const goalId = GoalId.parse(path.goalId);
    await this.commands.carry(cancelGoal, { teamId, goalId, by: requester(by), reason: body.reason ?? '' });
    return { state: (await this.goals.detail(teamId, goalId)).state };
  }

  @Operation(routes.answerTask)
  async answer(@By() by: Session, @Param() path: TaskPath, @Body() { answer, note = '' }: AnswerTaskBody): Promise<Accepted> {
    const { teamId } = await this.access.team(by, path.teamId);
    const goalId = GoalId.parse(path.goalId);
    await this.commands.carry(answerTask, { teamId, goalId, taskId: TaskId.parse(path.taskId), by: requester(by), answer, note });
    return { state: (await this.goals.detail(teamId, goalId)).state };
  }

  @Operation(routes.pauseGoal)
  async pause(@By() by: Session, @Param() path: GoalPath, @Body() body: PauseGoalBody): Promise<Accepted> {
    const { teamId } = await this.access.team(by, path.teamId);
    await this.commands.carry(pauseGoal, { teamId, goalId: GoalId.parse(path.goalId), by: requester(by), reason: body.reason });
    return { state: 'paused' };
  }

  @Operation(routes.resumeGoal)
  async resume(@By() by: Session, @Param() path: GoalPath): Promise<Accepted> {
    const { teamId } = await this.access.team(by, path.teamId);
    const goalId = GoalId.parse(path.goalId);
    await this.commands.carry(resumeGoal, { teamId, goalId, by: requester(by) });
    return { state: (await this.goals.detail(teamId, goalId)).state };
  }

  @Operation(routes.delegateGoal)
  async delegate(@By() by: Session, @Param() path: GoalPath, @Body() { workers }: DelegateBody): Promise<DelegatedView> {
    const { teamId } = await this.access.team(by, path.teamId);
    const goalId = GoalId.parse(path.goalId);
    const { switchedFrom } = await this.commands.carry(delegateGoal, { teamId, goalId, by: requester(by), workers });
    const { state, mode } = await this.goals.detail(teamId, goalId);
    return { state, mode: mode!, ...(switchedFrom === undefined ? {} : { switchedFrom }) };
  }

  @Operation(routes.adoptMirror)
  async adopt(@By() by: Session, @Body() { mirror, remote }: AdoptMirrorBody): Promise<AdoptedMirror> {
    this.judgeRemote(remote, by.customerId);
    const reply = await this.commands.carry(adoptMirror, { by: requester(by), mirror, remote });
    return { mirror, heads: reply.heads ?? {} };
  }

  /** Throws where the operator lets nothing of the customer's be pushed to a remote. */
  private judgeRemote(remote: string, customerId: string): void {
    if (!mayPush(remote, outletsOf(this.config.egress, customerId), this.config.pushAnywhere)) throw new RefusedError('remote_not_allowed', 'The operator does not let your work be pushed there. Ask them to list it, or name another remote.');
  }
}
