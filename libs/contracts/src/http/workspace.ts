import { Type } from 'class-transformer';
import { IsBoolean, IsIn, IsInt, IsOptional, Max, Min } from 'class-validator';
import { CONTEXT_VISIBILITIES, MOST_CONTEXT, SHARED_REACHES, type ContextVisibility, type SharedReach } from '../commands/workspace.js';
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

/** Who writes what a team shares. */
export const CONTEXT_WRITERS = ['person', 'manager'] as const;
export type ContextWriter = (typeof CONTEXT_WRITERS)[number];

export class ContextSummary {
  @IsId() id!: string;
  @IsText(200, 0) name!: string;
  @IsIn(CONTEXT_VISIBILITIES) visibility!: ContextVisibility;
  @IsOptional() @IsId() taskId!: string | null;
  @IsCount() version!: number;
  @IsSha256() sha256!: string;
  @IsCount() size!: number;
  /** How much of it members get with their work. */
  @IsIn(SHARED_REACHES) reaches!: SharedReach;
  @IsTime() at!: string;
}
export class ContextVersionView {
  @IsCount() version!: number;
  @IsSha256() sha256!: string;
  @IsCount() size!: number;
  /** By name; empty where it cannot be said. */
  @IsText(200, 0) writer!: string;
  /** A person, or the team's manager of its own accord. */
  @IsIn(CONTEXT_WRITERS) by!: ContextWriter;
  /** The version its writer had before them; 0: none. */
  @IsCount() expected!: number;
  /** Of which task's result the manager wrote it. */
  @IsOptional() @IsId() fromTaskId!: string | null;
  /** It was written over a version that its writer had not seen. */
  @IsBoolean() overwrote!: boolean;
  @IsTime() at!: string;
  @IsTimeOrNull() erasedAt!: string | null;
}
/** One version with its content; null where that was erased. */
export class ContextVersionDetail extends ContextVersionView {
  @IsOptional() @IsText(MOST_CONTEXT, 0) content!: string | null;
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
