import { IsBoolean, IsIn, IsInt, IsOptional, IsString, Matches, Max, Min } from 'class-validator';
import { Type } from 'class-transformer';
import { applyDecorators } from '../apply-decorators.js';
import { IsCount, IsId, IsListOf, IsText } from '../rules.js';
import type { BodyClass } from '../message.js';

/** RFC 3339 UTC with milliseconds, as every time on the wire is. */
export const IsTime = (): PropertyDecorator => Matches(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
export const IsTimeOrNull = (): PropertyDecorator => applyDecorators(IsOptional(), IsTime());

/** What may stand in a path where an id is expected. */
export class TeamPath {
  @IsId() teamId!: string;
}
export class GoalPath extends TeamPath {
  @IsId() goalId!: string;
}
export class TaskPath extends GoalPath {
  @IsId() taskId!: string;
}
export class ArtifactPath extends TeamPath {
  @IsId() artifactId!: string;
}
export class ArtifactVersionPath extends ArtifactPath {
  @Type(() => Number) @IsInt() @Min(1) @Max(1_000_000) version!: number;
}
export class IdPath {
  @IsId() id!: string;
}

export const PAGE_LIMIT = 100;
/** `?cursor=` continues where `nextCursor` of the page before pointed; `?limit=` is at most 100. */
export class PageQuery {
  @IsOptional() @IsString() @Matches(/^[\w-]{1,200}$/) cursor?: string;
  @IsOptional() @Type(() => Number) @IsInt() @Min(1) @Max(PAGE_LIMIT) limit?: number;
}

/** A page of things whose cursor is an id. */
export class IdPageQuery extends PageQuery {
  @IsOptional() @IsId() declare cursor?: string;
}

export class Money {
  @IsCount() amountMicros!: number;
  @IsIn(['USD', 'INR']) currency!: 'USD' | 'INR';
  /** There are made-up prices of the rehearsal in it, which nobody bills; shown wherever the amount is. */
  @IsOptional() @IsBoolean() rehearsal?: boolean;
}

/** The id of what was made. */
export class Created {
  @IsId() id!: string;
}
/** The request was carried out; there is nothing to add. */
export class Accepted {
  @IsText(64) state!: string;
}

export class FieldViolation {
  /** JSON Pointer (RFC 6901) into the body, path or query. */
  @IsText(500, 0) pointer!: string;
  @IsText(64) rule!: string;
  @IsText(500, 0) message!: string;
}
/** RFC 9457 problem. `code` is stable; further members depend on it (`errors`, `current`, `decision`). */
export class Problem {
  @IsText(200) type!: string;
  @IsText(200) title!: string;
  @IsInt() @Min(400) @Max(599) status!: number;
  @IsText(64) code!: string;
  @IsOptional() @IsText(1000, 0) detail?: string;
  @IsOptional() @IsText(64) requestId?: string;
  @IsOptional() @IsListOf(() => FieldViolation, 100) errors?: FieldViolation[];
}

/** A page of `item`, made once per item class so that the generated documents can name it. */
export function pageOf<T extends object>(item: BodyClass<T>): BodyClass<{ items: T[]; nextCursor: string | null }> {
  class Page {
    @IsListOf(() => item, PAGE_LIMIT) items!: T[];
    @IsOptional() @IsText(200) nextCursor!: string | null;
  }
  Object.defineProperty(Page, 'name', { value: `${item.name}Page` });
  return Page;
}
