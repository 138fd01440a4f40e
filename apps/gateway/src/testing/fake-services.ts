import { OnCommand } from '@countersign/bus';
import {
  addCard,
  adoptMirror,
  answerClarification,
  archiveMessages,
  cancelInstance,
  askHelpdesk,
  answerTask,
  cancelGoal,
  checkpoint,
  createMission,
  changeTeam,
  eraseArtifact,
  eraseContext,
  eraseMessage,
  confirmEvolution, decideEvolution, proposeEvolution, recordReview, hireTeam,
  rateTeam,
  reportPace,
  leaveNote,
  type LeaveNote,
  recordIncident,
  steerEscalation,
  steerMember,
  type RecordIncident,
  type SteerEscalation,
  type SteerMember,
  type ChangeTeam,
  type RateTeam,
  type ReportPace,
  missionEvent,
  moveCard,
  moveTeam,
  pauseAgent,
  pauseGoal,
  resumeGoal,
  RefusedError,
  sendToMember,
  stopMember,
  setReviewers,
  settleEffect,
  submitGoal,
  writeContext,
  type AddCard,
  type AdoptMirror,
  type AdoptReply,
  type AnswerTask,
  type AnswerClarification,
  type ArchiveMessages,
  type CancelInstance,
  type AskHelpdesk,
  type CancelGoal,
  type PostMissionEvent,
  type CheckpointReply,
  type CheckpointRequest,
  type CommandReply,
  type CreateMission,
  type EraseArtifact,
  type EraseContext,
  type EraseMessage,
  type WriteContext,
  type HelpdeskAnswer,
  type ConfirmEvolution, type DecideEvolution, type ProposeEvolution, type RecordReview, type HireTeam,
  type MoveCard,
  type MoveTeam,
  type PauseAgent,
  type PauseGoal,
  type ResumeGoal,
  type SendToMember,
  type StopMember,
  type Service,
  type SetReviewers,
  type SettleEffect,
  type SettleReply,
  type SubmitGoal,
} from '@countersign/contracts';
import { createService, type RunningService } from '@countersign/service';
import { serviceEnv } from '@countersign/testing';
import { Controller, Module } from '@nestjs/common';
import type { TestGateway } from './start-gateway.js';

/** What the other services were asked, and what they answer: tests of the door need no house behind it. */
export class Neighbours {
  readonly heard: { command: string; request: object }[] = [];
  /** How fast the API answered, as it was told: unasked, and so not among the rest. */
  readonly paces: ReportPace[] = [];
  /** The next answers, at once or when they come; `ok` when empty. */
  readonly answers: (CommandReply | Promise<CommandReply>)[] = [];
  /** The key of a team's log. */
  logKey = (teamId: string): string => `audit.countersign/test/team/${teamId}+00000000+AAAA`;

  /** The next request is refused, as an error that travels over the bus. */
  refuse(code: string, message: string): void {
    const refused = Promise.reject(new RefusedError(code, message));
    refused.catch(() => undefined); // it is awaited when the request comes
    this.answers.push(refused);
  }

  async answer(command: string, request: object): Promise<CommandReply> {
    this.heard.push({ command, request });
    return (await this.answers.shift()) ?? { ok: true, code: 'ok', message: '' };
  }
}

const controllersOf = (neighbours: Neighbours) => {
  @Controller()
  class Gate {
    @OnCommand(hireTeam)
    hire(request: HireTeam): Promise<CommandReply> {
      return neighbours.answer('hire', request);
    }
    @OnCommand(cancelInstance)
    cancelInstance(request: CancelInstance): Promise<CommandReply> {
      return neighbours.answer('cancel instance', request);
    }
    @OnCommand(changeTeam)
    change(request: ChangeTeam): Promise<CommandReply> {
      return neighbours.answer('change', request);
    }
    @OnCommand(steerEscalation)
    escalation(request: SteerEscalation): Promise<CommandReply> {
      return neighbours.answer('escalation', request);
    }
    @OnCommand(recordIncident)
    incident(request: RecordIncident): Promise<CommandReply> {
      return neighbours.answer('incident', request);
    }
    @OnCommand(steerMember)
    member(request: SteerMember): Promise<CommandReply> {
      return neighbours.answer('member', request);
    }
    @OnCommand(rateTeam)
    rate(request: RateTeam): Promise<CommandReply> {
      return neighbours.answer('rate', request);
    }
    @OnCommand(reportPace)
    pace(request: ReportPace): Promise<CommandReply> {
      neighbours.paces.push(request);
      return Promise.resolve({ ok: true, code: 'unchanged', message: '' });
    }
    @OnCommand(recordReview)
    review(request: RecordReview): Promise<CommandReply> {
      return neighbours.answer('record_review', request);
    }
    @OnCommand(proposeEvolution)
    propose(request: ProposeEvolution): Promise<CommandReply> {
      return neighbours.answer('propose_evolution', request);
    }
    @OnCommand(confirmEvolution)
    confirm(request: ConfirmEvolution): Promise<CommandReply> {
      return neighbours.answer('confirm_evolution', request);
    }
    @OnCommand(decideEvolution)
    decide(request: DecideEvolution): Promise<CommandReply> {
      return neighbours.answer('decide_evolution', request);
    }
    @OnCommand(moveTeam)
    move(request: MoveTeam): Promise<CommandReply> {
      return neighbours.answer('move', request);
    }
  }
  @Controller()
  class Manager {
    @OnCommand(submitGoal)
    submit(request: SubmitGoal): Promise<CommandReply> {
      return neighbours.answer('submit', request);
    }
    @OnCommand(createMission)
    createMission(request: CreateMission): Promise<CommandReply> {
      return neighbours.answer('create mission', request);
    }
    @OnCommand(missionEvent)
    missionEvent(request: PostMissionEvent): Promise<CommandReply> {
      return neighbours.answer('mission event', request);
    }
    @OnCommand(moveCard)
    moveCard(request: MoveCard): Promise<CommandReply> {
      return neighbours.answer('move card', request);
    }
    @OnCommand(addCard)
    addCard(request: AddCard): Promise<CommandReply> {
      return neighbours.answer('add card', request);
    }
    @OnCommand(sendToMember)
    sendToMember(request: SendToMember): Promise<CommandReply> {
      return neighbours.answer('send to member', request);
    }
    @OnCommand(eraseMessage)
    eraseMessage(request: EraseMessage): Promise<CommandReply> {
      return neighbours.answer('erase message', request);
    }
    @OnCommand(answerClarification)
    answerClarification(request: AnswerClarification): Promise<CommandReply> {
      return neighbours.answer('answer clarification', request);
    }
    @OnCommand(archiveMessages)
    archiveMessages(request: ArchiveMessages): Promise<CommandReply> {
      return neighbours.answer('archive messages', request);
    }
    @OnCommand(setReviewers)
    setReviewers(request: SetReviewers): Promise<CommandReply> {
      return neighbours.answer('set reviewers', request);
    }
    @OnCommand(answerTask)
    answerTask(request: AnswerTask): Promise<CommandReply> {
      return neighbours.answer('answer', request);
    }
    @OnCommand(cancelGoal)
    cancel(request: CancelGoal): Promise<CommandReply> {
      return neighbours.answer('cancel', request);
    }
    @OnCommand(pauseGoal)
    pause(request: PauseGoal): Promise<CommandReply> {
      return neighbours.answer('pause', request);
    }
    @OnCommand(pauseAgent)
    pauseAgent(request: PauseAgent): Promise<CommandReply> {
      return neighbours.answer('pause agent', request);
    }
    @OnCommand(resumeGoal)
    resume(request: ResumeGoal): Promise<CommandReply> {
      return neighbours.answer('resume', request);
    }
  }
  @Controller()
  class Helpdesk {
    @OnCommand(leaveNote)
    note(request: LeaveNote): Promise<CommandReply> {
      return neighbours.answer('note', request);
    }
    @OnCommand(askHelpdesk)
    async ask(request: AskHelpdesk): Promise<HelpdeskAnswer> {
      const reply = await neighbours.answer('ask', request);
      if (!reply.ok) throw new RefusedError(reply.code, reply.message);
      return { ...reply, answer: 'Your team was stopped; your work is kept.', seq: 2 };
    }
  }
  @Controller()
  class Fleet {
    @OnCommand(stopMember)
    stopMember(request: StopMember): Promise<CommandReply> {
      return neighbours.answer('stop member', request);
    }
    @OnCommand(writeContext)
    writeContext(request: WriteContext): Promise<CommandReply> {
      return neighbours.answer('write context', request);
    }
    @OnCommand(eraseContext)
    eraseContext(request: EraseContext): Promise<CommandReply> {
      return neighbours.answer('erase context', request);
    }
    @OnCommand(eraseArtifact)
    eraseArtifact(request: EraseArtifact): Promise<CommandReply> {
      return neighbours.answer('erase artifact', request);
    }
    @OnCommand(adoptMirror)
    async adopt(request: AdoptMirror): Promise<AdoptReply> {
      return { ...(await neighbours.answer('adopt', request)), heads: { main: 'a'.repeat(40) } };
    }
  }
  @Controller()
  class Executor {
    @OnCommand(settleEffect)
    async settle(request: SettleEffect): Promise<SettleReply> {
      return { ...(await neighbours.answer('settle', request)), state: 'executed' };
    }
  }
  @Controller()
  class Notary {
    @OnCommand(checkpoint)
    async sign(request: CheckpointRequest): Promise<CheckpointReply> {
      const { ok, code } = await neighbours.answer('sign', request);
      return { ok, code, size: 1, note: 'note', vkey: neighbours.logKey(request.teamId) };
    }
  }
  return { 'spawn-gate': Gate, 'manager-agent': Manager, 'helpdesk-agent': Helpdesk, fleet: Fleet, executor: Executor, notary: Notary };
};

export interface FakeHouse extends AsyncDisposable {
  readonly neighbours: Neighbours;
}

/** Starts stand-ins for the services the gateway asks, each with that service's own credentials. */
export async function startNeighbours(gateway: TestGateway): Promise<FakeHouse> {
  const neighbours = new Neighbours();
  const running: RunningService[] = [];
  for (const [service, controller] of Object.entries(controllersOf(neighbours)) as [Service, new () => object][]) {
    @Module({ controllers: [controller] })
    class Neighbour {}
    running.push(await createService({ service, module: Neighbour, env: serviceEnv(service, gateway) }));
  }
  return { neighbours, [Symbol.asyncDispose]: async () => void (await Promise.all(running.map((one) => one.close()))) };
}
