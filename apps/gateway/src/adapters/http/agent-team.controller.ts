import {
  amountsOfLimit, cancelInstance, decideGateApproval, DEFAULT_MISSION, fromWireId, GoalId, InstanceId, InstancesQuery, ListQuery, MalformedIdError, pauseGoal, ReasonBody, requestSpawn, resumeGoal, routes, SpawnBody, stopMission,
  TeamChoiceQuery, wireId, wireMission, WireIdPath, type AgentInstanceFound, type AgentInstanceList, type ApprovalGiven, type ApprovalQueue, type ApprovalRefused, type GateApprovalKind, type GateDecision, type GateDecisionWord,
  type InstanceStopped, type MissionHalted, type MissionSteered, type MissionSummaryList, type SpawnAnswer, type TeamId, type TemplateFound, type TemplateList,
} from '@countersign/contracts';
import { DatabaseError } from '@countersign/database';
import { Body, Controller, Param, Query, Req } from '@nestjs/common';
import { approvalQueue } from '../../domain/agent-view.js';
import { GateDenial } from '../../domain/compatible.js';
import { instanceWithoutContent, questionsFor, shownTo } from '../../domain/content.js';
import { HttpRefusal } from '../../domain/problem.js';
import { Agents } from '../postgres/agents.js';
import { more } from '../postgres/pages.js';
import { Commands, requester } from './commands.js';
import { By, NewId, Operation, type GatewayRequest, type Session } from './operation.js';
import { TeamChoice, unknown } from './team-choice.js';

/** The spawn gate as the original's clients know it: same paths, fields, ids and codes. Who asks is the session's person; what the gate then says is the gate's. */
@Controller()
export class AgentTeamController {
  constructor(
    private readonly agents: Agents,
    private readonly choice: TeamChoice,
    private readonly commands: Commands,
  ) {}

  @Operation(routes.spawnAgent)
  async spawn(@By() by: Session, @Body() body: SpawnBody, @Query() query: TeamChoiceQuery, @Req() request: GatewayRequest, @NewId() requestId: string): Promise<SpawnAnswer> {
    const place = await this.placeOf(by, body, () => this.choice.one(by, request, query.team));
    const { role, templateID, justification, budget_override } = body;
    const outcome = await this.commands.ask(requestSpawn, {
      ...place,
      requestId,
      by: requester(by),
      role,
      justification,
      ...(templateID ? { templateId: templateID } : {}),
      ...(budget_override ? { budgetOverride: amountsOfLimit(budget_override) } : {}),
    });
    const missionID = outcome.missionId ?? wireMission(place.missionId ?? null);
    if (outcome.instanceId !== undefined) {
      const { instanceId, status, skillHash } = outcome;
      return { ok: true, missionID, instanceID: wireId('instance', instanceId), sessionID: wireId('session', instanceId), runID: null, status: status!, skillHash: skillHash! };
    }
    if (!outcome.requiresUserApproval || outcome.approvalId === undefined) throw new GateDenial(outcome, { decisionID: requestId });
    return { ok: false, missionID, code: outcome.code, error: outcome.message, requiresUserApproval: true, approvalID: wireId('spawnApproval', outcome.approvalId) };
  }

  @Operation(routes.listInstances)
  async instances(@By() by: Session, @Query() { missionID, parentInstanceID, status, team, ...page }: InstancesQuery, @Req() request: GatewayRequest): Promise<AgentInstanceList> {
    const teamId = await this.choice.named(by, request, team);
    const missionId = missionID === undefined ? undefined : missionID === DEFAULT_MISSION ? null : idIn(() => GoalId.parse(missionID));
    const parentId = parentInstanceID === undefined ? undefined : idIn(() => InstanceId.parse(fromWireId('instance', parentInstanceID)));
    if (missionId === NOBODYS || parentId === NOBODYS) return { instances: [], count: 0 };
    const { items, nextCursor } = await this.agents.instances(by, { ...(teamId && { teamId }), ...(missionId === undefined ? {} : { missionId }), ...(parentId && { parentId }), ...(status && { state: status }) }, page);
    return { instances: shownTo(by, items, (all) => all.map(instanceWithoutContent)), count: items.length, ...more(nextCursor) };
  }

  @Operation(routes.readInstance)
  async instance(@By() by: Session, @Param() { id }: WireIdPath): Promise<AgentInstanceFound> {
    const { teamId, instanceId } = await this.choice.instance(by, id);
    const [instance] = (await this.agents.instances(by, { teamId, id: instanceId })).items;
    if (instance === undefined) throw unknown('instance', id);
    return { instance: shownTo(by, instance, instanceWithoutContent) };
  }

  @Operation(routes.cancelInstance)
  async cancel(@By() by: Session, @Param() { id }: WireIdPath, @Body() { reason = 'cancelled by user' }: ReasonBody): Promise<InstanceStopped> {
    const { teamId, instanceId } = await this.choice.instance(by, id);
    const { status } = await this.commands.carry(cancelInstance, { teamId, instanceId, by: requester(by), reason });
    return { ok: true, instanceID: wireId('instance', instanceId), sessionID: wireId('session', instanceId), status: status! };
  }

  @Operation(routes.listAgentMissions)
  async missions(@By() by: Session, @Query() { team, ...page }: ListQuery, @Req() request: GatewayRequest): Promise<MissionSummaryList> {
    const { items, nextCursor } = await this.agents.missions(by, page, await this.choice.named(by, request, team));
    return { missions: items, count: items.length, ...more(nextCursor) };
  }

  @Operation(routes.cancelAgentMission)
  async cancelMission(@By() by: Session, @Param() { id }: WireIdPath, @Body() { reason = 'mission cancelled by user' }: ReasonBody, @Query() { team }: TeamChoiceQuery, @Req() request: GatewayRequest): Promise<MissionHalted> {
    const mission = await this.choice.mission(by, id);
    const teamId = mission?.teamId ?? (await this.choice.one(by, request, team));
    const { cancelledInstances } = await this.commands.carry(stopMission, { teamId, ...(mission ? { missionId: mission.goalId } : {}), by: requester(by), verb: 'cancel', reason });
    return { ok: true, missionID: id, cancelledInstances };
  }

  @Operation(routes.pauseAgentMission)
  async pause(@By() by: Session, @Param() { id }: WireIdPath, @Body() { reason = 'mission paused by user' }: ReasonBody, @Query() { team }: TeamChoiceQuery, @Req() request: GatewayRequest): Promise<MissionSteered> {
    const mission = await this.choice.mission(by, id);
    if (mission) await this.commands.carry(pauseGoal, { ...mission, by: requester(by), reason });
    else await this.steerDefault(by, await this.choice.one(by, request, team), 'pause', reason);
    return { ok: true, missionID: id, status: 'paused' };
  }

  @Operation(routes.resumeAgentMission)
  async resume(@By() by: Session, @Param() { id }: WireIdPath, @Body() { reason = 'mission resumed by user' }: ReasonBody, @Query() { team }: TeamChoiceQuery, @Req() request: GatewayRequest): Promise<MissionSteered> {
    const mission = await this.choice.mission(by, id);
    if (mission) await this.commands.carry(resumeGoal, { ...mission, by: requester(by) });
    else await this.steerDefault(by, await this.choice.one(by, request, team), 'resume', reason);
    return { ok: true, missionID: id, status: 'running' };
  }

  @Operation(routes.listGateApprovals)
  async approvals(@By() by: Session, @Query() { team, ...page }: ListQuery, @Req() request: GatewayRequest): Promise<ApprovalQueue> {
    const { items, nextCursor } = await this.agents.questions(by, page, await this.choice.named(by, request, team));
    return { ...questionsFor(by, approvalQueue(items)), ...more(nextCursor) };
  }

  @Operation(routes.approveSpawn)
  approveSpawn(@By() by: Session, @Param() { id }: WireIdPath, @Body() body: ReasonBody): Promise<ApprovalGiven> {
    return this.approve(by, 'spawn', id, body);
  }

  @Operation(routes.denySpawn)
  denySpawn(@By() by: Session, @Param() { id }: WireIdPath, @Body() body: ReasonBody): Promise<ApprovalRefused> {
    return this.deny(by, 'spawn', id, body);
  }

  @Operation(routes.approveTool)
  approveTool(@By() by: Session, @Param() { id }: WireIdPath, @Body() body: ReasonBody): Promise<ApprovalGiven> {
    return this.approve(by, 'tool', id, body);
  }

  @Operation(routes.denyTool)
  denyTool(@By() by: Session, @Param() { id }: WireIdPath, @Body() body: ReasonBody): Promise<ApprovalRefused> {
    return this.deny(by, 'tool', id, body);
  }

  @Operation(routes.approveBudget)
  approveBudget(@By() by: Session, @Param() { id }: WireIdPath, @Body() body: ReasonBody): Promise<ApprovalGiven> {
    return this.approve(by, 'budget', id, body);
  }

  @Operation(routes.denyBudget)
  denyBudget(@By() by: Session, @Param() { id }: WireIdPath, @Body() body: ReasonBody): Promise<ApprovalRefused> {
    return this.deny(by, 'budget', id, body);
  }

  @Operation(routes.listTemplates)
  async templates(): Promise<TemplateList> {
    const templates = await this.templatesInForce();
    return { templates, count: templates.length };
  }

  @Operation(routes.readTemplate)
  async template(@Param() { id }: WireIdPath): Promise<TemplateFound> {
    const template = (await this.templatesInForce()).find((each) => 'templateID' in each && each.templateID === id);
    if (!template) throw new HttpRefusal('template_not_found', 'template not found', { templateID: id });
    return { template };
  }

  private async templatesInForce(): Promise<object[]> {
    try {
      return await this.agents.templates();
    } catch (error) {
      if (error instanceof DatabaseError && !error.retryable) throw new HttpRefusal('template_load_failed', 'the templates could not be read');
      throw error;
    }
  }

  /** Team, mission and parent of a spawn. A parent of somebody else's is as one that does not exist: the gate says so. */
  private async placeOf(by: Session, { missionID, parentInstanceID }: SpawnBody, otherwise: () => Promise<TeamId>): Promise<{ teamId: TeamId; missionId?: GoalId; parentInstanceId?: InstanceId }> {
    const mission = missionID ? await this.choice.mission(by, missionID) : undefined;
    const parent = parentInstanceID ? await this.parent(by, parentInstanceID) : undefined;
    const teamId = mission?.teamId ?? parent?.teamId ?? (await otherwise());
    return { teamId, ...(mission ? { missionId: mission.goalId } : {}), ...(parent ? { parentInstanceId: parent.instanceId } : {}) };
  }

  private async parent(by: Session, text: string): Promise<{ teamId?: TeamId; instanceId: InstanceId }> {
    try {
      return await this.choice.instance(by, text);
    } catch (error) {
      const id = idIn(() => InstanceId.parse(fromWireId('instance', text)));
      if (id === NOBODYS || !(error instanceof HttpRefusal)) throw error;
      return { instanceId: id };
    }
  }

  private async steerDefault(by: Session, teamId: TeamId, verb: 'pause' | 'resume', reason: string): Promise<void> {
    await this.commands.carry(stopMission, { teamId, by: requester(by), verb, reason });
  }

  private async approve(by: Session, kind: GateApprovalKind, id: string, { reason = 'approved by user' }: ReasonBody): Promise<ApprovalGiven> {
    const { instanceId, status, missionId } = await this.decide(by, kind, id, 'approve', reason);
    const given = { ok: true, approvalID: id, decision: 'approved' } as const;
    if (kind !== 'spawn') return given;
    return { ...given, instanceID: wireId('instance', instanceId!), sessionID: wireId('session', instanceId!), missionID: missionId!, status: status! };
  }

  private async deny(by: Session, kind: GateApprovalKind, id: string, { reason = 'denied by user' }: ReasonBody): Promise<ApprovalRefused> {
    await this.decide(by, kind, id, 'deny', reason);
    return { ok: true, approvalID: id, decision: 'denied', reason };
  }

  /** A yes that the gate then does not follow is a denial with the rule that stands in the way. */
  private async decide(by: Session, kind: GateApprovalKind, id: string, decision: GateDecisionWord, reason: string): Promise<GateDecision> {
    const { teamId, approvalId } = await this.choice.question(by, kind, id);
    const reply = await this.commands.ask(decideGateApproval, { teamId, approvalId, by: requester(by), decision, reason });
    if (reply.ok) return reply;
    if (decision === 'approve' && reply.state === 'approved') throw new GateDenial(reply, { approvalID: id });
    throw new HttpRefusal(reply.code, reply.message, { approvalID: id });
  }
}

const NOBODYS = Symbol('an id that nothing has');
/** A filter with an id that can be nobody's finds nothing. */
function idIn<T>(read: () => T): T | typeof NOBODYS {
  try {
    return read();
  } catch (error) {
    if (error instanceof MalformedIdError) return NOBODYS;
    throw error;
  }
}
