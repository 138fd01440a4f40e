import { LogQuery, MemberId, MemberPath, routes, TeamPath, type MemberList, type MemberLog } from '@countersign/contracts';
import { Controller, Param, Query } from '@nestjs/common';
import { shownTo } from '../../domain/content.js';
import { Members } from '../postgres/members.js';
import { TeamAccess } from '../postgres/team-access.js';
import { By, Operation, type Session } from './operation.js';

/** Members as they live, and what their agents say. */
@Controller()
export class MembersController {
  constructor(
    private readonly members: Members,
    private readonly access: TeamAccess,
  ) {}

  @Operation(routes.listMembers)
  async list(@By() by: Session, @Param() path: TeamPath): Promise<MemberList> {
    const { teamId } = await this.access.team(by, path.teamId);
    return shownTo(by, await this.members.list(teamId), (list) => ({ ...list, items: list.items.map((member) => ({ ...member, run: member.run && { ...member.run, progress: '' }, shutdown: member.shutdown && { ...member.shutdown, reason: '', answer: '' } })) }));
  }

  @Operation(routes.readMemberLog)
  async log(@By() by: Session, @Param() path: MemberPath, @Query() { cursor, limit, task }: LogQuery): Promise<MemberLog> {
    const { teamId } = await this.access.team(by, path.teamId);
    const log = await this.members.log(teamId, MemberId.parse(path.memberId), { ...(cursor ? { cursor } : {}), ...(limit ? { limit } : {}), ...(task ? { task } : {}) });
    return shownTo(by, log, ({ items, nextCursor }) => ({ nextCursor, items: items.map((line) => ({ ...line, line: '' })) }));
  }
}
