import { archiveMessages, ArchiveBody, cancelInstance, InterruptBody, MemberId, MemberPath, MessagesQuery, routes, SendMessageBody, sendToMember, stopMember, TaskId, TeamPath, type Archived, type Created, type Interrupted, type SendToMember, type TeamId } from '@countersign/contracts';
import { Body, Controller, Param, Query } from '@nestjs/common';
import { shownTo } from '../../domain/content.js';
import { MemberMessages } from '../postgres/member-messages.js';
import { TeamAccess } from '../postgres/team-access.js';
import { Commands, requester } from './commands.js';
import { By, NewId, Operation, type Session } from './operation.js';

/** What people write to members of their team, and how far it has come. Members write to no person. */
@Controller()
export class MailController {
  constructor(
    private readonly messages: MemberMessages,
    private readonly access: TeamAccess,
    private readonly commands: Commands,
  ) {}

  @Operation(routes.listMessages)
  async list(@By() by: Session, @Param() path: TeamPath, @Query() { member, archived, cursor, limit }: MessagesQuery) {
    const { teamId, customerId } = await this.access.team(by, path.teamId);
    const page = await this.messages.page(teamId, customerId, { archived: archived === 'true', ...(member ? { member } : {}), ...(cursor ? { cursor } : {}), ...(limit ? { limit } : {}) });
    return shownTo(by, page, (all) => ({ ...all, items: all.items.map((message) => ({ ...message, from: '', text: '', summary: '' })) }));
  }

  @Operation(routes.sendMessage)
  async send(@By() by: Session, @Param() path: TeamPath, @Body() { to, text, summary = '', taskId }: SendMessageBody, @NewId() id: string): Promise<Created> {
    const { teamId } = await this.access.team(by, path.teamId);
    return this.write(by, { teamId, messageId: id, kind: 'message', text, summary, ...(to ? { to: MemberId.parse(to) } : {}), ...(taskId ? { taskId: TaskId.parse(taskId) } : {}) });
  }

  @Operation(routes.interruptMember)
  async interrupt(@By() by: Session, @Param() path: MemberPath, @Body() { text, stop = false }: InterruptBody, @NewId() id: string): Promise<Interrupted> {
    const { teamId } = await this.access.team(by, path.teamId);
    const memberId = MemberId.parse(path.memberId);
    await this.messages.known(teamId, memberId);
    const stopped = stop ? await this.stop(by, teamId, memberId, text.slice(0, 500)) : 0;
    await this.write(by, { teamId, messageId: id, kind: 'interrupt', text, summary: '', to: memberId, ...(stop ? { stopped: true } : {}) });
    return { id, stopped };
  }

  /** Before any word is written: what has no agent yet first, so that nothing of it begins while the agents are ended. */
  private async stop(by: Session, teamId: TeamId, memberId: MemberId, reason: string): Promise<number> {
    const { stopped = 0 } = await this.commands.carry(stopMember, { teamId, memberId, by: requester(by), reason });
    const open = await this.messages.openOf(teamId, memberId);
    await Promise.all(open.map((instanceId) => this.commands.carry(cancelInstance, { teamId, instanceId, by: requester(by), reason })));
    return stopped + open.length;
  }

  @Operation(routes.archiveMessages)
  async archive(@By() by: Session, @Param() path: TeamPath, @Body() { upTo }: ArchiveBody): Promise<Archived> {
    const { teamId } = await this.access.team(by, path.teamId);
    const { count = 0 } = await this.commands.carry(archiveMessages, { teamId, by: requester(by), upTo });
    return { count };
  }

  private async write(by: Session, message: Omit<SendToMember, 'by'>): Promise<Created> {
    await this.commands.carry(sendToMember, { ...message, by: requester(by) });
    return { id: message.messageId };
  }
}
