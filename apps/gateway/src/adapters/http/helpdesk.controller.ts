import { askHelpdesk, AskHelpdeskBody, routes, TeamPath, type HelpdeskReply } from '@countersign/contracts';
import { Body, Controller, Param } from '@nestjs/common';
import { mayReadContent } from '../../domain/access.js';
import { HttpRefusal } from '../../domain/problem.js';
import { Conversation } from '../postgres/conversation.js';
import { TeamAccess } from '../postgres/team-access.js';
import { Commands, requester } from './commands.js';
import { By, NewId, Operation, type Session } from './operation.js';

/** The customer's conversation with the helpdesk; it exists only while the team is suspended. */
@Controller()
export class HelpdeskController {
  constructor(
    private readonly conversation: Conversation,
    private readonly access: TeamAccess,
    private readonly commands: Commands,
  ) {}

  @Operation(routes.readHelpdesk)
  async messages(@By() by: Session, @Param() path: TeamPath) {
    const { teamId, customerId } = await this.access.team(by, path.teamId);
    if (!mayReadContent(by, customerId)) throw new HttpRefusal('content_not_yours', "the conversation belongs to the team's customer");
    return { items: await this.conversation.messages(teamId), nextCursor: null };
  }

  @Operation(routes.askHelpdesk)
  async ask(@By() by: Session, @Param() path: TeamPath, @Body() body: AskHelpdeskBody, @NewId() messageId: string): Promise<HelpdeskReply> {
    const { teamId } = await this.access.team(by, path.teamId);
    const reply = await this.commands.carry(askHelpdesk, { teamId, by: requester(by), messageId, text: body.text });
    return { answer: reply.answer ?? '', seq: reply.seq ?? 0 };
  }
}
