import { Type } from 'class-transformer';
import { IsBoolean, IsIn, IsInt, IsOptional, Max, Min } from 'class-validator';
import { CONTEXT_VISIBILITIES, MOST_CONTEXT, type ContextVisibility } from '../commands/workspace.js';
import { IsCount, IsId, IsListOf, IsSha256, IsText } from '../rules.js';
import { IsTime, IsTimeOrNull, TeamPath } from './common.js';

export class ContextPath extends TeamPath {
  @IsId() contextId!: string;
}
export class ContextVersionPath extends ContextPath {
  @Type(() => Number) @IsInt() @Min(1) @Max(1_000_000) version!: number;
}
export class AddContextBody {
  @IsText(200) name!: string;
  @IsText(MOST_CONTEXT, 0) content!: string;
  /** Absent: the whole team. */
  @IsOptional() @IsId() taskId?: string;
}
export class PutContextBody {
  @IsText(MOST_CONTEXT, 0) content!: string;
}
export class OverwriteQuery {
  @IsOptional() @IsIn(['true', 'false']) overwrite?: 'true' | 'false';
}

export class ContextSummary {
  @IsId() id!: string;
  @IsText(200, 0) name!: string;
  @IsIn(CONTEXT_VISIBILITIES) visibility!: ContextVisibility;
  @IsOptional() @IsId() taskId!: string | null;
  @IsCount() version!: number;
  @IsSha256() sha256!: string;
  @IsCount() size!: number;
  @IsTime() at!: string;
}
export class ContextVersionView {
  @IsCount() version!: number;
  @IsSha256() sha256!: string;
  @IsCount() size!: number;
  /** By name; empty where it cannot be said. */
  @IsText(200, 0) writer!: string;
  /** It was written over a version that its writer had not seen. */
  @IsBoolean() overwrote!: boolean;
  @IsTime() at!: string;
  @IsTimeOrNull() erasedAt!: string | null;
}
/** Its `ETag` is the version. Content is null where it was erased. */
export class ContextDetail extends ContextSummary {
  @IsOptional() @IsText(MOST_CONTEXT, 0) content!: string | null;
  /** The newest first. */
  @IsListOf(() => ContextVersionView, 100) versions!: ContextVersionView[];
}
export class Workspace {
  @IsListOf(() => ContextSummary, 500) items!: ContextSummary[];
  /** Bytes of all that the team keeps: what it shares, and its members' files. */
  @IsCount() usedBytes!: number;
  @IsCount() limitBytes!: number;
  /** When it first had more than it should. */
  @IsTimeOrNull() exceededAt!: string | null;
}
