import { askHelpdesk, AskHelpdeskBody, changeTeam, leaveNote, routes, TeamPath, TeamVerbBody, type Created, type HandoffPacket, type HelpdeskReply, type Role, type TeamStanding } from '@countersign/contracts';
import { Database } from '@countersign/database';
import { Body, Controller, Param } from '@nestjs/common';
import { mayReadContent } from '../../domain/access.js';
import { HttpRefusal } from '../../domain/problem.js';
import { Conversation, readHandoff, readNotes } from '../postgres/conversation.js';
import { Teams } from '../postgres/teams.js';
import { TeamAccess } from '../postgres/team-access.js';
import { Commands, requester } from './commands.js';
import { By, NewId, Operation, type Session } from './operation.js';

/** Who decides what becomes of a suspended team, or flagged it. */
const DECIDERS: readonly Role[] = ['platform_governor', 'genesis', 'vision_guardian'];

/** The customer's conversation with the helpdesk; it exists only while the team is suspended. */
@Controller()
export class HelpdeskController {
  constructor(
    private readonly conversation: Conversation,
    private readonly access: TeamAccess,
    private readonly commands: Commands,
    private readonly database: Database,
    private readonly teams: Teams,
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

  @Operation(routes.openHelpdesk)
  async open(@By() by: Session, @Param() path: TeamPath, @Body() body: TeamVerbBody): Promise<TeamStanding> {
    const { teamId } = await this.access.team(by, path.teamId);
    await this.commands.carry(changeTeam, { teamId, by: requester(by), change: 'open_helpdesk', reason: body.reason ?? '' });
    return { state: (await this.teams.detail(teamId)).state };
  }

  @Operation(routes.leaveNote)
  async leave(@By() by: Session, @Param() path: TeamPath, @Body() { text }: AskHelpdeskBody, @NewId() id: string): Promise<Created> {
    const { teamId } = await this.access.team(by, path.teamId);
    await this.commands.carry(leaveNote, { teamId, by: requester(by), messageId: id, text });
    return { id };
  }

  /** For the customer, and for the person of the platform whom it was left for. */
  @Operation(routes.listNotes)
  async notes(@By() by: Session, @Param() path: TeamPath) {
    const { teamId, customerId } = await this.access.team(by, path.teamId);
    if (!mayReadContent(by, customerId) && !by.roles.includes('platform_governor')) throw new HttpRefusal('content_not_yours', 'it was left for a governor of the platform');
    return { items: await readNotes(this.database, teamId), nextCursor: null };
  }

  @Operation(routes.readHandoff)
  async handoff(@By() by: Session, @Param() path: TeamPath): Promise<HandoffPacket> {
    const { teamId } = await this.access.team(by, path.teamId);
    return readHandoff(this.database, teamId, by.roles.some((role) => DECIDERS.includes(role)));
  }
}
