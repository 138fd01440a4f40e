import { ServiceConfig } from '@countersign/service';
import { Module, type Provider, type Type } from '@nestjs/common';
import { AgentEventsController } from './adapters/http/agent-events.controller.js';
import { AgentTeamController } from './adapters/http/agent-team.controller.js';
import { ApprovalsController } from './adapters/http/approvals.controller.js';
import { ArtifactsController } from './adapters/http/artifacts.controller.js';
import { AuditController } from './adapters/http/audit.controller.js';
import { AuthGuard } from './adapters/http/auth.guard.js';
import { BatchSyncController } from './adapters/http/batch-sync.controller.js';
import { ClarificationsController } from './adapters/http/clarifications.controller.js';
import { BoardController } from './adapters/http/board.controller.js';
import { BudgetsController } from './adapters/http/budgets.controller.js';
import { BundleDraftsController } from './adapters/http/bundle-drafts.controller.js';
import { BundlesController } from './adapters/http/bundles.controller.js';
import { Commands } from './adapters/http/commands.js';
import { EscalationsController } from './adapters/http/escalations.controller.js';
import { DenialsController } from './adapters/http/denials.controller.js';
import { DevController, LOCAL_DOUBLES } from './adapters/http/dev.controller.js';
import { DevicesController } from './adapters/http/devices.controller.js';
import { EventStreams } from './adapters/http/event-streams.js';
import { EventsController } from './adapters/http/events.controller.js';
import { FanOutController } from './adapters/http/fanout.controller.js';
import { GoalsController } from './adapters/http/goals.controller.js';
import { GovernanceController } from './adapters/http/governance.controller.js';
import { KeysController } from './adapters/http/keys.controller.js';
import { HelpdeskController } from './adapters/http/helpdesk.controller.js';
import { IdempotencyInterceptor } from './adapters/http/idempotency.interceptor.js';
import { Identity } from './adapters/http/identity.js';
import { MailController } from './adapters/http/mail.controller.js';
import { MembersController } from './adapters/http/members.controller.js';
import { SharedTextDesk } from './adapters/http/shared-text-desk.js';
import { WorkspaceController } from './adapters/http/workspace.controller.js';
import { MeController } from './adapters/http/me.controller.js';
import { Metrics } from './adapters/http/metrics.js';
import { MissionsController } from './adapters/http/missions.controller.js';
import { NotificationsController } from './adapters/http/notifications.controller.js';
import { PeopleController } from './adapters/http/people.controller.js';
import { PoliciesController } from './adapters/http/policies.controller.js';
import { ProblemFilter } from './adapters/http/problem.filter.js';
import { RateLimits } from './adapters/http/rate-limits.js';
import { SystemController } from './adapters/http/system.controller.js';
import { TeamChoice } from './adapters/http/team-choice.js';
import { TeamsController } from './adapters/http/teams.controller.js';
import { BodyPipe } from './adapters/http/validation.pipe.js';
import { MessagesController } from './adapters/nats/messages.controller.js';
import { DecisionDesk } from './adapters/http/decision-desk.js';
import { Once } from './adapters/http/once.js';
import { SignedHeads } from './adapters/nats/signed-heads.js';
import { BearerTokens } from './adapters/oidc/bearer-tokens.js';
import { DpopProofs } from './adapters/oidc/dpop-proofs.js';
import { LocalIssuer } from './adapters/oidc/local-issuer.js';
import { WebLoginController } from './adapters/oidc/web-login.controller.js';
import { AgentEvents } from './adapters/postgres/agent-events.js';
import { AccountNotices } from './adapters/postgres/account-notices.js';
import { Addresses } from './adapters/postgres/addresses.js';
import { AlertWriter } from './adapters/postgres/alert-writer.js';
import { Alerts } from './adapters/postgres/alerts.js';
import { Agents } from './adapters/postgres/agents.js';
import { ApproverKeys } from './adapters/postgres/approver-keys.js';
import { Approvals } from './adapters/postgres/approvals.js';
import { Attachments } from './adapters/postgres/attachments.js';
import { Artifacts } from './adapters/postgres/artifacts.js';
import { AskApproval } from './adapters/postgres/ask-approval.js';
import { AuditEntries } from './adapters/postgres/audit-entries.js';
import { AuditProofs } from './adapters/postgres/audit-proofs.js';
import { Budgets } from './adapters/postgres/budgets.js';
import { BundleDrafts } from './adapters/postgres/bundle-drafts.js';
import { Bundles } from './adapters/postgres/bundles.js';
import { Boards } from './adapters/postgres/board.js';
import { Clarifications } from './adapters/postgres/clarifications.js';
import { Challenges } from './adapters/postgres/challenges.js';
import { Conversation } from './adapters/postgres/conversation.js';
import { CoordinationReads } from './adapters/postgres/coordination.js';
import { Decide } from './adapters/postgres/decide.js';
import { DecisionReceipts } from './adapters/postgres/decision-receipts.js';
import { Erasure } from './adapters/postgres/erasure.js';
import { Escalations } from './adapters/postgres/escalations.js';
import { Denials } from './adapters/postgres/denials.js';
import { Devices } from './adapters/postgres/devices.js';
import { Governance } from './adapters/postgres/governance.js';
import { Goals } from './adapters/postgres/goals.js';
import { Haste } from './adapters/postgres/haste.js';
import { IdempotencyKeys } from './adapters/postgres/idempotency.js';
import { Ladders } from './adapters/postgres/ladders.js';
import { LoginAttempts } from './adapters/postgres/login-attempts.js';
import { MarkApproval } from './adapters/postgres/mark.js';
import { MemberMessages } from './adapters/postgres/member-messages.js';
import { Members } from './adapters/postgres/members.js';
import { Missions } from './adapters/postgres/missions.js';
import { NotificationPreferencesStore } from './adapters/postgres/notification-preferences.js';
import { Notifications } from './adapters/postgres/notifications.js';
import { PeopleDesk } from './adapters/postgres/people-desk.js';
import { People } from './adapters/postgres/people.js';
import { Policies } from './adapters/postgres/policies.js';
import { Prices } from './adapters/postgres/prices.js';
import { PublishBundle } from './adapters/postgres/publish-bundle.js';
import { Reach } from './adapters/postgres/reach.js';
import { SeenProofs } from './adapters/postgres/seen-proofs.js';
import { Seen } from './adapters/postgres/seen.js';
import { Sessions } from './adapters/postgres/sessions.js';
import { SettleApprovals } from './adapters/postgres/settle-approvals.js';
import { SpawnDecisions } from './adapters/postgres/spawn-decisions.js';
import { TeamAccess } from './adapters/postgres/team-access.js';
import { TeamExport } from './adapters/postgres/team-export.js';
import { Trials } from './adapters/postgres/trials.js';
import { Teams } from './adapters/postgres/teams.js';
import { Thread } from './adapters/postgres/thread.js';
import { UndoDecisions } from './adapters/postgres/undo-decisions.js';
import { Workspaces } from './adapters/postgres/workspaces.js';
import { Announcing } from './adapters/reach/announcing.js';
import { Channels } from './adapters/reach/channels.js';
import { EmailChannel } from './adapters/reach/email-channel.js';
import { FcmChannel } from './adapters/reach/fcm-channel.js';
import { LocalDoubles } from './adapters/reach/local-doubles.js';
import { Sending } from './adapters/reach/sending.js';
import { SmsChannel } from './adapters/reach/sms-channel.js';
import { WebPushChannel } from './adapters/reach/web-push-channel.js';
import { AgentEventTail } from './agent-event-tail.js';
import { Asking } from './asking.js';
import { Background } from './background.js';
import { GatewayConfig, readGatewayConfig } from './config.js';
import { EventFeed } from './event-feed.js';
import { Seed } from './seed.js';
import { Watch } from './watch.js';

const controllers = [
  SystemController, MeController, BundlesController, BundleDraftsController, TeamsController, FanOutController, GoalsController, GovernanceController, BoardController, ClarificationsController, ArtifactsController, ApprovalsController, BatchSyncController, DevicesController, KeysController, MailController, MembersController, WorkspaceController,
  NotificationsController, PeopleController, HelpdeskController, AuditController, EventsController, BudgetsController, DenialsController, EscalationsController, AgentTeamController, MissionsController, AgentEventsController, PoliciesController, DevController, WebLoginController, MessagesController,
];
const rows = [
  AccountNotices, Addresses, AlertWriter, Alerts, AgentEvents, Agents, Approvals, ApproverKeys, Artifacts, Attachments, AskApproval, AuditEntries, AuditProofs, Boards, Budgets, BundleDrafts, Bundles, Challenges, Clarifications, Conversation, CoordinationReads, Decide, DecisionReceipts, Denials, Devices, Erasure, Escalations, Goals, Governance, Haste, IdempotencyKeys, Ladders, LoginAttempts, MarkApproval, Missions, NotificationPreferencesStore, Notifications, People, PeopleDesk, Policies, Prices, PublishBundle, Reach, Seen, SeenProofs, Sessions, MemberMessages, Members,
  SettleApprovals, SignedHeads, SpawnDecisions, TeamAccess, TeamExport, Teams, Thread, Trials, UndoDecisions, Workspaces,
];
const web = [AuthGuard, BearerTokens, BodyPipe, Commands, DecisionDesk, DpopProofs, EventStreams, IdempotencyInterceptor, Identity, LocalIssuer, Metrics, Once, ProblemFilter, RateLimits, SharedTextDesk, TeamChoice];
const work = [AgentEventTail, Announcing, Asking, Background, EventFeed, Seed, Sending, Watch];

/** Real services where they are set up, else the doubles on loopback, or nothing. */
const push: Provider[] = [
  { provide: LOCAL_DOUBLES, inject: [GatewayConfig], useFactory: (config: GatewayConfig) => LocalDoubles.start(config) },
  {
    provide: FcmChannel,
    inject: [GatewayConfig, LOCAL_DOUBLES],
    useFactory: ({ fcmCredentialsFile }: GatewayConfig, doubles: LocalDoubles | undefined) => (doubles?.fcm ? FcmChannel.double(doubles.fcm) : FcmChannel.google(fcmCredentialsFile!)),
  },
  {
    provide: Channels,
    inject: [FcmChannel, GatewayConfig, LOCAL_DOUBLES],
    useFactory: (fcm: FcmChannel, { reach: { webPush, ...real } }: GatewayConfig, doubles: LocalDoubles | undefined) => {
      const [mail, sms] = [real.mail ?? doubles?.mailSettings, real.sms ?? doubles?.smsSettings];
      return new Channels({ fcm, ...(webPush && { webpush: new WebPushChannel(webPush) }), ...(mail && { email: new EmailChannel(mail) }), ...(sms && { sms: new SmsChannel(sms) }) }, webPush);
    },
  },
];

/** The gateway's module; `config` undefined: read from the environment. */
export function gatewayModule(config?: GatewayConfig): Type {
  const configured: Provider = { provide: GatewayConfig, inject: [ServiceConfig], useFactory: (service: ServiceConfig) => config ?? readGatewayConfig(process.env, service) };
  @Module({ controllers, providers: [configured, ...rows, ...web, ...work, ...push] })
  class GatewayModule {}
  return GatewayModule;
}
