import { OnCommand } from '@countersign/bus';
import {
  cancelInstance,
  applyPolicies,
  changePolicy,
  changeTeam,
  confirmEvolution,
  decideEvolution,
  decideGateApproval,
  fanOut,
  hireTeam,
  moveTeam,
  rateTeam,
  recordIncident,
  reportPace,
  steerEscalation,
  steerMember,
  liftRecall,
  requestRaise,
  type RaiseAsked,
  type RequestRaise,
  proposeEvolution,
  recallSkill,
  recordReview,
  requestSpawn,
  simulatePolicy,
  stopMission,
  traceSkill,
  type CancelInstance,
  type AppliedPolicies,
  type ApplyPolicies,
  type ChangePolicy,
  type ChangeTeam,
  type CommandReply,
  type ConfirmEvolution,
  type DecideEvolution,
  type DecideGateApproval,
  type EvolutionReply,
  type FannedOut,
  type FanOut,
  type GateDecision,
  type HireTeam,
  type InstanceCancelled,
  type MissionStopped,
  type MoveTeam,
  type RateTeam,
  type RecordIncident,
  type ReportPace,
  type SteerEscalation,
  type SteerMember,
  type PolicyChanged,
  type PolicySimulated,
  type ProposeEvolution,
  type RecallSkill,
  type RecordReview,
  type RequestSpawn,
  type SimulatePolicy,
  type SkillTraced,
  type SpawnOutcome,
  type StopMission,
  type TraceSkill,
} from '@countersign/contracts';
import { Controller } from '@nestjs/common';
import { ApprovalDesk } from '../postgres/approval-desk.js';
import { FanOutDesk } from '../postgres/fan-out.js';
import { GovernanceDesk } from '../postgres/governance-desk.js';
import { HiringDesk } from '../postgres/hire.js';
import { PolicyDesk } from '../postgres/policy-desk.js';
import { RecallDesk } from '../postgres/recall-desk.js';
import { TeamDesk } from '../postgres/move-team.js';
import { SignalWatch } from '../postgres/signal-watch.js';
import { EscalationDesk } from '../postgres/escalation-desk.js';
import { TeamTermsDesk } from '../postgres/team-terms.js';
import { SpawnDesk } from '../postgres/spawn.js';
import { SteeringDesk } from '../postgres/steering.js';

/** What people may ask, through the gateway: it knows who they are, the gate decides whether they may. */
@Controller()
export class GatewayController {
  constructor(
    private readonly hiring: HiringDesk,
    private readonly teams: TeamDesk,
    private readonly terms: TeamTermsDesk,
    private readonly escalations: EscalationDesk,
    private readonly watch: SignalWatch,
    private readonly desk: SpawnDesk,
    private readonly fanning: FanOutDesk,
    private readonly approvals: ApprovalDesk,
    private readonly steering: SteeringDesk,
    private readonly policies: PolicyDesk,
    private readonly recalls: RecallDesk,
    private readonly governance: GovernanceDesk,
  ) {}

  @OnCommand(hireTeam)
  hire(request: HireTeam): Promise<CommandReply> {
    return this.hiring.hire(request);
  }

  @OnCommand(moveTeam)
  move(request: MoveTeam): Promise<CommandReply> {
    return this.teams.move(request);
  }

  @OnCommand(changeTeam)
  change(request: ChangeTeam): Promise<CommandReply> {
    return this.terms.change(request);
  }

  @OnCommand(steerEscalation)
  steerEscalation(request: SteerEscalation): Promise<CommandReply> {
    return this.escalations.steer(request);
  }

  @OnCommand(recordIncident)
  record(request: RecordIncident): Promise<CommandReply> {
    return this.escalations.record(request);
  }

  @OnCommand(reportPace)
  pace(request: ReportPace): Promise<CommandReply> {
    return this.watch.pace(request);
  }

  @OnCommand(steerMember)
  steerMember(request: SteerMember): Promise<CommandReply> {
    return this.escalations.member(request);
  }

  @OnCommand(rateTeam)
  rate(request: RateTeam): Promise<CommandReply> {
    return this.terms.rate(request);
  }

  @OnCommand(recordReview)
  review(request: RecordReview): Promise<CommandReply> {
    return this.governance.review(request);
  }

  @OnCommand(proposeEvolution)
  propose(request: ProposeEvolution): Promise<EvolutionReply> {
    return this.governance.propose(request);
  }

  @OnCommand(confirmEvolution)
  confirm(request: ConfirmEvolution): Promise<EvolutionReply> {
    return this.governance.confirm(request);
  }

  @OnCommand(decideEvolution)
  decideEvolution(request: DecideEvolution): Promise<EvolutionReply> {
    return this.governance.decide(request);
  }

  @OnCommand(requestSpawn)
  spawn(request: RequestSpawn): Promise<SpawnOutcome> {
    return this.desk.requestSpawn(request);
  }

  @OnCommand(decideGateApproval)
  decide(request: DecideGateApproval): Promise<GateDecision> {
    return this.approvals.decide(request);
  }

  @OnCommand(cancelInstance)
  cancel(request: CancelInstance): Promise<InstanceCancelled> {
    return this.steering.cancelInstance(request);
  }

  @OnCommand(fanOut)
  fan(request: FanOut): Promise<FannedOut> {
    return this.fanning.fanOut(request);
  }

  @OnCommand(stopMission)
  stop(request: StopMission): Promise<MissionStopped> {
    return this.steering.stop(request);
  }

  @OnCommand(applyPolicies)
  applyPolicies(request: ApplyPolicies): Promise<AppliedPolicies> {
    return this.policies.apply(request);
  }

  @OnCommand(changePolicy)
  changePolicy(request: ChangePolicy): Promise<PolicyChanged> {
    return this.policies.change(request);
  }

  @OnCommand(recallSkill)
  recall(request: RecallSkill): Promise<SkillTraced> {
    return this.recalls.recall(request);
  }

  @OnCommand(requestRaise)
  raise(request: RequestRaise): Promise<RaiseAsked> {
    return this.approvals.requestRaise(request);
  }

  @OnCommand(liftRecall)
  lift(request: RecallSkill): Promise<SkillTraced> {
    return this.recalls.lift(request);
  }

  @OnCommand(traceSkill)
  trace(request: TraceSkill): Promise<SkillTraced> {
    return this.recalls.trace(request);
  }

  @OnCommand(simulatePolicy)
  simulate(request: SimulatePolicy): Promise<PolicySimulated> {
    return this.policies.simulate(request);
  }
}
