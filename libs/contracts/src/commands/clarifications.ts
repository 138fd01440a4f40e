import { IsBoolean, IsIn, IsOptional } from 'class-validator';
import { defineCommand } from '../command.js';
import type { TeamId } from '../ids.js';
import { IsCount, IsId, IsNested, IsText, IsTexts } from '../rules.js';
import { CommandReply, Requester } from './gateway.js';
import { ByInstance } from './team-tools.js';

/** Whose answer a member is given: its manager's, at once, or that of a person who governs for the customer, for which it waits. */
export const ASKED_OF = ['lead', 'user'] as const;
export type AskedOf = (typeof ASKED_OF)[number];
/** What became of a question. Silence is an outcome of its own; `withdrawn`: whoever asked is gone, or was asked to end, and waits for nothing. */
export const CLARIFICATION_STATES = ['open', 'answered', 'timeout', 'withdrawn'] as const;
export type ClarificationState = (typeof CLARIFICATION_STATES)[number];
/** Why whoever asked waits no longer. */
export const GIVEN_UP_FOR = ['timeout', 'withdrawn'] as const satisfies readonly ClarificationState[];
export type GivenUpFor = (typeof GIVEN_UP_FOR)[number];
export const MOST_CHOICES = 20;
/** Questions about one task, whichever of its agents asks. */
export const MOST_CLARIFICATIONS = 10;

/** A worker asks about its task and waits. `callId` becomes the question's id. */
export class AskClarification extends ByInstance {
  @IsText(4000) question!: string;
  @IsOptional() @IsTexts(MOST_CHOICES, 200) choices?: string[];
  /** `user`: the agent says that only a person knows. It comes by way of the manager in either case. */
  @IsOptional() @IsIn(ASKED_OF) to?: AskedOf;
  /** So long the agent can wait, with the time that it has left. */
  @IsCount() waitMs!: number;
}
/** The answer, too, if there is one, comes as a message that names the question. */
export class ClarificationAsked extends CommandReply {
  @IsOptional() @IsId() questionId?: string;
  /** From now on. */
  @IsOptional() @IsCount() waitMs?: number;
}
export const askClarification = defineCommand({ service: 'manager-agent', verb: 'ask_clarification', caller: 'fleet', request: AskClarification, reply: ClarificationAsked });

/** Nobody has answered in time, or the agent has to hear something else first: it goes on without. */
export class GiveUpClarification extends ByInstance {
  @IsId() questionId!: string;
  @IsIn(GIVEN_UP_FOR) outcome!: GivenUpFor;
}
export class ClarificationGivenUp extends CommandReply {
  /** Somebody has, in the last moment. */
  @IsOptional() @IsBoolean() answered?: boolean;
  /** Somebody had, and it was erased: there is nothing to wait for. */
  @IsOptional() @IsBoolean() erased?: boolean;
}
export const giveUpClarification = defineCommand({ service: 'manager-agent', verb: 'give_up_clarification', caller: 'fleet', request: GiveUpClarification, reply: ClarificationGivenUp });

/** A person answers what a member asks. */
export class AnswerClarification {
  @IsId() teamId!: TeamId;
  @IsId() questionId!: string;
  @IsId() messageId!: string;
  @IsNested(() => Requester) by!: Requester;
  @IsText(4000) text!: string;
}
export const answerClarification = defineCommand({ service: 'manager-agent', verb: 'answer_clarification', caller: 'gateway', request: AnswerClarification, reply: CommandReply });
