import { ApprovalId, ApprovalQuery, DecideBody, IdPageQuery, IdPath, routes, SeenBody, settleEffect, SettleEffectBody, type ApprovalChallenge, type ApprovalThread, type ApprovalDetail, type DecisionRecorded, type EffectSettled, type DecisionUndone } from '@countersign/contracts';
import { Body, Controller, Headers, Param, Query, Res, StreamableFile } from '@nestjs/common';
import { mayReadContent } from '../../domain/access.js';
import { approvalWithoutContent, shownTo } from '../../domain/content.js';
import { HttpRefusal } from '../../domain/problem.js';
import { Alerts } from '../postgres/alerts.js';
import { Approvals } from '../postgres/approvals.js';
import { Challenges } from '../postgres/challenges.js';
import { Devices } from '../postgres/devices.js';
import { People } from '../postgres/people.js';
import { Seen } from '../postgres/seen.js';
import { TeamAccess } from '../postgres/team-access.js';
import { Thread } from '../postgres/thread.js';
import { UndoDecisions } from '../postgres/undo-decisions.js';
import { Commands, requester } from './commands.js';
import { DecisionDesk } from './decision-desk.js';
import { versionIn } from './if-match.js';
import { Metrics } from './metrics.js';
import { By, NewId, Operation, type GatewayReply, type Session } from './operation.js';

/** The executor asks the outside world before it answers a look. */
const SETTLE_MS = 15_000;

@Controller()
export class ApprovalsController {
  constructor(
    private readonly approvals: Approvals,
    private readonly access: TeamAccess,
    private readonly desk: DecisionDesk,
    private readonly threads: Thread,
    private readonly metrics: Metrics,
    private readonly seen: Seen,
    private readonly alerts: Alerts,
    private readonly undos: UndoDecisions,
    private readonly challenges: Challenges,
    private readonly people: People,
    private readonly devices: Devices,
    private readonly commands: Commands,
  ) {}

  @Operation(routes.listApprovals)
  list(@By() by: Session, @Query() query: ApprovalQuery) {
    return this.approvals.list(by, query);
  }

  @Operation(routes.readApproval)
  async read(@By() by: Session, @Param() { id }: IdPath, @Res({ passthrough: true }) reply: GatewayReply): Promise<ApprovalDetail> {
    const approvalId = ApprovalId.parse(id);
    const { teamId } = await this.access.approval(by, approvalId);
    const { detail: whole, kind, by: decided, settledBy } = await this.approvals.detail(by, teamId, approvalId);
    const detail = shownTo(by, whole, (approval) => approvalWithoutContent(approval, kind));
    void reply.header('etag', `"${detail.version}"`);
    const { decision, effect } = detail;
    const [decider, settler] = await Promise.all([decision && decided ? this.desk.names(by, decided) : undefined, settledBy ? this.people.byId(settledBy) : undefined]);
    return {
      ...detail,
      decision: decision && { ...decision, ...decider },
      effect: effect && { ...effect, settlement: effect.settlement && { ...effect.settlement, by: settler?.displayName ?? null } },
    };
  }

  @Operation(routes.readManifest)
  async manifest(@By() by: Session, @Param() { id }: IdPath, @Res({ passthrough: true }) reply: GatewayReply): Promise<StreamableFile> {
    const approvalId = ApprovalId.parse(id);
    const { teamId, customerId } = await this.access.approval(by, approvalId);
    if (!mayReadContent(by, customerId)) throw new HttpRefusal('content_not_yours', "the manifest belongs to the team's customer");
    const { bytes, digest } = await this.approvals.manifest(teamId, approvalId);
    const base64 = digest.toString('base64');
    void reply.headers({ digest: `sha-256=${base64}`, 'repr-digest': `sha-256=:${base64}:`, etag: `"${digest.toString('hex')}"` });
    return new StreamableFile(bytes, { type: 'application/json', length: bytes.length });
  }

  @Operation(routes.challengeApproval)
  async challenge(@By() by: Session, @Param() { id }: IdPath): Promise<ApprovalChallenge> {
    const approvalId = ApprovalId.parse(id);
    const [{ teamId, customerId }, device] = await Promise.all([this.access.approval(by, approvalId), this.devices.ofSession(by, by.key)]);
    if (by.customerId !== customerId) throw new HttpRefusal('not_eligible', 'only a customer governor of this team can decide');
    if (!device || device.removed) throw new HttpRefusal('device_missing', 'register a device for this session first: POST /v1/devices');
    return this.challenges.give(teamId, approvalId, by, device.id);
  }

  @Operation(routes.decide)
  async decide(@By() by: Session, @Param() { id }: IdPath, @Body() body: DecideBody, @NewId() decisionId: string, @Headers('if-match') ifMatch: string | undefined, @Res({ passthrough: true }) reply: GatewayReply): Promise<DecisionRecorded> {
    const recorded = await this.desk.take(by, { approvalId: ApprovalId.parse(id), body, version: versionIn(ifMatch, 'the approval'), decisionId });
    void reply.header('etag', `"${recorded.version}"`);
    return recorded;
  }

  @Operation(routes.readThread)
  async thread(@By() by: Session, @Param() { id }: IdPath): Promise<ApprovalThread> {
    const approvalId = ApprovalId.parse(id);
    const { teamId, customerId } = await this.access.approval(by, approvalId);
    if (!mayReadContent(by, customerId)) throw new HttpRefusal('content_not_yours', "what is said about it belongs to the team's customer");
    return this.threads.read(teamId, approvalId, by.personId);
  }

  @Operation(routes.seeApproval)
  async see(@By() by: Session, @Param() { id }: IdPath, @Body() { digest }: SeenBody): Promise<void> {
    const approvalId = ApprovalId.parse(id);
    const [{ teamId, customerId }, device] = await Promise.all([this.access.approval(by, approvalId), this.devices.ofSession(by, by.key)]);
    if (!mayReadContent(by, customerId)) throw new HttpRefusal('content_not_yours', "the manifest belongs to the team's customer");
    const waited = await this.seen.note(teamId, approvalId, by, { digest, deviceId: device?.id });
    if (waited !== undefined) this.metrics.observe('approval_first_view', waited);
  }

  @Operation(routes.listAlerts)
  listAlerts(@By() by: Session, @Query() query: IdPageQuery) {
    return this.alerts.list(by, query);
  }

  @Operation(routes.undoDecision)
  async undo(@By() by: Session, @Param() { id }: IdPath, @NewId() undoId: string, @Res({ passthrough: true }) reply: GatewayReply): Promise<DecisionUndone> {
    const approvalId = ApprovalId.parse(id);
    const [{ teamId }, device] = await Promise.all([this.access.approval(by, approvalId), this.devices.ofSession(by, by.key)]);
    const undone = await this.undos.undo({ teamId, approvalId, caller: by, deviceId: device?.id, undoId });
    void reply.header('etag', `"${undone.version}"`);
    return undone;
  }

  @Operation(routes.settleEffect)
  async settle(@By() by: Session, @Param() { id }: IdPath, @Body() { outcome, reason = '' }: SettleEffectBody, @NewId() settlementId: string): Promise<EffectSettled> {
    const approvalId = ApprovalId.parse(id);
    const { teamId } = await this.access.approval(by, approvalId);
    const { state } = await this.commands.carry(settleEffect, { teamId, approvalId, settlementId, by: requester(by), outcome, reason }, { timeoutMs: SETTLE_MS });
    return { approvalId, state: state ?? 'unknown' };
  }
}
