import { IsIn, IsOptional } from 'class-validator';
import { RECOMMENDATION_REASONS, type RecommendationReason } from '../coordination.js';
import { IsCount, IsId, IsListOf, IsText, IsTexts } from '../rules.js';
import { IsTime } from './common.js';

/** What a member has in hand, and what came of what it was given in the last thirty days. */
export class MemberWork {
  @IsId() id!: string;
  @IsText(200) name!: string;
  @IsText(64) skill!: string;
  @IsTexts(20, 64) secondarySkills!: string[];
  @IsIn(['active', 'suspended', 'removed']) state!: 'active' | 'suspended' | 'removed';
  @IsCount() inHand!: number;
  /** Rounds of tasks. */
  @IsCount() given!: number;
  @IsCount() approved!: number;
  /** Of those, in their first round. */
  @IsCount() atOnce!: number;
  @IsCount() revised!: number;
  @IsCount() flagged!: number;
  /** Rounds that ended without a draft, by a failure of its own. */
  @IsCount() failed!: number;
}
/** What the manager has told whoever certifies: that a member should be suspended. Nothing follows from it by itself. */
export class RecommendationView {
  @IsId() id!: string;
  @IsId() memberId!: string;
  @IsText(200) member!: string;
  @IsIn(['suspension']) recommends!: 'suspension';
  @IsIn(RECOMMENDATION_REASONS) reason!: RecommendationReason;
  @IsCount() reviewed!: number;
  @IsCount() revised!: number;
  @IsCount() flagged!: number;
  @IsCount() failed!: number;
  @IsTime() at!: string;
}
/** The same, whichever team it is of. */
export class TeamRecommendation extends RecommendationView {
  @IsId() teamId!: string;
  @IsText(200) teamName!: string;
}
export class RecommendationList {
  /** Of the last seven days and of teams that still stand, the newest first. */
  @IsListOf(() => TeamRecommendation, 200) items!: TeamRecommendation[];
}
export class CoordinationView {
  /** How evenly the tasks of thirty days were shared out among active members who can do the same work: 100 where it could not be more even. Null where there was no choice. */
  @IsOptional() @IsCount(100) fairnessPercent!: number | null;
  @IsCount() mostPerMember!: number;
  @IsListOf(() => MemberWork, 20) members!: MemberWork[];
  /** Of the last seven days, the newest first. */
  @IsListOf(() => RecommendationView, 50) recommendations!: RecommendationView[];
}
