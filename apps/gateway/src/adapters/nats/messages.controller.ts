import { OnMessage, type Delivery } from '@countersign/bus';
import {
  approvalAnswered,
  approvalRequested,
  draftChecked,
  draftCommitted,
  draftDecided,
  draftSubmitted,
  effectFinished,
  effectStarted,
  escalationNews,
  goalChanged,
  helpdeskReplied,
  instanceEvent,
  memberLogged,
  memberProgress,
  questionAsked,
  reviewAsked,
  runFailed,
  taskAssigned,
  teamChanged,
  type ApprovalAsked,
  type ApprovalRequested,
  type DraftChecked,
  type DraftCommitted,
  type DraftDecided,
  type DraftRef,
  type EffectFinished,
  type EffectRef,
  type EscalationNews,
  type GoalRef,
  type HelpdeskReplied,
  type InstanceEvent,
  type MemberLogged,
  type MemberProgress,
  type Message,
  type QuestionAsked,
  type ReviewAsked,
  type RunFailed,
  type TaskRef,
  type TeamChanged,
  type TeamVerb,
} from '@countersign/contracts';
import { Controller } from '@nestjs/common';
import { Asking } from '../../asking.js';
import { eventOf } from '../../domain/event-view.js';
import { EventFeed } from '../../event-feed.js';
import { AccountNotices, type TeamNews } from '../postgres/account-notices.js';
import { SettleApprovals } from '../postgres/settle-approvals.js';

/** Which moves of a team its customer's governors are told of, as what. */
const NEWS: Readonly<Partial<Record<TeamVerb, TeamNews['kind']>>> = { suspend: 'team_suspended', reactivate: 'team_reactivated', complete: 'team_over', dissolve: 'team_over', cancel: 'team_over' };

/** Everything the gateway hears. Most of it only tells the screens to look again. */
@Controller()
export class MessagesController {
  constructor(
    private readonly feed: EventFeed,
    private readonly asking: Asking,
    private readonly settling: SettleApprovals,
    private readonly notices: AccountNotices,
  ) {}

  @OnMessage(approvalRequested)
  async approvalRequested(body: ApprovalRequested, delivery: Delivery): Promise<void> {
    await this.asking.onRequest(body, delivery);
    await this.tell(approvalRequested, body, delivery);
  }

  /** A stopped team's questions are taken back at once; the sweep would find them too. That it stands still, goes on or has ended is told of that move alone: much else changes of a team. Whoever ended it is not told so. */
  @OnMessage(teamChanged)
  async teamChanged(body: TeamChanged, delivery: Delivery): Promise<void> {
    await this.settling.sweep();
    const news = body.verb && NEWS[body.verb];
    if (news) await this.notices.tellOfTeam(delivery.teamId, body.epoch, news, news === 'team_over' ? body.by : undefined);
    await this.tell(teamChanged, body, delivery);
  }

  @OnMessage(escalationNews)
  escalation({ escalationId, what }: EscalationNews, _: Delivery): Promise<void> {
    return this.notices.tellOfEscalation(escalationId, what);
  }

  @OnMessage(reviewAsked)
  reviewAsked(body: ReviewAsked, { teamId }: Delivery): Promise<void> {
    return this.notices.tellOfReview(teamId, body);
  }

  @OnMessage(questionAsked)
  questionAsked(body: QuestionAsked, { teamId }: Delivery): Promise<void> {
    return this.notices.tellOfQuestion(teamId, body);
  }

  @OnMessage(taskAssigned)
  taskAssigned(body: TaskRef, delivery: Delivery): Promise<void> {
    return this.tell(taskAssigned, body, delivery);
  }
  @OnMessage(draftSubmitted)
  draftSubmitted(body: DraftRef, delivery: Delivery): Promise<void> {
    return this.tell(draftSubmitted, body, delivery);
  }
  @OnMessage(runFailed)
  runFailed(body: RunFailed, delivery: Delivery): Promise<void> {
    return this.tell(runFailed, body, delivery);
  }
  @OnMessage(draftChecked)
  draftChecked(body: DraftChecked, delivery: Delivery): Promise<void> {
    return this.tell(draftChecked, body, delivery);
  }
  @OnMessage(draftDecided)
  draftDecided(body: DraftDecided, delivery: Delivery): Promise<void> {
    return this.tell(draftDecided, body, delivery);
  }
  @OnMessage(draftCommitted)
  draftCommitted(body: DraftCommitted, delivery: Delivery): Promise<void> {
    return this.tell(draftCommitted, body, delivery);
  }
  @OnMessage(memberProgress)
  memberProgress(body: MemberProgress, delivery: Delivery): Promise<void> {
    return this.tell(memberProgress, body, delivery);
  }
  @OnMessage(memberLogged)
  memberLogged(body: MemberLogged, delivery: Delivery): Promise<void> {
    return this.tell(memberLogged, body, delivery);
  }
  @OnMessage(goalChanged)
  goalChanged(body: GoalRef, delivery: Delivery): Promise<void> {
    return this.tell(goalChanged, body, delivery);
  }
  @OnMessage(approvalAnswered)
  approvalAnswered(body: ApprovalAsked, delivery: Delivery): Promise<void> {
    return this.tell(approvalAnswered, body, delivery);
  }
  @OnMessage(effectStarted)
  effectStarted(body: EffectRef, delivery: Delivery): Promise<void> {
    return this.tell(effectStarted, body, delivery);
  }
  @OnMessage(effectFinished)
  effectFinished(body: EffectFinished, delivery: Delivery): Promise<void> {
    return this.tell(effectFinished, body, delivery);
  }
  @OnMessage(instanceEvent)
  instanceEvent(body: InstanceEvent, delivery: Delivery): Promise<void> {
    return this.tell(instanceEvent, body, delivery);
  }
  @OnMessage(helpdeskReplied)
  helpdeskReplied(body: HelpdeskReplied, delivery: Delivery): Promise<void> {
    return this.tell(helpdeskReplied, body, delivery);
  }

  private tell(message: Message, body: object, { teamId, params }: Delivery): Promise<void> {
    const event = eventOf(message.name, teamId, params, body);
    if (event) this.feed.publish(event);
    return Promise.resolve();
  }
}
