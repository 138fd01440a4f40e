import { changeTeam, hireTeam, HireTeamBody, moveTeam, rateTeam, RateTeamBody, PageQuery, RefusedError, routes, TeamId, TeamPath, TeamVerbBody, wireId, type CoordinationView, type RecommendationList, type Created, type TeamDetail, type TeamStanding, type TeamChange, type TeamVerb, type TrialView } from '@countersign/contracts';
import { Readable } from 'node:stream';
import { Body, Controller, Param, Query, Res, StreamableFile } from '@nestjs/common';
import { mayReadContent } from '../../domain/access.js';
import { shownTo, teamWithoutContent } from '../../domain/content.js';
import { HttpRefusal } from '../../domain/problem.js';
import { CoordinationReads } from '../postgres/coordination.js';
import { Bundles } from '../postgres/bundles.js';
import { pageOfList } from '../postgres/pages.js';
import { TeamAccess } from '../postgres/team-access.js';
import { TeamExport } from '../postgres/team-export.js';
import { Teams } from '../postgres/teams.js';
import { Trials } from '../postgres/trials.js';
import { Commands, requester } from './commands.js';
import { By, NewId, Operation, type GatewayReply, type Session } from './operation.js';

/** Teams and their life. What a team may become, and by whom, is the gate's rule; the gateway only carries the request. */
@Controller()
export class TeamsController {
  constructor(
    private readonly teams: Teams,
    private readonly bundles: Bundles,
    private readonly access: TeamAccess,
    private readonly work: CoordinationReads,
    private readonly commands: Commands,
    private readonly trials: Trials,
    private readonly exports: TeamExport,
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

  @Operation(routes.readCoordination)
  async coordination(@By() by: Session, @Param() path: TeamPath): Promise<CoordinationView> {
    return this.work.read((await this.access.team(by, path.teamId)).teamId);
  }

  @Operation(routes.listRecommendations)
  async recommendations(): Promise<RecommendationList> {
    return { items: await this.work.recommended() };
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

  @Operation(routes.completeTeam)
  complete(@By() by: Session, @Param() path: TeamPath, @Body() body: TeamVerbBody): Promise<TeamStanding> {
    return this.move(by, path, 'complete', body);
  }

  @Operation(routes.dissolveTeam)
  dissolve(@By() by: Session, @Param() path: TeamPath, @Body() body: TeamVerbBody): Promise<TeamStanding> {
    return this.move(by, path, 'dissolve', needsReason(body));
  }

  @Operation(routes.cancelTeam)
  cancel(@By() by: Session, @Param() path: TeamPath, @Body() body: TeamVerbBody): Promise<TeamStanding> {
    return this.move(by, path, 'cancel', body);
  }

  @Operation(routes.archiveTeam)
  archive(@By() by: Session, @Param() path: TeamPath, @Body() body: TeamVerbBody): Promise<TeamStanding> {
    return this.move(by, path, 'archive', body);
  }

  @Operation(routes.promoteTeam)
  promote(@By() by: Session, @Param() path: TeamPath, @Body() body: TeamVerbBody): Promise<TeamStanding> {
    return this.change(by, path, 'promote', body);
  }

  @Operation(routes.extendTrial)
  extend(@By() by: Session, @Param() path: TeamPath, @Body() body: TeamVerbBody): Promise<TeamStanding> {
    return this.change(by, path, 'extend', body);
  }

  @Operation(routes.coordinateTeam)
  coordinate(@By() by: Session, @Param() path: TeamPath, @Body() body: TeamVerbBody): Promise<TeamStanding> {
    return this.change(by, path, 'coordinate', needsReason(body));
  }

  @Operation(routes.handBackTeam)
  handBack(@By() by: Session, @Param() path: TeamPath, @Body() body: TeamVerbBody): Promise<TeamStanding> {
    return this.change(by, path, 'hand_back', body);
  }

  @Operation(routes.revertTeam)
  revert(@By() by: Session, @Param() path: TeamPath, @Body() body: TeamVerbBody): Promise<TeamStanding> {
    return this.change(by, path, 'revert', body);
  }

  @Operation(routes.readTrial)
  async trial(@By() by: Session, @Param() path: TeamPath): Promise<TrialView> {
    const { teamId } = await this.access.team(by, path.teamId);
    return this.trials.read(teamId);
  }

  @Operation(routes.rateTeam)
  async rate(@By() by: Session, @Param() path: TeamPath, @Body() { stars }: RateTeamBody): Promise<void> {
    const { teamId } = await this.access.team(by, path.teamId);
    await this.commands.carry(rateTeam, { teamId, by: requester(by), stars });
  }

  /** What the customer keeps, however the team ended; for platform staff it is content. */
  @Operation(routes.exportTeam)
  async export(@By() by: Session, @Param() path: TeamPath, @Res({ passthrough: true }) reply: GatewayReply): Promise<StreamableFile> {
    const { teamId, customerId } = await this.access.team(by, path.teamId);
    if (!mayReadContent(by, customerId)) throw new HttpRefusal('content_not_yours', "the content belongs to the team's customer");
    void reply.header('content-disposition', `attachment; filename="team-${teamId}.tar"`);
    return new StreamableFile(Readable.from(this.exports.archive(teamId)), { type: 'application/x-tar' });
  }

  private async change(by: Session, path: TeamPath, change: TeamChange, body: TeamVerbBody): Promise<TeamStanding> {
    const { teamId } = await this.access.team(by, path.teamId);
    await this.commands.carry(changeTeam, { teamId, by: requester(by), change, reason: body.reason ?? '' });
    return { state: (await this.teams.detail(teamId)).state };
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
