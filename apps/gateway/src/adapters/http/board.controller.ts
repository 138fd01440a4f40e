import { addCard, AddCardBody, AssignCardBody, CardPath, CardSeen, GoalId, MemberId, moveCard, OrderBody, RefusedError, RequestChangesBody, RequestReviewBody, ReviewersBody, routes, setReviewers, TaskId, TeamPath, type Actor, type Board, type CardMoved, type Created, type MoveCard, type TaskHistory } from '@countersign/contracts';
import { Body, Controller, Headers, Param, Res } from '@nestjs/common';
import { isStaff } from '../../domain/access.js';
import { cardWithoutContent } from '../../domain/board.js';
import { shownTo } from '../../domain/content.js';
import { Boards } from '../postgres/board.js';
import { TeamAccess, type VisibleTeam } from '../postgres/team-access.js';
import { Commands, requester } from './commands.js';
import { versionIn } from './if-match.js';
import { By, NewId, Operation, type GatewayReply, type Session } from './operation.js';

/** The team's board: read from rows, moved by the manager, whose rule it is. */
@Controller()
export class BoardController {
  constructor(
    private readonly boards: Boards,
    private readonly access: TeamAccess,
    private readonly commands: Commands,
  ) {}

  @Operation(routes.readBoard)
  async read(@By() by: Session, @Param() path: TeamPath, @Res({ passthrough: true }) reply: GatewayReply): Promise<Board> {
    return this.shown(by, await this.access.team(by, path.teamId), reply);
  }

  @Operation(routes.orderBoard)
  async order(@By() by: Session, @Param() path: TeamPath, @Body() { column, tasks }: OrderBody, @Headers('if-match') ifMatch: string | undefined, @Res({ passthrough: true }) reply: GatewayReply): Promise<Board> {
    const team = await this.access.team(by, path.teamId);
    await this.boards.order(team.teamId, column, tasks, versionIn(ifMatch, 'the board'));
    return this.shown(by, team, reply);
  }

  @Operation(routes.setReviewers)
  async reviewers(@By() by: Session, @Param() path: TeamPath, @Body() { reviewers }: ReviewersBody, @Headers('if-match') ifMatch: string | undefined, @Res({ passthrough: true }) reply: GatewayReply): Promise<Board> {
    const team = await this.access.team(by, path.teamId);
    const { governors } = await this.boards.people(team.customerId);
    // a member's own work is checked by its manager; what a person is asked for, an agent cannot answer yet
    if (reviewers.some((one) => !one.startsWith('person:') || !governors.has(one.slice('person:'.length)))) throw new RefusedError('reviewer_unknown', 'a reviewer is a person who governs for the customer');
    await this.commands.carry(setReviewers, { teamId: team.teamId, by: requester(by), reviewers, version: versionIn(ifMatch, 'the reviewers', 16) });
    return this.shown(by, team, reply);
  }

  @Operation(routes.addCard)
  async add(@By() by: Session, @Param() path: TeamPath, @Body() { goalId, title, detail = '', memberId, dependsOn }: AddCardBody, @NewId() id: string): Promise<Created> {
    const { teamId } = await this.access.team(by, path.teamId);
    await this.commands.carry(addCard, { teamId, goalId: GoalId.parse(goalId), taskId: TaskId.parse(id), by: requester(by), title, detail, ...(memberId === undefined ? {} : { memberId: MemberId.parse(memberId) }), ...(dependsOn === undefined ? {} : { dependsOn: dependsOn.map((other) => TaskId.parse(other)) }) });
    return { id };
  }

  @Operation(routes.assignCard)
  assign(@By() by: Session, @Param() path: CardPath, @Body() { memberId, ...seen }: AssignCardBody): Promise<CardMoved> {
    return this.move(by, path, seen, { move: 'assign', memberId: MemberId.parse(memberId) });
  }

  @Operation(routes.requestReview)
  requestReview(@By() by: Session, @Param() path: CardPath, @Body() { reviewer, ...seen }: RequestReviewBody): Promise<CardMoved> {
    return this.move(by, path, seen, { move: 'request_review', ...(reviewer === undefined ? {} : { reviewer }) });
  }

  @Operation(routes.startReview)
  startReview(@By() by: Session, @Param() path: CardPath, @Body() seen: CardSeen): Promise<CardMoved> {
    return this.move(by, path, seen, { move: 'start_review' });
  }

  @Operation(routes.approveCard)
  approve(@By() by: Session, @Param() path: CardPath, @Body() seen: CardSeen): Promise<CardMoved> {
    return this.move(by, path, seen, { move: 'approve' });
  }

  @Operation(routes.requestCardChanges)
  requestChanges(@By() by: Session, @Param() path: CardPath, @Body() { comment = '', ...seen }: RequestChangesBody): Promise<CardMoved> {
    return this.move(by, path, seen, { move: 'request_changes', comment });
  }

  @Operation(routes.reopenCard)
  reopen(@By() by: Session, @Param() path: CardPath, @Body() seen: CardSeen): Promise<CardMoved> {
    return this.move(by, path, seen, { move: 'reopen' });
  }

  @Operation(routes.removeCard)
  remove(@By() by: Session, @Param() path: CardPath, @Body() seen: CardSeen): Promise<CardMoved> {
    return this.move(by, path, seen, { move: 'remove' });
  }

  @Operation(routes.readHistory)
  async history(@By() by: Session, @Param() path: CardPath): Promise<TaskHistory> {
    const { teamId, customerId } = await this.access.team(by, path.teamId);
    const items = await this.boards.history(teamId, customerId, path.taskId);
    return shownTo(by, { items }, (history) => ({ items: history.items.map((event) => ({ ...event, actor: '', about: '', body: {} })) }));
  }

  private async move(by: Session, path: CardPath, { round, request }: CardSeen, wanted: Pick<MoveCard, 'move' | 'reviewer' | 'comment' | 'memberId'>): Promise<CardMoved> {
    const team = await this.access.team(by, path.teamId);
    const { code } = await this.commands.carry(moveCard, { teamId: team.teamId, taskId: TaskId.parse(path.taskId), by: requester(by), seen: { round, request: request ?? null }, ...wanted });
    const { columns } = await this.readFor(by, team);
    const column = columns.find(({ tasks }) => tasks.some(({ id }) => id === path.taskId));
    const card = column?.tasks.find(({ id }) => id === path.taskId);
    if (wanted.move === 'remove') return { column: 'none', card: null, changed: code !== 'unchanged' };
    if (!column || !card) throw new RefusedError('card_gone', 'the task has left the board');
    return { column: column.id, card, changed: code !== 'unchanged' };
  }

  private async shown(by: Session, team: VisibleTeam, reply: GatewayReply): Promise<Board> {
    const board = await this.readFor(by, team);
    void reply.header('etag', `"${board.version}"`);
    return shownTo(by, board, ({ columns, reviewers, ...versions }) => ({ ...versions, columns: columns.map((column) => ({ ...column, tasks: column.tasks.map(cardWithoutContent) })), reviewers: reviewers.map((one) => ({ ...one, name: '' })) }));
  }

  private readFor(by: Session, { teamId, customerId }: VisibleTeam): Promise<Board> {
    const me: Actor = `person:${by.personId}`;
    return this.boards.read(teamId, customerId, me, !isStaff(by) && by.roles.includes('customer_governor'));
  }
}
