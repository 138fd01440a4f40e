import { Delivery, OnCommand, OnMessage } from '@countersign/bus';
import {
  addCard,
  answerClarification,
  answerTask,
  archiveMessages,
  approvalAsked,
  approvalDecided,
  cancelGoal,
  createMission,
  delegateGoal,
  draftChecked,
  draftCommitted,
  draftSubmitted,
  effectFinished,
  missionEvent,
  moveCard,
  pauseAgent,
  pauseGoal,
  resumeGoal,
  runFailed,
  eraseMessage,
  sendToMember,
  setReviewers,
  submitGoal,
  teamChanged,
  type AddCard,
  type AnswerClarification,
  type AnswerTask,
  type ArchiveMessages,
  type ApprovalAsked,
  type ApprovalDecided,
  type CancelGoal,
  type CommandReply,
  type CreateMission,
  type DelegateGoal,
  type DraftChecked,
  type DraftCommitted,
  type DraftRef,
  type EffectFinished,
  type GoalDelegated,
  type GoalId,
  type MessagesPutAway,
  type MissionReply,
  type MoveCard,
  type PauseAgent,
  type PauseGoal,
  type PostMissionEvent,
  type ResumeGoal,
  type RunFailed,
  type EraseMessage,
  type SendToMember,
  type SetReviewers,
  type SubmitGoal,
  type TeamChanged,
} from '@countersign/contracts';
import { Database } from '@countersign/database';
import { Controller } from '@nestjs/common';
import { ClarificationDesk } from '../../clarification-desk.js';
import { GoalDesk } from '../../goal-desk.js';
import { MailDesk } from '../../mail-desk.js';
import { MissionDesk } from '../../mission-desk.js';

/** Every message says "look" at one goal; what is done follows from its rows, in the epoch the message was written in. */
@Controller()
export class ManagerController {
  constructor(
    private readonly database: Database,
    private readonly desk: GoalDesk,
    private readonly missions: MissionDesk,
    private readonly mail: MailDesk,
    private readonly clarifications: ClarificationDesk,
  ) {}

  @OnCommand(submitGoal)
  submit(request: SubmitGoal): Promise<CommandReply> {
    return this.desk.submit(request);
  }

  @OnCommand(answerTask)
  answer(request: AnswerTask): Promise<CommandReply> {
    return this.desk.answer(request);
  }

  @OnCommand(moveCard)
  moveCard(request: MoveCard): Promise<CommandReply> {
    return this.desk.moveCard(request);
  }

  @OnCommand(addCard)
  addCard(request: AddCard): Promise<CommandReply> {
    return this.desk.addCard(request);
  }

  @OnCommand(setReviewers)
  setReviewers(request: SetReviewers): Promise<CommandReply> {
    return this.desk.setReviewers(request);
  }

  @OnCommand(eraseMessage)
  eraseMessage(request: EraseMessage): Promise<CommandReply> {
    return this.mail.erase(request);
  }

  @OnCommand(sendToMember)
  sendToMember(request: SendToMember): Promise<CommandReply> {
    return this.mail.send(request);
  }

  @OnCommand(answerClarification)
  answerClarification(request: AnswerClarification): Promise<CommandReply> {
    return this.clarifications.answer(request);
  }

  @OnCommand(archiveMessages)
  archiveMessages(request: ArchiveMessages): Promise<MessagesPutAway> {
    return this.mail.archive(request);
  }

  @OnCommand(delegateGoal)
  delegate(request: DelegateGoal): Promise<GoalDelegated> {
    return this.desk.delegate(request);
  }

  @OnCommand(cancelGoal)
  cancel(request: CancelGoal): Promise<CommandReply> {
    return this.missions.cancel(request);
  }

  @OnCommand(pauseGoal)
  pause(request: PauseGoal): Promise<CommandReply> {
    return this.missions.pause(request);
  }

  @OnCommand(pauseAgent)
  pauseAgent(request: PauseAgent): Promise<CommandReply> {
    return this.missions.pauseAgent(request);
  }

  @OnCommand(resumeGoal)
  async resume(request: ResumeGoal): Promise<CommandReply> {
    const reply = await this.missions.resume(request);
    // at once, and not with the next sweep: a person waits for it
    if (reply.ok) await this.desk.lookAtAll(request.teamId);
    return reply;
  }

  @OnCommand(createMission)
  createMission(request: CreateMission): Promise<MissionReply> {
    return this.missions.create(request);
  }

  @OnCommand(missionEvent)
  missionEvent(request: PostMissionEvent): Promise<MissionReply> {
    return this.missions.post(request);
  }

  @OnMessage(draftSubmitted)
  draftSubmitted(body: DraftRef, delivery: Delivery): Promise<void> {
    return this.look(body, delivery);
  }

  @OnMessage(draftChecked)
  draftChecked(body: DraftChecked, delivery: Delivery): Promise<void> {
    return this.look(body, delivery);
  }

  @OnMessage(draftCommitted)
  draftCommitted(body: DraftCommitted, delivery: Delivery): Promise<void> {
    return this.look(body, delivery);
  }

  @OnMessage(runFailed)
  runFailed(body: RunFailed, delivery: Delivery): Promise<void> {
    return this.look(body, delivery);
  }

  @OnMessage(approvalDecided)
  approvalDecided(body: ApprovalDecided, delivery: Delivery): Promise<void> {
    return this.look(body, delivery);
  }

  @OnMessage(approvalAsked)
  approvalAsked(body: ApprovalAsked, delivery: Delivery): Promise<void> {
    return this.look(body, delivery);
  }

  @OnMessage(effectFinished)
  effectFinished(body: EffectFinished, delivery: Delivery): Promise<void> {
    return this.look(body, delivery);
  }

  /** A reactivated team goes on from its rows; for a suspended one there is nothing the manager may do. */
  @OnMessage(teamChanged)
  async teamChanged({ state }: TeamChanged, delivery: Delivery): Promise<void> {
    await delivery.apply(this.database, (tx) => Promise.resolve(tx.ledgerOnly()));
    if (state === 'active') await this.desk.lookAtAll(delivery.teamId);
  }

  private async look({ goalId, epoch }: { readonly goalId: GoalId; readonly epoch: number }, delivery: Delivery): Promise<void> {
    await delivery.apply(this.database, (tx) => this.desk.look(tx, goalId), { fence: epoch });
  }
}
