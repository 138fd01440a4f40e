import { IsIn, IsObject } from 'class-validator';
import { IsCount, IsListOf, IsText } from '../rules.js';
import { pageOf } from './common.js';

export class BundleMember {
  @IsText(64) name!: string;
  @IsText(64) skill!: string;
  @IsText(64) agent!: string;
  @IsIn(['manager', 'specialist']) kind!: 'manager' | 'specialist';
}
export class BundleSummary {
  @IsText(64) id!: string;
  @IsCount(100_000) version!: number;
  @IsText(200) title!: string;
  @IsText(2000, 0) description!: string;
  @IsListOf(() => BundleMember, 20) members!: BundleMember[];
}
export const BundleSummaryPage = pageOf(BundleSummary);
export class BundleDetail extends BundleSummary {
  /** The bundle file as published. */
  @IsObject() document!: object;
}
