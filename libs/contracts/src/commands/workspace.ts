import { IsBoolean, IsIn, IsInt, IsOptional, IsObject, Min } from 'class-validator';
import { defineCommand } from '../command.js';
import type { ArtifactId, TaskId, TeamId } from '../ids.js';
import { IsCount, IsId, IsNested, IsSha256, IsText } from '../rules.js';
import { CommandReply, Requester } from './gateway.js';

/** Who of a team sees what is shared: every member, or whoever has the task. */
export const CONTEXT_VISIBILITIES = ['team', 'task'] as const;
export type ContextVisibility = (typeof CONTEXT_VISIBILITIES)[number];
/** Characters of one version; it travels in one message of the bus. */
export const MOST_CONTEXT = 40_000;
/** A member gets so many shared texts with its work, those for its task first, then the newest; of each so many characters. What is cut is said to it, and up to `named` in all are named. */
export const SHARED_WITH_WORK = { texts: 20, characters: 10_000, named: 100 } as const;
/** How much of a text members get with their work. */
export const SHARED_REACHES = ['whole', 'cut', 'none'] as const;
export type SharedReach = (typeof SHARED_REACHES)[number];

/** A person writes a version of something the team shares. `expected`: the version they had before them; 0: none. */
export class WriteContext {
  @IsId() teamId!: TeamId;
  @IsId() contextId!: string;
  @IsNested(() => Requester) by!: Requester;
  @IsText(200) name!: string;
  @IsIn(CONTEXT_VISIBILITIES) visibility!: ContextVisibility;
  /** The task whose owner alone sees it. */
  @IsOptional() @IsId() taskId?: TaskId;
  @IsText(MOST_CONTEXT, 0) content!: string;
  @IsInt() @Min(0) expected!: number;
  /** Writes over whatever version there is; both hashes go on the record. */
  @IsBoolean() overwrite!: boolean;
}
export class ContextState {
  @IsCount() version!: number;
  @IsSha256() sha256!: string;
}
export class ContextWritten extends CommandReply {
  @IsOptional() @IsCount() version?: number;
  /** What stands there instead, where the write was refused because of it. */
  @IsOptional() @IsNested(() => ContextState) @IsObject() current?: ContextState;
}
export const writeContext = defineCommand({ service: 'fleet', verb: 'write_context', caller: 'gateway', request: WriteContext, reply: ContextWritten });

/** A person has the content of a version erased; that it was there, with its hash, stays. */
export class EraseContext {
  @IsId() teamId!: TeamId;
  @IsId() contextId!: string;
  @IsNested(() => Requester) by!: Requester;
  @IsInt() @Min(1) version!: number;
}
export const eraseContext = defineCommand({ service: 'fleet', verb: 'erase_context', caller: 'gateway', request: EraseContext, reply: CommandReply });

/** A person has the bytes of one file of a finished goal erased, and those that it replaced; its hash stays. */
export class EraseArtifact {
  @IsId() teamId!: TeamId;
  @IsId() artifactId!: ArtifactId;
  @IsNested(() => Requester) by!: Requester;
  @IsInt() @Min(1) version!: number;
}
export const eraseArtifact = defineCommand({ service: 'fleet', verb: 'erase_artifact', caller: 'gateway', request: EraseArtifact, reply: CommandReply });
