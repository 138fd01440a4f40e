import { hireTeam, HireTeamBody, moveTeam, PageQuery, RefusedError, routes, TeamId, TeamPath, TeamVerbBody, wireId, type Created, type TeamDetail, type TeamStanding, type TeamVerb } from '@countersign/contracts';
import { Body, Controller, Param, Query } from '@nestjs/common';
import { shownTo, teamWithoutContent } from '../../domain/content.js';
import { HttpRefusal } from '../../domain/problem.js';
import { Bundles } from '../postgres/bundles.js';
import { pageOfList } from '../postgres/pages.js';
import { TeamAccess } from '../postgres/team-access.js';
import { Teams } from '../postgres/teams.js';
import { Commands, requester } from './commands.js';
import { By, NewId, Operation, type Session } from './operation.js';

/** Teams and their life. What a team may become, and by whom, is the gate's rule; the gateway only carries the request. */
@Controller()
export class TeamsController {
  constructor(
    private readonly teams: Teams,
    private readonly bundles: Bundles,
    private readonly access: TeamAccess,
    private readonly commands: Commands,
  ) {}

  @Operation(routes.hireTeam)
  async hire(@By() by: Session, @Body() body: HireTeamBody, @NewId() id: string): Promise<Created> {
    const bundleVersion = body.bundleVersion ?? (await this.bundles.newest(body.bundleId)).version;
    await this.commands.carry(hireTeam, { teamId: TeamId.parse(id), by: requester(by), bundleId: body.bundleId, bundleVersion, mode: body.mode });
    return { id };
  }

  @Operation(routes.listTeams)
  async list(@By() by: Session, @Query() page: PageQuery) {
    return pageOfList(await this.teams.visibleTo(by), page);
  }

  @Operation(routes.readTeam)
  async read(@By() by: Session, @Param() path: TeamPath): Promise<TeamDetail> {
    const { teamId } = await this.access.team(by, path.teamId);
    return shownTo(by, await this.teams.detail(teamId), teamWithoutContent);
  }

  @Operation(routes.certifyTeam)
  certify(@By() by: Session, @Param() path: TeamPath, @Body() body: TeamVerbBody): Promise<TeamStanding> {
    return this.move(by, path, 'certify', body);
  }

  @Operation(routes.rejectTeam)
  reject(@By() by: Session, @Param() path: TeamPath, @Body() body: TeamVerbBody): Promise<TeamStanding> {
    return this.move(by, path, 'reject', needsReason(body));
  }

  @Operation(routes.deployTeam)
  deploy(@By() by: Session, @Param() path: TeamPath, @Body() body: TeamVerbBody): Promise<TeamStanding> {
    return this.move(by, path, 'deploy', body);
  }

  @Operation(routes.suspendTeam)
  suspend(@By() by: Session, @Param() path: TeamPath, @Body() body: TeamVerbBody): Promise<TeamStanding> {
    return this.move(by, path, 'suspend', needsReason(body));
  }

  @Operation(routes.reactivateTeam)
  reactivate(@By() by: Session, @Param() path: TeamPath, @Body() body: TeamVerbBody): Promise<TeamStanding> {
    return this.move(by, path, 'reactivate', body);
  }

  private async move(by: Session, path: TeamPath, verb: TeamVerb, body: TeamVerbBody): Promise<TeamStanding> {
    const { teamId } = await this.access.team(by, path.teamId);
    const { ok, code, message, approvalId } = await this.commands.ask(moveTeam, { teamId, by: requester(by), verb, reason: body.reason ?? '' });
    if (!ok && approvalId === undefined) throw new RefusedError(code, message);
    const { state } = await this.teams.detail(teamId);
    return { state, ...(approvalId === undefined ? {} : { approvalId: wireId('spawnApproval', approvalId) }) };
  }
}

function needsReason(body: TeamVerbBody): TeamVerbBody {
  if ((body.reason ?? '').trim() === '') throw new HttpRefusal('reason_missing', 'say why: the reason is shown to the customer and kept');
  return body;
}
