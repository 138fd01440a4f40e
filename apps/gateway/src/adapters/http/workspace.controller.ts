import { AddContextBody, ContextPath, ContextVersionPath, eraseContext, OverwriteQuery, PutContextBody, routes, TaskId, TeamPath, type ContextDetail, type ContextVersionDetail, type Created, type Workspace } from '@countersign/contracts';
import { Body, Controller, Headers, Param, Query, Res } from '@nestjs/common';
import { shownTo } from '../../domain/content.js';
import { TeamAccess, type VisibleTeam } from '../postgres/team-access.js';
import { Workspaces } from '../postgres/workspaces.js';
import { Commands, requester } from './commands.js';
import { By, NewId, Operation, type GatewayReply, type Session } from './operation.js';
import { SharedTextDesk } from './shared-text-desk.js';

/** What a team shares: read from rows, written by the fleet, which keeps its versions. */
@Controller()
export class WorkspaceController {
  constructor(
    private readonly workspaces: Workspaces,
    private readonly access: TeamAccess,
    private readonly commands: Commands,
    private readonly desk: SharedTextDesk,
  ) {}

  @Operation(routes.readWorkspace)
  async list(@By() by: Session, @Param() path: TeamPath): Promise<Workspace> {
    const { teamId } = await this.access.team(by, path.teamId);
    return shownTo(by, await this.workspaces.read(teamId), (workspace) => ({ ...workspace, items: workspace.items.map((item) => ({ ...item, name: '' })) }));
  }

  @Operation(routes.readContext)
  async read(@By() by: Session, @Param() path: ContextPath, @Res({ passthrough: true }) reply: GatewayReply): Promise<ContextDetail> {
    return this.shown(by, await this.access.team(by, path.teamId), path.contextId, reply);
  }

  @Operation(routes.addContext)
  async add(@By() by: Session, @Param() path: TeamPath, @Body() { name, content, taskId }: AddContextBody, @NewId() id: string): Promise<Created> {
    const team = await this.access.team(by, path.teamId);
    await this.desk.write(by, team, { contextId: id, name, visibility: taskId ? 'task' : 'team', content, expected: 0, overwrite: false, ...(taskId ? { taskId: TaskId.parse(taskId) } : {}) });
    return { id };
  }

  @Operation(routes.putContext)
  async put(@By() by: Session, @Param() path: ContextPath, @Query() { overwrite }: OverwriteQuery, @Body() { content }: PutContextBody, @Headers('if-match') ifMatch: string | undefined, @Res({ passthrough: true }) reply: GatewayReply): Promise<ContextDetail> {
    const team = await this.access.team(by, path.teamId);
    await this.desk.put(by, team, path.contextId, { content, ifMatch, overwrite: overwrite === 'true' });
    return this.shown(by, team, path.contextId, reply);
  }

  @Operation(routes.readContextVersion)
  async version(@By() by: Session, @Param() path: ContextVersionPath): Promise<ContextVersionDetail> {
    const { teamId, customerId } = await this.access.team(by, path.teamId);
    return shownTo(by, await this.workspaces.version(teamId, customerId, path.contextId, path.version), (version) => ({ ...version, writer: '', content: null }));
  }

  @Operation(routes.eraseContext)
  async erase(@By() by: Session, @Param() path: ContextVersionPath): Promise<void> {
    const { teamId } = await this.access.team(by, path.teamId);
    await this.commands.carry(eraseContext, { teamId, contextId: path.contextId, by: requester(by), version: path.version });
  }

  private async shown(by: Session, { teamId, customerId }: VisibleTeam, contextId: string, reply: GatewayReply): Promise<ContextDetail> {
    const detail = await this.workspaces.detail(teamId, customerId, contextId);
    void reply.header('etag', `"${detail.version}"`);
    return shownTo(by, detail, (shared) => ({ ...shared, name: '', content: null, versions: shared.versions.map((version) => ({ ...version, writer: '' })) }));
  }
}
