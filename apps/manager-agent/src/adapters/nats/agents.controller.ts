import { OnCommand } from '@countersign/bus';
import {
  answerShutdown, askClarification, createTodo, giveUpClarification, joinTeam, listTodos, sendTeamMessage, takeMail, updateTodo,
  type AnswerShutdown, type AskClarification, type ByInstance, type ClarificationAsked, type ClarificationGivenUp, type CommandReply, type CreateTodo, type GiveUpClarification, type JoinTeam, type MailTaken, type SendTeamMessage, type TakeMail, type TeamJoined, type TeamMessageSent, type TodoList, type TodoReply, type UpdateTodo,
} from '@countersign/contracts';
import { Controller } from '@nestjs/common';
import { AgentDesk } from '../../agent-desk.js';
import { ClarificationDesk } from '../../clarification-desk.js';
import { MailDesk } from '../../mail-desk.js';

/** What workers may ask of their team, through the fleet that holds their processes. */
@Controller()
export class AgentsController {
  constructor(
    private readonly desk: AgentDesk,
    private readonly mail: MailDesk,
    private readonly clarifications: ClarificationDesk,
  ) {}

  @OnCommand(joinTeam)
  join(request: JoinTeam): Promise<TeamJoined> {
    return this.desk.join(request);
  }

  @OnCommand(sendTeamMessage)
  send(request: SendTeamMessage): Promise<TeamMessageSent> {
    return this.desk.send(request);
  }

  @OnCommand(createTodo)
  create(request: CreateTodo): Promise<TodoReply> {
    return this.desk.create(request);
  }

  @OnCommand(updateTodo)
  update(request: UpdateTodo): Promise<TodoReply> {
    return this.desk.update(request);
  }

  @OnCommand(listTodos)
  list(request: ByInstance): Promise<TodoList> {
    return this.desk.list(request);
  }

  @OnCommand(takeMail)
  takeMail(request: TakeMail): Promise<MailTaken> {
    return this.mail.take(request);
  }

  @OnCommand(answerShutdown)
  answerShutdown(request: AnswerShutdown): Promise<CommandReply> {
    return this.mail.answerShutdown(request);
  }

  @OnCommand(askClarification)
  ask(request: AskClarification): Promise<ClarificationAsked> {
    return this.clarifications.ask(request);
  }

  @OnCommand(giveUpClarification)
  giveUp(request: GiveUpClarification): Promise<ClarificationGivenUp> {
    return this.clarifications.giveUp(request);
  }
}
