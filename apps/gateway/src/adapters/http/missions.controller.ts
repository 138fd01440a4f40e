import { createMission, CreateMissionBody, GoalId, missionEvent, MissionEventInput, MissionEventsQuery, MissionsQuery, routes, TeamChoiceQuery, WireIdPath, type MissionEventAnswer, type MissionEventList, type MissionFound, type MissionList, type MissionReply, type TeamId } from '@countersign/contracts';
import { Body, Controller, Param, Query, Req } from '@nestjs/common';
import { missionCommandWithoutContent, missionEventWithoutContent, missionWithoutContent, shownTo } from '../../domain/content.js';
import { HttpRefusal } from '../../domain/problem.js';
import { Missions } from '../postgres/missions.js';
import { more } from '../postgres/pages.js';
import { Commands, requester } from './commands.js';
import { By, NewId, Operation, type GatewayRequest, type Session } from './operation.js';
import { TeamChoice, unknown } from './team-choice.js';

/** The manager tells the gate first, and waits a moment for workers to be gone. */
const EVENT_MS = 15_000;

/** Missions as the original's clients know them: the rows are goals and tasks, the reducer is the manager's. */
@Controller()
export class MissionsController {
  constructor(
    private readonly missions: Missions,
    private readonly choice: TeamChoice,
    private readonly commands: Commands,
  ) {}

  @Operation(routes.createMission)
  async create(@By() by: Session, @Body() mission: CreateMissionBody, @Query() { team }: TeamChoiceQuery, @Req() request: GatewayRequest, @NewId() id: string): Promise<MissionFound> {
    const teamId = await this.choice.one(by, request, team);
    const reply = await this.commands.carry(createMission, { teamId, missionId: GoalId.parse(id), by: requester(by), mission });
    return { mission: reply.mission! };
  }

  @Operation(routes.listMissions)
  async list(@By() by: Session, @Query() { team, ...page }: MissionsQuery, @Req() request: GatewayRequest): Promise<MissionList> {
    const { items, nextCursor } = await this.missions.list(by, page, await this.choice.named(by, request, team));
    return { missions: shownTo(by, items, (all) => all.map(missionWithoutContent)), count: items.length, ...more(nextCursor) };
  }

  @Operation(routes.readMission)
  async read(@By() by: Session, @Param() { id }: WireIdPath): Promise<MissionFound> {
    const { teamId, goalId } = await this.goal(by, id);
    return { mission: shownTo(by, await this.missions.read(teamId, goalId), missionWithoutContent) };
  }

  @Operation(routes.postMissionEvent)
  async post(@By() by: Session, @Param() { id }: WireIdPath, @Body() { event, expected_revision }: MissionEventInput, @NewId() eventKey: string): Promise<MissionEventAnswer> {
    const { teamId, goalId: missionId } = await this.goal(by, id);
    const asked = { teamId, missionId, by: requester(by), eventKey, event, ...(expected_revision === undefined ? {} : { expectedRevision: expected_revision }) };
    const reply = shownTo(by, await this.commands.ask(missionEvent, asked, { timeoutMs: EVENT_MS }), replyWithoutContent);
    if (!reply.ok) throw refusalOf(id, reply);
    const { mission, commands, orchestratorSpawns, orchestratorCancellations } = reply;
    return { mission: mission!, commands: commands!, orchestratorSpawns: orchestratorSpawns!, orchestratorCancellations: orchestratorCancellations! };
  }

  @Operation(routes.listMissionEvents)
  async events(@By() by: Session, @Param() { id }: WireIdPath, @Query() { after }: MissionEventsQuery): Promise<MissionEventList> {
    const { teamId, goalId } = await this.goal(by, id);
    const events = await this.missions.events(teamId, goalId, after);
    return { events: shownTo(by, events, (all) => all.map(missionEventWithoutContent)), count: events.length };
  }

  /** A team's default mission has agents and no work items: here it is none. */
  private async goal(by: Session, id: string): Promise<{ teamId: TeamId; goalId: GoalId }> {
    const mission = await this.choice.mission(by, id);
    if (!mission) throw unknown('mission', id);
    return mission;
  }
}

const replyWithoutContent = ({ mission, commands, ...reply }: MissionReply): MissionReply => ({
  ...reply,
  ...(mission ? { mission: missionWithoutContent(mission) } : {}),
  ...(commands ? { commands: commands.map(missionCommandWithoutContent) } : {}),
});

function refusalOf(id: string, { code, message, mission, expectedRevision, currentRevision }: MissionReply): HttpRefusal {
  if (code === 'not_found') return unknown('mission', id);
  return new HttpRefusal(code, message, { missionID: id, ...(mission ? { mission, expectedRevision, currentRevision } : {}) });
}
