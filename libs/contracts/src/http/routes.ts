import type { BodyClass } from '../message.js';
import type { Role } from '../states.js';
import { AdoptMirrorBody, AdoptedMirror, AnswerTaskBody, CancelGoalBody, GoalDetail, GoalSummaryPage, PauseGoalBody, SubmitGoalBody } from './goals.js';
import { CardSeen } from '../commands/board.js';
import { AddCardBody, AssignCardBody, Board, CardMoved, CardPath, OrderBody, RequestChangesBody, RequestReviewBody, ReviewersBody, TaskHistory } from './board.js';
import {
  AgentInstanceFound, AgentInstanceList, ApprovalGiven, ApprovalQueue, ApprovalRefused, InstancesQuery, ListQuery, InstanceStopped, MissionHalted, MissionSteered, MissionSummaryList, ReasonBody, SpawnAnswer, SpawnBody,
  TeamChoiceQuery, TemplateBody, TemplateDeleted, TemplateFound, TemplateList, TemplatePatchBody, TemplateSaved, WireIdPath,
} from './agent-team.js';
import { AlertPage, ApprovalChallenge, ApprovalDetail, ApprovalThread, AssertionBody, ApprovalQuery, ApprovalSummaryPage, BatchSyncBody, BatchSynced, DecideBody, DecisionList, DecisionRecorded, EffectSettled, ReceiptQuery, SeenBody, SettleEffectBody, DecisionUndone } from './approvals.js';
import { BundleDetail, BundleDraftBody, BundleDraftView, BundlePublished, BundleSummaryPage, BundleVersionList, DraftSummaryPage, PublishBundleBody, RollBackBundleBody } from './bundles.js';
import { ArtifactDetail, ArtifactPage, ArtifactQuery } from './artifacts.js';
import { Accepted, ArtifactPath, ArtifactVersionPath, Created, GoalPath, IdPageQuery, IdPath, PageQuery, TaskPath, TeamPath } from './common.js';
import { DelegateBody, DelegatedView, FanOutBody, PlacesView } from './fanout.js';
import { CoordinationView, RecommendationList } from './coordination.js';
import { CompositionChangeBody, EscalationPage, EscalationQuery, EscalationStanding, MemberPath, RecordIncidentBody, ResolveEscalationBody } from './escalations.js';
import { Archived, ArchiveBody, AttachmentPath, AttachmentStored, MessagePath, InterruptBody, Interrupted, MemberEnded, MemberMessagePage, MessagesQuery, SendMessageBody, ShutdownBody } from './member-messages.js';
import { AnswerClarificationBody, ClarificationPage, ClarificationPath, ClarificationsQuery } from './clarifications.js';
import { LogQuery, MemberList, MemberLog } from './members.js';
import { AddContextBody, ContextDetail, ContextPath, ContextVersionDetail, ContextVersionPath, OverwriteQuery, PutContextBody, Workspace } from './workspace.js';
import { CreateMissionBody, MissionEventAnswer, MissionEventInput, MissionEventList, MissionEventsQuery, MissionsQuery, MissionFound, MissionList } from './missions.js';
import { ApplyPoliciesBody, PoliciesApplied, PoliciesView, PolicyView, PutPolicyBody, RecallBody, SimulateBody, Simulation, SkillPath, SkillTraceQuery, SkillTrace, SpawnDecisionView } from './policies.js';
import { BudgetQuery, BudgetTreePage, RaiseBody, RaiseRequested } from './budgets.js';
import { QuoteBody, QuoteView } from './prices.js';
import { NotificationPreferences, NotificationPreferencesBody, PushSubscriptionBody, ReachView, TestRing } from './notifications.js';
import { AddPersonBody, ApproverKeyPage, ApproverKeyView, Device, DevicePage, EnrolKeyBody, ErasedPerson, ErasePersonBody, Me, PasskeyWish, PersonPage, RegisterDevice, RenameDevice, RegisterPasskeyBody } from './people.js';
import { AskHelpdeskBody, AuditEntryPage, AuditProofQuery, AuditProofView, AuditQuery, CheckpointView, DenialPage, DenialQuery, EventQuery, HelpdeskMessagePage, HelpdeskReply, HandoffPacket, HelpdeskNotePage } from './records.js';
import { BundleVersionPath, CertificationView, ConfirmEvolutionBody, DecideEvolutionBody, EvolutionBody, EvolutionPage, EvolutionPath, EvolutionView, ReviewBody, ReviewList } from './governance.js';
import { HireTeamBody, RateTeamBody, TeamDetail, TeamStanding, TeamSummaryPage, TeamVerbBody, TrialView } from './teams.js';

/** One operation of the outward API: controllers take path, method, status and roles from here, and so does the OpenAPI document. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Parameters as `:name`. */
  readonly path: string;
  readonly summary: string;
  /** Who may call it; everybody else who is signed in gets 403. Whose team it is, is judged after that (404). */
  readonly roles: readonly Role[] | 'signed-in';
  readonly status: 200 | 201 | 202 | 204;
  readonly params?: BodyClass;
  readonly query?: BodyClass;
  readonly body?: BodyClass;
  readonly reply?: BodyClass;
  /** Media type of a body that is not JSON, and is taken as it comes. */
  readonly bodyMedia?: string;
  /** Media type of a reply that is not JSON. */
  readonly media?: string;
  /** Status when a repeat gets the first answer again; the first one's unless said. */
  readonly replayStatus?: 200;
  /** Needs `If-Match` with the version that was read. */
  readonly ifMatch?: true;
  /** The original's: its shapes and errors, members that are not known are passed over, an `Idempotency-Key` may be left out. */
  readonly compatible?: true;
}

const governor = ['customer_governor'] as const;
const SIGNED_IN = 'signed-in';
const team = '/v1/teams/:teamId';

const verb = (name: string, summary: string, roles: readonly Role[]) =>
  ({ method: 'POST', path: `${team}/${name}`, summary, roles, status: 200, params: TeamPath, body: TeamVerbBody, reply: TeamStanding }) as const;

const card = (name: string, summary: string, body: BodyClass = CardSeen) =>
  ({ method: 'POST', path: `${team}/tasks/:taskId/${name}`, summary, roles: governor, status: 200, params: CardPath, body, reply: CardMoved }) as const;

const steering = ['customer_governor', 'operator', 'platform_governor'] as const;
const answering = ['customer_governor', 'platform_governor'] as const;
const composing = [...answering, 'genesis'] as const;
const platform = ['platform_governor'] as const;
const authorities = ['genesis', 'systems_architect', 'vision_guardian', 'platform_governor'] as const;
const compatible = { status: 200, compatible: true } as const;

/** The original's routes, and beside them (marked "ours" in docs/interface.md) what its clients do not know and need not. */
const agentTeamRoutes = {
  spawnAgent: { ...compatible, method: 'POST', path: '/agent-team/spawn', summary: 'Ask the spawn gate for an agent', roles: steering, query: TeamChoiceQuery, body: SpawnBody, reply: SpawnAnswer },
  listInstances: { ...compatible, method: 'GET', path: '/agent-team/instances', summary: 'Agents, the newest first', roles: SIGNED_IN, query: InstancesQuery, reply: AgentInstanceList },
  readInstance: { ...compatible, method: 'GET', path: '/agent-team/instance/:id', summary: 'One agent', roles: SIGNED_IN, params: WireIdPath, reply: AgentInstanceFound },
  cancelInstance: { ...compatible, method: 'POST', path: '/agent-team/instance/:id/cancel', summary: 'Stop an agent and everything it started', roles: steering, params: WireIdPath, body: ReasonBody, reply: InstanceStopped },
  listAgentMissions: { ...compatible, method: 'GET', path: '/agent-team/missions', summary: 'Missions by their agents and what they spent', roles: SIGNED_IN, query: ListQuery, reply: MissionSummaryList },
  cancelAgentMission: { ...compatible, method: 'POST', path: '/agent-team/mission/:id/cancel', summary: 'Stop a mission and all its agents', roles: steering, params: WireIdPath, query: TeamChoiceQuery, body: ReasonBody, reply: MissionHalted },
  pauseAgentMission: { ...compatible, method: 'POST', path: '/agent-team/mission/:id/pause', summary: 'Let a mission start nothing for a while', roles: steering, params: WireIdPath, query: TeamChoiceQuery, body: ReasonBody, reply: MissionSteered },
  resumeAgentMission: { ...compatible, method: 'POST', path: '/agent-team/mission/:id/resume', summary: 'Let a mission go on', roles: steering, params: WireIdPath, query: TeamChoiceQuery, body: ReasonBody, reply: MissionSteered },
  listGateApprovals: { ...compatible, method: 'GET', path: '/agent-team/approvals', summary: 'Questions of the gate that wait for a person', roles: SIGNED_IN, query: ListQuery, reply: ApprovalQueue },
  approveSpawn: { ...compatible, method: 'POST', path: '/agent-team/approvals/spawn/:id/approve', summary: 'Let a spawn happen, if the gate still lets it', roles: answering, params: WireIdPath, body: ReasonBody, reply: ApprovalGiven },
  denySpawn: { ...compatible, method: 'POST', path: '/agent-team/approvals/spawn/:id/deny', summary: 'Refuse a spawn', roles: answering, params: WireIdPath, body: ReasonBody, reply: ApprovalRefused },
  approveTool: { ...compatible, method: 'POST', path: '/agent-team/approvals/tool/:id/approve', summary: 'Let one tool call happen', roles: answering, params: WireIdPath, body: ReasonBody, reply: ApprovalGiven },
  denyTool: { ...compatible, method: 'POST', path: '/agent-team/approvals/tool/:id/deny', summary: 'Refuse a tool call', roles: answering, params: WireIdPath, body: ReasonBody, reply: ApprovalRefused },
  approveBudget: { ...compatible, method: 'POST', path: '/agent-team/approvals/budget/:id/approve', summary: 'Raise a budget that is used up', roles: answering, params: WireIdPath, body: ReasonBody, reply: ApprovalGiven },
  denyBudget: { ...compatible, method: 'POST', path: '/agent-team/approvals/budget/:id/deny', summary: 'Leave a budget as it is', roles: answering, params: WireIdPath, body: ReasonBody, reply: ApprovalRefused },
  listTemplates: { ...compatible, method: 'GET', path: '/agent-team/templates', summary: 'Agent templates in force', roles: SIGNED_IN, reply: TemplateList },
  readTemplate: { ...compatible, method: 'GET', path: '/agent-team/templates/:id', summary: 'One agent template', roles: SIGNED_IN, params: WireIdPath, reply: TemplateFound },
  createTemplate: { ...compatible, method: 'POST', path: '/agent-team/templates', summary: 'Make or replace an agent template', roles: platform, body: TemplateBody, reply: TemplateSaved },
  patchTemplate: { ...compatible, method: 'PATCH', path: '/agent-team/templates/:id', summary: 'Change fields of an agent template', roles: platform, params: WireIdPath, body: TemplatePatchBody, reply: TemplateSaved },
  deleteTemplate: { ...compatible, method: 'DELETE', path: '/agent-team/templates/:id', summary: 'Take an agent template back', roles: platform, params: WireIdPath, reply: TemplateDeleted },
  createMission: { ...compatible, method: 'POST', path: '/mission', summary: 'Make a mission', roles: governor, query: TeamChoiceQuery, body: CreateMissionBody, reply: MissionFound },
  listMissions: { ...compatible, method: 'GET', path: '/mission', summary: 'Missions and goals', roles: SIGNED_IN, query: MissionsQuery, reply: MissionList },
  readMission: { ...compatible, method: 'GET', path: '/mission/:id', summary: 'One mission, or a goal as one', roles: SIGNED_IN, params: WireIdPath, reply: MissionFound },
  postMissionEvent: { ...compatible, method: 'POST', path: '/mission/:id/event', summary: 'Say what happened to a mission, or shall', roles: steering, params: WireIdPath, body: MissionEventInput, reply: MissionEventAnswer },
  listMissionEvents: { ...compatible, method: 'GET', path: '/mission/:id/events', summary: 'What was said about a mission', roles: SIGNED_IN, params: WireIdPath, query: MissionEventsQuery, reply: MissionEventList },
  agentEvents: { ...compatible, method: 'GET', path: '/event', summary: 'What agents do (SSE); Last-Event-ID resumes', roles: SIGNED_IN, query: TeamChoiceQuery, media: 'text/event-stream' },
  allAgentEvents: { ...compatible, method: 'GET', path: '/global/event', summary: 'The same of every team the listener sees', roles: SIGNED_IN, media: 'text/event-stream' },
} as const satisfies Record<string, Route>;

export const routes = {
  ...agentTeamRoutes,
  me: { method: 'GET', path: '/v1/me', summary: 'The signed-in person, their roles and teams', roles: SIGNED_IN, status: 200, reply: Me },

  addPerson: { method: 'POST', path: '/v1/people', summary: "Enter a person of the operator's own issuer", roles: platform, status: 201, body: AddPersonBody, reply: Created },
  erasePerson: { method: 'POST', path: '/v1/people/:id/erase', summary: 'Erase the personal data of a person; the record stays, and opens nothing of them any more', roles: platform, status: 200, body: ErasePersonBody, reply: ErasedPerson },
  listPeople: { method: 'GET', path: '/v1/people', summary: 'Everybody who may sign in', roles: platform, status: 200, query: IdPageQuery, reply: PersonPage },

  listBundles: { method: 'GET', path: '/v1/bundles', summary: 'Published team bundles', roles: SIGNED_IN, status: 200, query: PageQuery, reply: BundleSummaryPage },
  readBundle: { method: 'GET', path: '/v1/bundles/:bundleId', summary: 'One bundle, newest published version', roles: SIGNED_IN, status: 200, reply: BundleDetail },

  listBundleVersions: { method: 'GET', path: '/v1/bundles/:bundleId/versions', summary: 'All versions of a bundle, and how many teams work by each', roles: platform, status: 200, reply: BundleVersionList },
  listBundleDrafts: { method: 'GET', path: '/v1/bundle-drafts', summary: 'Bundles that are being written', roles: platform, status: 200, query: PageQuery, reply: DraftSummaryPage },
  beginBundle: { method: 'POST', path: '/v1/bundles', summary: 'Begin the draft of a bundle, new or known, from its file or its fields', roles: platform, status: 201, body: BundleDraftBody, reply: BundleDraftView },
  beginBundleVersion: { method: 'POST', path: '/v1/bundles/:bundleId/versions', summary: 'Begin the draft of the next version from the newest', roles: platform, status: 201, reply: BundleDraftView },
  readBundleDraft: { method: 'GET', path: '/v1/bundles/:bundleId/draft', summary: 'A draft with its faults, what it changes for the customer, and its price', roles: platform, status: 200, reply: BundleDraftView },
  changeBundleDraft: { method: 'PUT', path: '/v1/bundles/:bundleId/draft', summary: 'Change a draft', roles: platform, status: 200, body: BundleDraftBody, reply: BundleDraftView, ifMatch: true },
  dropBundleDraft: { method: 'DELETE', path: '/v1/bundles/:bundleId/draft', summary: 'Throw a draft away', roles: platform, status: 204, ifMatch: true },
  reviewBundle: { method: 'POST', path: '/v1/bundles/:bundleId/review', summary: 'Say that one has looked at what a draft changes', roles: platform, status: 200, reply: BundleDraftView, ifMatch: true },
  publishBundle: { method: 'POST', path: '/v1/bundles/:bundleId/publish', summary: 'Publish a draft as it was reviewed', roles: platform, status: 200, body: PublishBundleBody, reply: BundlePublished, ifMatch: true },
  rollBackBundle: { method: 'POST', path: '/v1/bundles/:bundleId/rollback', summary: 'Publish an older version again, under the next number', roles: platform, status: 200, body: RollBackBundleBody, reply: BundlePublished },
  quote: { method: 'POST', path: '/v1/pricing/quote', summary: 'What a bundle or a composition costs, and for the platform what it costs to carry', roles: SIGNED_IN, status: 200, body: QuoteBody, reply: QuoteView },

  reviewBundleVersion: { method: 'POST', path: '/v1/bundles/:bundleId/versions/:version/reviews', summary: 'Say in one’s role what one thinks of a published version; or, as the governor, why a role need not look at it', roles: authorities, status: 201, params: BundleVersionPath, body: ReviewBody, reply: Created },
  listBundleReviews: { method: 'GET', path: '/v1/bundles/:bundleId/versions/:version/reviews', summary: 'What was said about a version, the newest first', roles: authorities, status: 200, params: BundleVersionPath, reply: ReviewList },
  proposeEvolution: { method: 'POST', path: '/v1/evolutions', summary: 'Propose that agents may do, touch or decide more than was decided', roles: authorities, status: 201, body: EvolutionBody, reply: EvolutionView },
  listEvolutions: { method: 'GET', path: '/v1/evolutions', summary: 'Evolutions, the newest first', roles: authorities, status: 200, query: PageQuery, reply: EvolutionPage },
  readEvolution: { method: 'GET', path: '/v1/evolutions/:evolutionId', summary: 'One evolution with its reviews and the governor’s answers', roles: authorities, status: 200, params: EvolutionPath, reply: EvolutionView },
  reviewEvolution: { method: 'POST', path: '/v1/evolutions/:evolutionId/reviews', summary: 'Review an evolution in one’s role, or waive a review of it', roles: authorities, status: 201, params: EvolutionPath, body: ReviewBody, reply: Created },
  listEvolutionReviews: { method: 'GET', path: '/v1/evolutions/:evolutionId/reviews', summary: 'What was said about it, the newest first', roles: authorities, status: 200, params: EvolutionPath, reply: ReviewList },
  confirmEvolution: { method: 'POST', path: '/v1/evolutions/:evolutionId/answers', summary: 'Answer one of the six questions before an evolution is approved', roles: platform, status: 200, params: EvolutionPath, body: ConfirmEvolutionBody, reply: EvolutionView },
  decideEvolution: { method: 'POST', path: '/v1/evolutions/:evolutionId/decision', summary: 'Approve an evolution, which makes its precedent, or reject it; its proposer may withdraw it', roles: authorities, status: 200, params: EvolutionPath, body: DecideEvolutionBody, reply: EvolutionView },

  hireTeam: { method: 'POST', path: '/v1/teams', summary: 'Hire a team', roles: governor, status: 201, body: HireTeamBody, reply: Created },
  listTeams: { method: 'GET', path: '/v1/teams', summary: "The customer's teams; all of them for platform staff", roles: SIGNED_IN, status: 200, query: PageQuery, reply: TeamSummaryPage },
  readTeam: { method: 'GET', path: team, summary: 'One team with members, budget and goals', roles: SIGNED_IN, status: 200, params: TeamPath, reply: TeamDetail },
  readCertification: { method: 'GET', path: `${team}/certification`, summary: 'What a team was certified by, or would be now, and what stands against it', roles: SIGNED_IN, status: 200, params: TeamPath, reply: CertificationView },
  readCharter: { method: 'GET', path: `${team}/charter`, summary: 'The team’s charter and the protocol it works by, rendered from what is enforced', roles: SIGNED_IN, status: 200, params: TeamPath, media: 'text/markdown' },
  certifyTeam: verb('certify', 'Certify a requested team', ['genesis']),
  rejectTeam: verb('reject', 'Refuse a requested team', ['genesis']),
  deployTeam: verb('deploy', 'Put a certified team to work', ['customer_governor', 'platform_governor']),
  suspendTeam: verb('suspend', 'Stop a team at once and hand over to the helpdesk', ['customer_governor', 'platform_governor', 'genesis', 'operator']),
  reactivateTeam: verb('reactivate', 'Let a suspended team go on', ['platform_governor', 'genesis']),
  completeTeam: verb('complete', 'End a team whose work is done', answering),
  dissolveTeam: verb('dissolve', 'End a suspended team', ['platform_governor', 'genesis']),
  cancelTeam: verb('cancel', 'Cancel a team, wherever it is; what it made is kept', answering),
  archiveTeam: verb('archive', 'Put a team away that is over', platform),
  promoteTeam: verb('promote', 'Make a trial production, when it has passed its test', answering),
  extendTrial: verb('extend', 'Make a trial longer', answering),
  coordinateTeam: verb('coordinate', 'Coordinate a team oneself for a while, in its manager’s place', platform),
  handBackTeam: verb('hand-back', 'Let a team’s manager coordinate it again', platform),
  revertTeam: verb('revert', 'Make a team’s members single agents again, without a manager; cannot be taken back', answering),
  suspendMember: { method: 'POST', path: `${team}/members/:memberId/suspend`, summary: 'Stop one member of a team', roles: composing, status: 200, params: MemberPath, body: TeamVerbBody, reply: TeamStanding },
  reinstateMember: { method: 'POST', path: `${team}/members/:memberId/reinstate`, summary: 'Let a suspended member work again', roles: ['genesis'], status: 200, params: MemberPath, body: TeamVerbBody, reply: TeamStanding },
  replaceMember: { method: 'POST', path: `${team}/members/:memberId/replace`, summary: 'Give a member’s place to a fresh one, as a governor has asked', roles: ['genesis'], status: 201, params: MemberPath, body: TeamVerbBody, reply: Created },
  // nobody may; whoever tries is told why, and what there is instead
  addMember: { method: 'POST', path: `${team}/members`, summary: 'Refused (composition_fixed): nobody is added to a team that is hired', roles: composing, status: 200, params: TeamPath },
  removeMember: { method: 'DELETE', path: `${team}/members/:memberId`, summary: 'Refused (composition_fixed): nobody is taken away from a team that is hired', roles: composing, status: 200, params: MemberPath },
  changeComposition: { method: 'POST', path: `${team}/composition-change`, summary: 'Ask for another composition of a team: recorded, and escalated to Genesis', roles: answering, status: 201, params: TeamPath, body: CompositionChangeBody, reply: Created },
  recordIncident: { method: 'POST', path: `${team}/incidents`, summary: 'Record what no row shows, for whoever has to look at it', roles: ['customer_governor', 'platform_governor', 'vision_guardian', 'systems_architect', 'operator'], status: 201, params: TeamPath, body: RecordIncidentBody, reply: Created },
  listRecommendations: { method: 'GET', path: '/v1/recommendations', summary: 'Which members managers recommend to suspend, of all teams', roles: ['genesis'], status: 200, reply: RecommendationList },
  listEscalations: { method: 'GET', path: '/v1/escalations', summary: 'What somebody of one’s own roles has to look at; newest first', roles: SIGNED_IN, status: 200, query: EscalationQuery, reply: EscalationPage },
  acknowledgeEscalation: { method: 'POST', path: '/v1/escalations/:id/acknowledge', summary: 'Say that one has seen it', roles: SIGNED_IN, status: 200, params: IdPath, reply: EscalationStanding },
  resolveEscalation: { method: 'POST', path: '/v1/escalations/:id/resolve', summary: 'Say how it ended', roles: SIGNED_IN, status: 200, params: IdPath, body: ResolveEscalationBody, reply: EscalationStanding },
  readTrial: { method: 'GET', path: `${team}/trial`, summary: 'How a trial stands, and what stands against production', roles: SIGNED_IN, status: 200, params: TeamPath, reply: TrialView },
  rateTeam: { method: 'POST', path: `${team}/rating`, summary: 'Say what one thinks of the own team', roles: governor, status: 204, params: TeamPath, body: RateTeamBody },
  exportTeam: { method: 'GET', path: `${team}/export`, summary: 'Everything that a team has made, as an archive', roles: SIGNED_IN, status: 200, params: TeamPath, media: 'application/x-tar' },

  fanOut: { method: 'POST', path: `${team}/fanout`, summary: 'Make sure that so many places for agents stand ready', roles: steering, status: 200, params: TeamPath, body: FanOutBody, reply: PlacesView },
  submitGoal: { method: 'POST', path: `${team}/goals`, summary: 'Give the team a goal', roles: governor, status: 201, params: TeamPath, body: SubmitGoalBody, reply: Created },
  listGoals: { method: 'GET', path: `${team}/goals`, summary: "The team's goals, newest first", roles: SIGNED_IN, status: 200, params: TeamPath, query: IdPageQuery, reply: GoalSummaryPage },
  readGoal: { method: 'GET', path: `${team}/goals/:goalId`, summary: 'One goal with tasks, approval and effect', roles: SIGNED_IN, status: 200, params: GoalPath, reply: GoalDetail },
  cancelGoal: { method: 'POST', path: `${team}/goals/:goalId/cancel`, summary: 'Stop a goal', roles: ['customer_governor', 'platform_governor', 'operator'], status: 200, params: GoalPath, body: CancelGoalBody, reply: Accepted },
  answerTask: { method: 'POST', path: `${team}/goals/:goalId/tasks/:taskId/answer`, summary: 'Answer a blocked task: try again with a note, or go on without it', roles: answering, status: 200, params: TaskPath, body: AnswerTaskBody, reply: Accepted },
  pauseGoal: { method: 'POST', path: `${team}/goals/:goalId/pause`, summary: 'Stop a goal for a while', roles: ['customer_governor', 'platform_governor', 'operator'], status: 200, params: GoalPath, body: PauseGoalBody, reply: Accepted },
  resumeGoal: { method: 'POST', path: `${team}/goals/:goalId/resume`, summary: 'Let a paused goal go on', roles: ['customer_governor', 'platform_governor', 'operator'], status: 200, params: GoalPath, reply: Accepted },
  delegateGoal: { method: 'POST', path: `${team}/goals/:goalId/delegate`, summary: 'Have the manager delegate a goal to at most so many workers', roles: answering, status: 200, params: GoalPath, body: DelegateBody, reply: DelegatedView },
  readBoard: { method: 'GET', path: `${team}/board`, summary: "The team's task board", roles: SIGNED_IN, status: 200, params: TeamPath, reply: Board },
  addCard: { method: 'POST', path: `${team}/tasks`, summary: 'Add a task to a goal that is at work', roles: governor, status: 201, params: TeamPath, body: AddCardBody, reply: Created },
  assignCard: card('assign', 'Give a task without an owner to a member', AssignCardBody),
  requestReview: card('request-review', 'Have done work reviewed', RequestReviewBody),
  startReview: card('start-review', 'Say that one has begun to review'),
  approveCard: card('approve', 'Approve done work: it stays inside the team'),
  requestCardChanges: card('request-changes', 'Send done work back to its owner, with a comment', RequestChangesBody),
  reopenCard: card('reopen', 'Take an approval of done work back'),
  removeCard: card('remove', 'Take a task that nobody was given off the board'),
  readHistory: { method: 'GET', path: `${team}/tasks/:taskId/history`, summary: 'What happened to a task, the oldest first', roles: SIGNED_IN, status: 200, params: CardPath, reply: TaskHistory },
  orderBoard: { method: 'PUT', path: `${team}/board/order`, summary: "Order a column's cards", roles: governor, status: 200, params: TeamPath, body: OrderBody, reply: Board, ifMatch: true },
  setReviewers: { method: 'PUT', path: `${team}/board/reviewers`, summary: 'Say who reviews what is done', roles: governor, status: 200, params: TeamPath, body: ReviewersBody, reply: Board, ifMatch: true },
  readCoordination: { method: 'GET', path: `${team}/coordination`, summary: 'How the manager shares the work out, what came of it, and what it recommends', roles: SIGNED_IN, status: 200, params: TeamPath, reply: CoordinationView },
  readWorkspace: { method: 'GET', path: `${team}/workspace`, summary: 'What the team shares, and how much it keeps', roles: SIGNED_IN, status: 200, params: TeamPath, reply: Workspace },
  addContext: { method: 'POST', path: `${team}/workspace`, summary: 'Share something with the team, or with whoever has a task', roles: governor, status: 201, params: TeamPath, body: AddContextBody, reply: Created },
  readContext: { method: 'GET', path: `${team}/workspace/:contextId`, summary: 'Something that is shared, with its versions; its ETag is needed to change it', roles: SIGNED_IN, status: 200, params: ContextPath, reply: ContextDetail },
  putContext: { method: 'PUT', path: `${team}/workspace/:contextId`, summary: 'Write another version; over one that was not seen only if that is wished', roles: governor, status: 200, params: ContextPath, query: OverwriteQuery, body: PutContextBody, reply: ContextDetail, ifMatch: true },
  readContextVersion: { method: 'GET', path: `${team}/workspace/:contextId/versions/:version`, summary: 'One version of something that is shared, with its content', roles: SIGNED_IN, status: 200, params: ContextVersionPath, reply: ContextVersionDetail },
  eraseContext: { method: 'DELETE', path: `${team}/workspace/:contextId/versions/:version`, summary: 'Have the content of a version erased; its hash stays', roles: governor, status: 204, params: ContextVersionPath },
  listMembers: { method: 'GET', path: `${team}/members`, summary: 'Members as they live: what is known of their agents, and what these use', roles: SIGNED_IN, status: 200, params: TeamPath, reply: MemberList },
  readMemberLog: { method: 'GET', path: `${team}/members/:memberId/log`, summary: 'What a member’s agents said, the newest first', roles: SIGNED_IN, status: 200, params: MemberPath, query: LogQuery, reply: MemberLog },
  listMessages: { method: 'GET', path: `${team}/messages`, summary: 'What was written to members, the newest first, and how far it has come with each', roles: SIGNED_IN, status: 200, params: TeamPath, query: MessagesQuery, reply: MemberMessagePage },
  sendMessage: { method: 'POST', path: `${team}/messages`, summary: 'Write to a member, or to all', roles: governor, status: 201, params: TeamPath, body: SendMessageBody, reply: Created },
  putAttachment: { method: 'PUT', path: `${team}/attachments/:sha256`, summary: 'Hand in a file for a message, under its hash', roles: governor, status: 200, params: AttachmentPath, bodyMedia: 'application/octet-stream', reply: AttachmentStored },
  readAttachment: { method: 'GET', path: `${team}/attachments/:sha256`, summary: 'The bytes of a file that went with a message', roles: SIGNED_IN, status: 200, params: AttachmentPath, media: '*/*' },
  eraseMessage: { method: 'DELETE', path: `${team}/messages/:messageId`, summary: 'Have a message’s words and files erased; their hashes stay', roles: governor, status: 204, params: MessagePath },
  archiveMessages: { method: 'POST', path: `${team}/messages/archive`, summary: 'Put away what was written up to a message', roles: governor, status: 200, params: TeamPath, body: ArchiveBody, reply: Archived },
  interruptMember: { method: 'POST', path: `${team}/members/:memberId/interrupt`, summary: 'Have a member’s next tool call answered with a message, and end what it does if that is wished', roles: governor, status: 201, params: MemberPath, body: InterruptBody, reply: Interrupted },
  askShutdown: { method: 'POST', path: `${team}/members/:memberId/shutdown`, summary: 'Ask a member to end; it says yes or no', roles: governor, status: 201, params: MemberPath, body: ShutdownBody, reply: Created },
  endMember: { method: 'POST', path: `${team}/members/:memberId/shutdown/stop`, summary: 'End a member that said no to its shutdown, or nothing in time', roles: governor, status: 200, params: MemberPath, reply: MemberEnded },
  listClarifications: { method: 'GET', path: `${team}/clarifications`, summary: 'What members ask about their tasks, the newest first, and what became of it', roles: SIGNED_IN, status: 200, params: TeamPath, query: ClarificationsQuery, reply: ClarificationPage },
  answerClarification: { method: 'POST', path: `${team}/clarifications/:questionId/answer`, summary: 'Answer what a member asks', roles: governor, status: 201, params: ClarificationPath, body: AnswerClarificationBody, reply: Created },
  adoptMirror: { method: 'POST', path: '/v1/mirrors', summary: 'Have the fleet take over a mirrored repository for the customer', roles: governor, status: 201, body: AdoptMirrorBody, reply: AdoptedMirror },

  listArtifacts: { method: 'GET', path: `${team}/artifacts`, summary: 'What a team keeps: the texts that it shares, and the files of its drafts', roles: SIGNED_IN, status: 200, params: TeamPath, query: ArtifactQuery, reply: ArtifactPage },
  describeArtifact: { method: 'GET', path: `${team}/artifacts/:artifactId`, summary: 'One artifact with its versions; its ETag is needed to change it', roles: SIGNED_IN, status: 200, params: ArtifactPath, reply: ArtifactDetail },
  putArtifact: { method: 'PUT', path: `${team}/artifacts/:artifactId`, summary: 'Write another version of a text; over one that was not seen only if that is wished', roles: governor, status: 200, params: ArtifactPath, query: OverwriteQuery, body: PutContextBody, reply: ArtifactDetail, ifMatch: true },
  readArtifact: { method: 'GET', path: `${team}/artifacts/:artifactId/versions/:version/content`, summary: 'The bytes of one artifact version', roles: SIGNED_IN, status: 200, params: ArtifactVersionPath, media: '*/*' },
  eraseArtifact: { method: 'DELETE', path: `${team}/artifacts/:artifactId/versions/:version/content`, summary: 'Have the bytes of a version of a text, or of a file of a finished goal, erased; the hash stays', roles: governor, status: 204, params: ArtifactVersionPath },
  readArtifactBase: { method: 'GET', path: `${team}/artifacts/:artifactId/versions/:version/base`, summary: 'The bytes it replaces', roles: SIGNED_IN, status: 200, params: ArtifactVersionPath, media: '*/*' },

  listApprovals: { method: 'GET', path: '/v1/approvals', summary: 'Approvals, newest first', roles: SIGNED_IN, status: 200, query: ApprovalQuery, reply: ApprovalSummaryPage },
  readApproval: { method: 'GET', path: '/v1/approvals/:id', summary: 'One approval; its ETag is needed to decide', roles: SIGNED_IN, status: 200, params: IdPath, reply: ApprovalDetail },
  readManifest: { method: 'GET', path: '/v1/approvals/:id/manifest', summary: 'The manifest, byte for byte as hashed', roles: SIGNED_IN, status: 200, params: IdPath, media: 'application/json' },
  listDecisions: { method: 'GET', path: '/v1/approvals/:id/decisions', summary: 'All decisions that were made on it, oldest first', roles: SIGNED_IN, status: 200, params: IdPath, reply: DecisionList },
  readReceipt: { method: 'GET', path: '/v1/approvals/:id/receipt', summary: "The decision's entry under a signed head, with the signature of a yes: to be kept, and verified without this server", roles: SIGNED_IN, status: 200, params: IdPath, query: ReceiptQuery, media: 'application/json' },
  decide: { method: 'POST', path: '/v1/approvals/:id/decision', summary: 'Approve, deny or request changes; or put off, escalate or ask, which leaves it open', roles: SIGNED_IN, status: 201, params: IdPath, body: DecideBody, reply: DecisionRecorded, ifMatch: true, replayStatus: 200 },
  batchSync: { method: 'POST', path: '/v1/approvals/batch-sync', summary: 'Send decisions that waited on a device for a connection; each is answered on its own', roles: SIGNED_IN, status: 200, body: BatchSyncBody, reply: BatchSynced },
  undoDecision: { method: 'POST', path: '/v1/approvals/:id/decision/undo', summary: 'Take back a decision of one’s own that has not taken effect', roles: SIGNED_IN, status: 200, params: IdPath, reply: DecisionUndone },
  challengeApproval: { method: 'POST', path: '/v1/approvals/:id/challenge', summary: 'What a yes is to be signed over, once and within two minutes', roles: SIGNED_IN, status: 200, params: IdPath, reply: ApprovalChallenge },
  readThread: { method: 'GET', path: '/v1/approvals/:id/thread', summary: 'What was said about a goal’s questions, and the earlier ones to compare this one with', roles: SIGNED_IN, status: 200, params: IdPath, reply: ApprovalThread },
  seeApproval: { method: 'POST', path: '/v1/approvals/:id/seen', summary: 'Say that one has opened it, with the digest of its manifest', roles: governor, status: 204, params: IdPath, body: SeenBody },
  listAlerts: { method: 'GET', path: '/v1/alerts', summary: 'What was reported, and agents that were paused; newest first', roles: SIGNED_IN, status: 200, query: IdPageQuery, reply: AlertPage },
  settleEffect: { method: 'POST', path: '/v1/approvals/:id/effect/settle', summary: 'Settle an effect whose outcome is unknown', roles: ['customer_governor', 'platform_governor'], status: 200, params: IdPath, body: SettleEffectBody, reply: EffectSettled },

  readSpawnDecision: { method: 'GET', path: '/v1/spawn-decisions/:id', summary: 'Why a spawn was allowed, asked about or denied', roles: SIGNED_IN, status: 200, params: IdPath, reply: SpawnDecisionView },
  readPolicy: { method: 'GET', path: '/v1/policies/spawn-policy', summary: 'The spawn policy in force; its ETag is needed to change it', roles: SIGNED_IN, status: 200, reply: PolicyView },
  putPolicy: { method: 'PUT', path: '/v1/policies/spawn-policy', summary: 'Put another spawn policy in force', roles: platform, status: 200, body: PutPolicyBody, reply: PolicyView, ifMatch: true },
  dropPolicy: { method: 'DELETE', path: '/v1/policies/spawn-policy', summary: 'Take the spawn policy back: nothing is started any more', roles: platform, status: 200, reply: PolicyView, ifMatch: true },
  readPolicies: { method: 'GET', path: '/v1/policies', summary: 'The spawn policy and the revision of all rules; its ETag is needed to change several at once', roles: SIGNED_IN, status: 200, reply: PoliciesView },
  applyPolicies: { method: 'POST', path: '/v1/policies/apply', summary: 'Put a spawn policy and templates in force together, all or none', roles: platform, status: 200, body: ApplyPoliciesBody, reply: PoliciesApplied, ifMatch: true },
  simulatePolicy: { method: 'POST', path: '/v1/policies/simulate', summary: 'What recorded decisions would be under a draft', roles: platform, status: 200, body: SimulateBody, reply: Simulation },
  traceSkill: { method: 'GET', path: '/v1/skills/:sha256', summary: 'Who holds or held a skill, and what was made with it', roles: platform, status: 200, params: SkillPath, query: SkillTraceQuery, reply: SkillTrace },
  liftRecall: { method: 'POST', path: '/v1/skills/recalls/lift', summary: 'Let agents start with a recalled skill again', roles: platform, status: 200, body: RecallBody, reply: SkillTrace },
  recallSkill: { method: 'POST', path: '/v1/skills/recalls', summary: 'Stop everything that holds a skill, and start nothing with it any more', roles: platform, status: 200, body: RecallBody, reply: SkillTrace },

  registerDevice: { method: 'POST', path: '/v1/devices', summary: 'Register a device and bind this session to it', roles: SIGNED_IN, status: 201, body: RegisterDevice, reply: Created },
  listDevices: { method: 'GET', path: '/v1/devices', summary: "The person's devices", roles: SIGNED_IN, status: 200, reply: DevicePage },
  readDevice: { method: 'GET', path: '/v1/devices/:id', summary: 'One device', roles: SIGNED_IN, status: 200, params: IdPath, reply: Device },
  renameDevice: { method: 'PATCH', path: '/v1/devices/:id', summary: 'Give a device another name', roles: SIGNED_IN, status: 200, params: IdPath, body: RenameDevice, reply: Device },
  removeDevice: { method: 'DELETE', path: '/v1/devices/:id', summary: 'Remove a device', roles: SIGNED_IN, status: 204, params: IdPath },
  loseDevice: { method: 'POST', path: '/v1/devices/:id/lost', summary: 'Report a device lost: its keys end, and whoever is signed in on it is signed out', roles: SIGNED_IN, status: 204, params: IdPath },
  subscribeDevice: { method: 'PUT', path: '/v1/devices/:id/subscription', summary: 'Say where a browser is rung', roles: SIGNED_IN, status: 204, params: IdPath, body: PushSubscriptionBody },
  testDevice: { method: 'POST', path: '/v1/devices/:id/test', summary: 'Ring a device now', roles: SIGNED_IN, status: 200, params: IdPath, reply: TestRing },
  readPreferences: { method: 'GET', path: '/v1/notification-preferences', summary: 'How the person wants to be reached', roles: SIGNED_IN, status: 200, reply: NotificationPreferences },
  putPreferences: { method: 'PUT', path: '/v1/notification-preferences', summary: 'Change how the person wants to be reached', roles: SIGNED_IN, status: 200, body: NotificationPreferencesBody, reply: NotificationPreferences, ifMatch: true },
  readReach: { method: 'GET', path: '/v1/approvals/:id/reach', summary: 'How people were reached about an approval', roles: SIGNED_IN, status: 200, params: IdPath, reply: ReachView },

  addKey: { method: 'POST', path: '/v1/devices/:id/keys', summary: 'Enrol a key to sign approvals with on a device', roles: governor, status: 201, params: IdPath, body: EnrolKeyBody, reply: ApproverKeyView },
  listKeys: { method: 'GET', path: '/v1/keys', summary: "The person's keys, and from when each is taken", roles: SIGNED_IN, status: 200, reply: ApproverKeyPage },
  vouchForKey: { method: 'POST', path: '/v1/keys/:id/vouch', summary: 'Vouch for a new key with one that is in effect, so that it need not wait', roles: governor, status: 200, params: IdPath, body: AssertionBody, reply: ApproverKeyView },
  askPasskey: { method: 'POST', path: '/v1/passkeys/registration', summary: 'What a passkey is to be made with', roles: governor, status: 200, reply: PasskeyWish },
  registerPasskey: { method: 'POST', path: '/v1/passkeys/registration/verify', summary: 'Enrol a passkey on the device of this session', roles: governor, status: 201, body: RegisterPasskeyBody, reply: ApproverKeyView },

  readHelpdesk: { method: 'GET', path: `${team}/helpdesk/messages`, summary: 'The conversation while the team is suspended', roles: SIGNED_IN, status: 200, params: TeamPath, reply: HelpdeskMessagePage },
  askHelpdesk: { method: 'POST', path: `${team}/helpdesk/messages`, summary: 'Ask the helpdesk', roles: governor, status: 201, params: TeamPath, body: AskHelpdeskBody, reply: HelpdeskReply },

  openHelpdesk: verb('helpdesk/open', 'Open the helpdesk of a suspended team, where its bundle left that to be decided', platform),
  leaveNote: { method: 'POST', path: `${team}/helpdesk/notes`, summary: 'Leave a message for a person', roles: governor, status: 201, params: TeamPath, body: AskHelpdeskBody, reply: Created },
  listNotes: { method: 'GET', path: `${team}/helpdesk/notes`, summary: 'What was left for a person, and the answers', roles: SIGNED_IN, status: 200, params: TeamPath, reply: HelpdeskNotePage },
  readHandoff: { method: 'GET', path: `${team}/helpdesk/handoff`, summary: 'The hand-off packet of a suspended team, HDP-1.0', roles: SIGNED_IN, status: 200, params: TeamPath, reply: HandoffPacket },
  raiseBudget: { method: 'POST', path: '/v1/budgets/:id/raise-requests', summary: 'Ask for more for a team or a mission', roles: steering, status: 201, params: IdPath, body: RaiseBody, reply: RaiseRequested },
  listBudgets: { method: 'GET', path: '/v1/budgets', summary: 'Accounts from the customer down to each agent', roles: SIGNED_IN, status: 200, query: BudgetQuery, reply: BudgetTreePage },
  listDenials: { method: 'GET', path: '/v1/denials', summary: 'What was refused: spawns, and what agents tried; newest first', roles: SIGNED_IN, status: 200, query: DenialQuery, reply: DenialPage },

  listEntries: { method: 'GET', path: '/v1/audit/:teamId/entries', summary: "Entries of the team's audit chain", roles: SIGNED_IN, status: 200, params: TeamPath, query: AuditQuery, reply: AuditEntryPage },
  readCheckpoint: { method: 'GET', path: '/v1/audit/:teamId/checkpoint', summary: 'A signed head over everything written so far', roles: SIGNED_IN, status: 200, params: TeamPath, reply: CheckpointView },
  readProof: { method: 'GET', path: '/v1/audit/:teamId/proof', summary: 'Proof that an entry stands under a signed head, or that the chain still begins as an earlier head says', roles: SIGNED_IN, status: 200, params: TeamPath, query: AuditProofQuery, reply: AuditProofView },
  exportChain: { method: 'GET', path: '/v1/audit/:teamId/export', summary: 'The whole chain for offline verification', roles: SIGNED_IN, status: 200, params: TeamPath, media: 'application/x-ndjson' },

  events: { method: 'GET', path: '/v1/events', summary: 'Live events (SSE); Last-Event-ID resumes', roles: SIGNED_IN, status: 200, query: EventQuery, media: 'text/event-stream' },
} as const satisfies Record<string, Route>;

export type Operation = keyof typeof routes;
export const allRoutes = (): [Operation, Route][] => Object.entries(routes) as [Operation, Route][];
