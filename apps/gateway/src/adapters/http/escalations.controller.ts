import { COMPOSITION_FIXED, CompositionChangeBody, EscalationQuery, IdPath, MemberPath, recordIncident, RecordIncidentBody, RefusedError, ResolveEscalationBody, routes, steerEscalation, steerMember, TeamPath, TeamVerbBody, type Created, type EscalationStanding, type EscalationView, type TeamStanding } from '@countersign/contracts';
import { Body, Controller, Param, Query } from '@nestjs/common';
import { Escalations } from '../postgres/escalations.js';
import type { Page } from '../postgres/pages.js';
import { TeamAccess } from '../postgres/team-access.js';
import { Teams } from '../postgres/teams.js';
import { Commands, requester } from './commands.js';
import { By, NewId, Operation, type Session } from './operation.js';

/** What an authority has to look at, what people record for it, and single members of a team. Who may is the gate's rule. */
@Controller()
export class EscalationsController {
  constructor(
    private readonly escalations: Escalations,
    private readonly teams: Teams,
    private readonly access: TeamAccess,
    private readonly commands: Commands,
  ) {}

  @Operation(routes.listEscalations)
  list(@By() by: Session, @Query() { show, ...page }: EscalationQuery): Promise<Page<EscalationView>> {
    return this.escalations.list(by, show !== 'resolved', page);
  }

  @Operation(routes.acknowledgeEscalation)
  async acknowledge(@By() by: Session, @Param() { id }: IdPath): Promise<EscalationStanding> {
    const teamId = await this.access.escalation(by, id);
    await this.commands.carry(steerEscalation, { teamId, escalationId: id, by: requester(by), verb: 'acknowledge', words: '' });
    return { state: 'acknowledged' };
  }

  @Operation(routes.resolveEscalation)
  async resolve(@By() by: Session, @Param() { id }: IdPath, @Body() { resolution }: ResolveEscalationBody): Promise<EscalationStanding> {
    const teamId = await this.access.escalation(by, id);
    await this.commands.carry(steerEscalation, { teamId, escalationId: id, by: requester(by), verb: 'resolve', words: resolution });
    return { state: 'resolved' };
  }

  @Operation(routes.addMember)
  add(@By() by: Session, @Param() path: TeamPath): Promise<never> {
    return this.asHired(by, path);
  }

  @Operation(routes.removeMember)
  remove(@By() by: Session, @Param() path: MemberPath): Promise<never> {
    return this.asHired(by, path);
  }

  /** The same word as an incident of that kind: who may say it, of which team, and what follows from it is one rule. */
  @Operation(routes.changeComposition)
  changeComposition(@By() by: Session, @Param() path: TeamPath, @Body() body: CompositionChangeBody, @NewId() id: string): Promise<Created> {
    return this.say(by, path, { ...body, kind: 'composition_change' }, id);
  }

  @Operation(routes.recordIncident)
  record(@By() by: Session, @Param() path: TeamPath, @Body() body: RecordIncidentBody, @NewId() id: string): Promise<Created> {
    return this.say(by, path, body, id);
  }

  @Operation(routes.suspendMember)
  suspend(@By() by: Session, @Param() path: MemberPath, @Body() body: TeamVerbBody): Promise<TeamStanding> {
    return this.member(by, path, 'suspend', body);
  }

  @Operation(routes.reinstateMember)
  reinstate(@By() by: Session, @Param() path: MemberPath, @Body() body: TeamVerbBody): Promise<TeamStanding> {
    return this.member(by, path, 'reinstate', body);
  }

  @Operation(routes.replaceMember)
  async replace(@By() by: Session, @Param() path: MemberPath, @Body() { reason = '' }: TeamVerbBody, @NewId() id: string): Promise<Created> {
    const { teamId } = await this.access.team(by, path.teamId);
    await this.commands.carry(steerMember, { teamId, memberId: path.memberId, by: requester(by), verb: 'replace', reason, replacementId: id });
    return { id };
  }

  private async asHired(by: Session, { teamId }: TeamPath): Promise<never> {
    await this.access.team(by, teamId); // of a team that is not theirs nobody hears whether it is there
    throw new RefusedError(COMPOSITION_FIXED.code, `${COMPOSITION_FIXED.why}: ${COMPOSITION_FIXED.instead}`);
  }

  private async say(by: Session, path: TeamPath, { kind, memberId, words }: RecordIncidentBody, id: string): Promise<Created> {
    const { teamId } = await this.access.team(by, path.teamId);
    await this.commands.carry(recordIncident, { teamId, incidentId: id, by: requester(by), kind, words, ...(memberId === undefined ? {} : { memberId }) });
    return { id };
  }

  private async member(by: Session, path: MemberPath, verb: 'suspend' | 'reinstate', body: TeamVerbBody): Promise<TeamStanding> {
    const { teamId } = await this.access.team(by, path.teamId);
    await this.commands.carry(steerMember, { teamId, memberId: path.memberId, by: requester(by), verb, reason: body.reason ?? '' });
    return { state: (await this.teams.detail(teamId)).state };
  }
}
