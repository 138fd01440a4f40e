import { CommandClient } from '@countersign/bus';
import {
  answerShutdown, askClarification, createTodo, giveUpClarification, joinTeam, listTodos, RefusedError, sendTeamMessage, takeMail, updateTodo, uuidv7,
  type AnswerShutdown, type AskClarification, type ByInstance, type ClarificationAsked, type ClarificationGivenUp, type Command, type CommandReply, type CreateTodo, type GiveUpClarification, type InstanceId, type JoinTeam, type MailTaken, type SendTeamMessage, type TakeMail, type TeamId, type TeamJoined, type TeamMessageSent, type TodoList, type TodoReply, type UpdateTodo,
} from '@countersign/contracts';
import { Injectable } from '@nestjs/common';
import { ToolProblem } from '../tools/outcomes.js';
import { ASK_TRIES, insist } from './gate.js';

/** What is asked, without who asks. */
export type Asked<Q extends ByInstance> = Omit<Q, keyof ByInstance>;

/** A worker's line to its team: the manager's service, asked for the instance that this fleet bound to the process. */
export interface TeamPort {
  join(asked: Asked<JoinTeam>): Promise<TeamJoined>;
  send(asked: Asked<SendTeamMessage>): Promise<TeamMessageSent>;
  create(asked: Asked<CreateTodo>): Promise<TodoReply>;
  update(asked: Asked<UpdateTodo>): Promise<TodoReply>;
  list(): Promise<TodoList>;
  /** Says what this agent was given, and asks what waits for it. */
  mail(carried: Asked<TakeMail>): Promise<MailTaken>;
  /** Its answer comes as mail that names the question. */
  clarify(asked: Asked<AskClarification>): Promise<ClarificationAsked>;
  giveUp(asked: Asked<GiveUpClarification>): Promise<ClarificationGivenUp>;
  /** A yes or no to the end that a person asked for. */
  answerShutdown(answer: Asked<AnswerShutdown>): Promise<CommandReply>;
}

@Injectable()
export class TeamLine {
  constructor(private readonly commands: CommandClient) {}

  of(teamId: TeamId, instanceId: InstanceId): TeamPort {
    const by = (): ByInstance => ({ teamId, instanceId, callId: uuidv7() });
    return {
      join: (asked) => this.ask(joinTeam, { ...asked, ...by() }),
      send: (asked) => this.ask(sendTeamMessage, { ...asked, ...by() }),
      create: (asked) => this.ask(createTodo, { ...asked, ...by() }),
      update: (asked) => this.ask(updateTodo, { ...asked, ...by() }),
      list: () => this.ask(listTodos, by()),
      mail: (carried) => this.ask(takeMail, { ...carried, ...by() }),
      clarify: (asked) => this.ask(askClarification, { ...asked, ...by() }),
      giveUp: (asked) => this.ask(giveUpClarification, { ...asked, ...by() }),
      answerShutdown: (answer) => this.ask(answerShutdown, { ...answer, ...by() }),
    };
  }

  /** Every call has an id of its own, so that asking again after a silence does nothing twice. A no is the call's problem, by its code. */
  private async ask<Q extends ByInstance, R extends CommandReply>(command: Command<Q, R>, body: NoInfer<Q>): Promise<R> {
    const reply = await insist(ASK_TRIES, () => this.commands.request(command, body)).catch((error: unknown): never => {
      if (error instanceof RefusedError) throw new ToolProblem(error.code, error.message);
      throw new ToolProblem('manager_unreachable', 'the team cannot be asked now');
    });
    if (!reply.ok) throw new ToolProblem(reply.code, reply.message);
    return reply;
  }
}
