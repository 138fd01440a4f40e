import { IsArray, IsIn, IsOptional, Matches, ArrayMaxSize } from 'class-validator';
import { applyDecorators } from '../apply-decorators.js';
import { defineCommand } from '../command.js';
import type { GoalId, MemberId, TaskId, TeamId } from '../ids.js';
import { IsCount, IsId, IsIds, IsNested, IsText } from '../rules.js';
import { CARD_MOVES, type Actor, type CardMove } from '../task-review.js';
import { CommandReply, Requester } from './gateway.js';

export const MOST_REVIEWERS = 20;
/** Tasks that one card may wait for: as many as a goal has at most. */
export const MOST_DEPENDENCIES = 60;
const ACTOR = /^(person|member):[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
export const IsReviewer = (): PropertyDecorator => Matches(ACTOR);
export const IsReviewers = (): PropertyDecorator => applyDecorators(IsArray(), ArrayMaxSize(MOST_REVIEWERS), Matches(ACTOR, { each: true }));

/** As what somebody saw the card: what has begun another round, or waits for another review, is not what they judge. */
export class CardSeen {
  @IsCount() round!: number;
  /** The request for a review; null: there was none. */
  @IsOptional() @IsId() request!: string | null;
}

/** A person moves a card of their team's board. Which moves there are, from where and whose, is the manager's rule. */
export class MoveCard {
  @IsId() teamId!: TeamId;
  @IsId() taskId!: TaskId;
  @IsNested(() => Requester) by!: Requester;
  @IsIn(CARD_MOVES) move!: CardMove;
  @IsNested(() => CardSeen) seen!: CardSeen;
  /** Who is to review it; absent: whoever has the least to review and no hand in it. */
  @IsOptional() @IsReviewer() reviewer?: Actor;
  @IsOptional() @IsText(2000, 0) comment?: string;
  /** Whom a task without an owner is given to. */
  @IsOptional() @IsId() memberId?: MemberId;
}
export const moveCard = defineCommand({ service: 'manager-agent', verb: 'move_card', caller: 'gateway', request: MoveCard, reply: CommandReply });

/** A person adds a task to a goal that is at work; without a member it waits for one. */
export class AddCard {
  @IsId() teamId!: TeamId;
  @IsId() goalId!: GoalId;
  @IsId() taskId!: TaskId;
  @IsNested(() => Requester) by!: Requester;
  @IsText(200) title!: string;
  @IsText(4000, 0) detail!: string;
  @IsOptional() @IsId() memberId?: MemberId;
  /** Tasks of the same goal that come first. */
  @IsOptional() @IsIds(MOST_DEPENDENCIES) dependsOn?: TaskId[];
}
export const addCard = defineCommand({ service: 'manager-agent', verb: 'add_card', caller: 'gateway', request: AddCard, reply: CommandReply });

/** Who reviews what the team has done; nobody: a person does it by hand where they want to. */
export class SetReviewers {
  @IsId() teamId!: TeamId;
  @IsNested(() => Requester) by!: Requester;
  @IsReviewers() reviewers!: Actor[];
  /** As they were read: in microseconds since 1970 when they were last set, 0 where they never were. */
  @IsCount() version!: number;
}
export const setReviewers = defineCommand({ service: 'manager-agent', verb: 'set_reviewers', caller: 'gateway', request: SetReviewers, reply: CommandReply });
