import { answerClarification, AnswerClarificationBody, ClarificationPath, ClarificationsQuery, routes, TeamPath, type Created } from '@countersign/contracts';
import { Body, Controller, Param, Query } from '@nestjs/common';
import { shownTo } from '../../domain/content.js';
import { Clarifications } from '../postgres/clarifications.js';
import { TeamAccess } from '../postgres/team-access.js';
import { Commands, requester } from './commands.js';
import { By, NewId, Operation, type Session } from './operation.js';

/** What members ask, for people to answer; whether an answer still goes to who asked is the manager's rule. */
@Controller()
export class ClarificationsController {
  constructor(
    private readonly clarifications: Clarifications,
    private readonly access: TeamAccess,
    private readonly commands: Commands,
  ) {}

  @Operation(routes.listClarifications)
  async list(@By() by: Session, @Param() path: TeamPath, @Query() { cursor, limit, open }: ClarificationsQuery) {
    const { teamId, customerId } = await this.access.team(by, path.teamId);
    const page = await this.clarifications.page(teamId, customerId, { open: open === 'true', ...(cursor ? { cursor } : {}), ...(limit ? { limit } : {}) });
    return shownTo(by, page, ({ items, nextCursor }) => ({ nextCursor, items: items.map((item) => ({ ...item, question: '', choices: [], answer: '', answeredBy: '' })) }));
  }

  @Operation(routes.answerClarification)
  async answer(@By() by: Session, @Param() path: ClarificationPath, @Body() { text }: AnswerClarificationBody, @NewId() id: string): Promise<Created> {
    const { teamId } = await this.access.team(by, path.teamId);
    await this.commands.carry(answerClarification, { teamId, questionId: path.questionId, messageId: id, by: requester(by), text });
    return { id };
  }
}
