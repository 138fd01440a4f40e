import { archiveMessages, ArchiveBody, AttachmentPath, cancelInstance, eraseMessage, firstOf, imageSize, InterruptBody, MemberId, MemberPath, MessagePath, MessagesQuery, RefusedError, refusesFiles, routes, SendMessageBody, sendToMember, ShutdownBody, stopMember, TaskId, TeamPath, type Archived, type AttachmentBody, type AttachmentRef, type AttachmentStored, type Created, type Interrupted, type MemberEnded, type SendToMember, type TeamId } from '@countersign/contracts';
import { Body, Controller, Param, Query, Req, Res } from '@nestjs/common';
import { createHash } from 'node:crypto';
import { mayReadContent } from '../../domain/access.js';
import { shownTo } from '../../domain/content.js';
import { HttpRefusal } from '../../domain/problem.js';
import { refusesEnd } from '../../domain/shutdown.js';
import { Attachments } from '../postgres/attachments.js';
import { MemberMessages } from '../postgres/member-messages.js';
import { Members } from '../postgres/members.js';
import { TeamAccess } from '../postgres/team-access.js';
import { sendBytes } from './artifacts.controller.js';
import { Commands, requester } from './commands.js';
import { By, NewId, Operation, type GatewayReply, type GatewayRequest, type Session } from './operation.js';

/** What people write to members of their team, and how far it has come. Members write to no person. */
@Controller()
export class MailController {
  constructor(
    private readonly messages: MemberMessages,
    private readonly access: TeamAccess,
    private readonly commands: Commands,
    private readonly files: Attachments,
    private readonly members: Members,
  ) {}

  @Operation(routes.listMessages)
  async list(@By() by: Session, @Param() path: TeamPath, @Query() { member, archived, cursor, limit }: MessagesQuery) {
    const { teamId, customerId } = await this.access.team(by, path.teamId);
    const page = await this.messages.page(teamId, customerId, { archived: archived === 'true', ...(member ? { member } : {}), ...(cursor ? { cursor } : {}), ...(limit ? { limit } : {}) });
    return shownTo(by, page, (all) => ({ ...all, items: all.items.map((message) => ({ ...message, from: '', text: '', summary: '', attachments: [] })) }));
  }

  @Operation(routes.sendMessage)
  async send(@By() by: Session, @Param() path: TeamPath, @Body() { to, text, summary = '', taskId, attachments = [] }: SendMessageBody, @NewId() id: string): Promise<Created> {
    const { teamId } = await this.access.team(by, path.teamId);
    const files = attachments.length === 0 ? [] : await this.filesOf(by, teamId, attachments);
    return this.write(by, { teamId, messageId: id, kind: 'message', text, summary, ...(to ? { to: MemberId.parse(to) } : {}), ...(taskId ? { taskId: TaskId.parse(taskId) } : {}), ...(files.length > 0 ? { attachments: files } : {}) });
  }

  /** What comes with its bytes is judged before any of it is kept. */
  private async filesOf(by: Session, teamId: TeamId, bodies: readonly AttachmentBody[]): Promise<AttachmentRef[]> {
    const stored = await this.files.sizes(teamId, bodies.flatMap(({ sha256 }) => sha256 ?? []));
    const files = bodies.map(({ name, sha256, contentBase64 }) => {
      if ((sha256 === undefined) === (contentBase64 === undefined)) throw new HttpRefusal('attachment_unclear', 'a file comes with its bytes, or under the hash it was handed in with');
      const content = contentBase64 === undefined ? undefined : Buffer.from(contentBase64, 'base64');
      const size = content ? { bytes: content.length, image: imageSize(content) } : stored.get(sha256!);
      if (!size) throw new HttpRefusal('attachment_unknown', 'hand in a file before it goes with a message');
      return { name, size, content, sha256: sha256 ?? createHash('sha256').update(content!).digest('hex') };
    });
    const unfit = refusesFiles(files.map(({ size }) => size));
    if (unfit) throw new HttpRefusal(unfit.code, unfit.message);
    for (const { content } of files) if (content) await this.files.put(teamId, by.personId, content);
    return files.map(({ name, sha256 }) => ({ name, sha256 }));
  }

  @Operation(routes.putAttachment)
  async putAttachment(@By() by: Session, @Param() path: AttachmentPath, @Req() { rawBody = Buffer.alloc(0) }: GatewayRequest): Promise<AttachmentStored> {
    const { teamId } = await this.access.team(by, path.teamId);
    if (createHash('sha256').update(rawBody).digest('hex') !== path.sha256) throw new HttpRefusal('attachment_hash', 'the bytes are not those of the hash in the path');
    return this.files.put(teamId, by.personId, rawBody);
  }

  @Operation(routes.readAttachment)
  async readAttachment(@By() by: Session, @Param() path: AttachmentPath, @Res({ passthrough: true }) reply: GatewayReply): Promise<Buffer | undefined> {
    const { teamId, customerId } = await this.access.team(by, path.teamId);
    if (!mayReadContent(by, customerId)) throw new HttpRefusal('content_not_yours', "the content belongs to the team's customer");
    return sendBytes(reply, await this.files.read(teamId, path.sha256));
  }

  @Operation(routes.eraseMessage)
  async erase(@By() by: Session, @Param() path: MessagePath): Promise<void> {
    const { teamId } = await this.access.team(by, path.teamId);
    await this.commands.carry(eraseMessage, { teamId, messageId: path.messageId, by: requester(by) });
  }

  @Operation(routes.interruptMember)
  async interrupt(@By() by: Session, @Param() path: MemberPath, @Body() { text, stop = false }: InterruptBody, @NewId() id: string): Promise<Interrupted> {
    const { teamId } = await this.access.team(by, path.teamId);
    const memberId = MemberId.parse(path.memberId);
    if (text.trim() === '') throw new HttpRefusal('text_missing', 'A message says something.'); // before anything is stopped for it
    await this.messages.known(teamId, memberId);
    const stopped = stop ? await this.stop(by, teamId, memberId, firstOf(text, 500)) : 0;
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

  /** A member is asked to end; what it says stands with it in the list of members. */
  @Operation(routes.askShutdown)
  async askShutdown(@By() by: Session, @Param() path: MemberPath, @Body() { reason, waitSeconds }: ShutdownBody, @NewId() id: string): Promise<Created> {
    const { teamId } = await this.access.team(by, path.teamId);
    return this.write(by, { teamId, messageId: id, kind: 'shutdown', text: reason, summary: '', to: MemberId.parse(path.memberId), ...(waitSeconds === undefined ? {} : { waitSeconds }) });
  }

  @Operation(routes.endMember)
  async endMember(@By() by: Session, @Param() path: MemberPath): Promise<MemberEnded> {
    const { teamId } = await this.access.team(by, path.teamId);
    const memberId = MemberId.parse(path.memberId);
    const refusal = refusesEnd(await this.members.shutdown(teamId, memberId));
    if (refusal) throw new RefusedError(refusal.code, refusal.message);
    return { stopped: await this.stop(by, teamId, memberId, 'it was asked to end, and did not') };
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
