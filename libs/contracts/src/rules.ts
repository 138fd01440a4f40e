import { applyDecorators } from './apply-decorators.js';
import { ArrayMaxSize, IsArray, IsInt, IsISO8601, IsString, IsUUID, Length, Matches, Max, Min, ValidateNested } from 'class-validator';
import { Type } from 'class-transformer';
import type { BodyClass } from './message.js';

/** Rules that many bodies share, written once. Limits are part of the contract: what passes here fits every table behind it. */
export const IsId = (): PropertyDecorator => IsUUID();
export const IsText = (max: number, min = 1): PropertyDecorator => applyDecorators(IsString(), Length(min, max));
export const IsCount = (max = Number.MAX_SAFE_INTEGER): PropertyDecorator => applyDecorators(IsInt(), Min(0), Max(max));
export const IsInstant = (): PropertyDecorator => IsISO8601({ strict: true, strictSeparator: true });
/** SHA-256, lower-case hex. */
export const IsSha256 = (): PropertyDecorator => Matches(/^[0-9a-f]{64}$/);
/** Bytes in base64url without padding. */
export const IsBase64url = (max: number): PropertyDecorator => applyDecorators(Matches(/^[\w-]+$/), Length(1, max));
/** A git object name, SHA-1 or SHA-256. */
export const IsGitObject = (): PropertyDecorator => Matches(/^([0-9a-f]{40}|[0-9a-f]{64})$/);
export const IsListOf = (body: () => BodyClass, max: number): PropertyDecorator =>
  applyDecorators(IsArray(), ArrayMaxSize(max), ValidateNested({ each: true }), Type(body));
export const IsTexts = (most: number, max: number): PropertyDecorator => applyDecorators(IsArray(), ArrayMaxSize(most), IsString({ each: true }), Length(1, max, { each: true }));
export const IsIds = (most: number): PropertyDecorator => applyDecorators(IsArray(), ArrayMaxSize(most), IsUUID('all', { each: true }));
export const IsNested = (body: () => BodyClass): PropertyDecorator => applyDecorators(ValidateNested(), Type(body));
