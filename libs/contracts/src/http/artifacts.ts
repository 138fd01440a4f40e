import { IsBoolean, IsIn, IsOptional } from 'class-validator';
import { MOST_CONTEXT } from '../commands/workspace.js';
import { IsCount, IsId, IsListOf, IsSha256, IsText } from '../rules.js';
import { IdPageQuery, IsTime, pageOf } from './common.js';

/** What a team keeps: a text that it shares, which people write too, or a file of a draft, which its member alone writes. */
export const ARTIFACT_KINDS = ['text', 'file'] as const;
export type ArtifactKind = (typeof ARTIFACT_KINDS)[number];
/** Who wrote a version: a person, the team's manager of its own accord, or the member whose work it is. */
export const ARTIFACT_WRITERS = ['person', 'manager', 'member'] as const;
export type ArtifactWriter = (typeof ARTIFACT_WRITERS)[number];

export class ArtifactQuery extends IdPageQuery {
  @IsOptional() @IsIn(ARTIFACT_KINDS) kind?: ArtifactKind;
}
export class ArtifactSummary {
  @IsId() id!: string;
  @IsIn(ARTIFACT_KINDS) kind!: ArtifactKind;
  /** A text's name, a file's path. */
  @IsText(4096, 0) name!: string;
  @IsText(200) mediaType!: string;
  @IsCount() version!: number;
  @IsSha256() sha256!: string;
  @IsCount() size!: number;
  /** Whose task it is for, or was made for; null: the whole team's. */
  @IsOptional() @IsId() taskId!: string | null;
  /** Its bytes were; the hash stays. */
  @IsBoolean() erased!: boolean;
  @IsTime() at!: string;
}
export const ArtifactPage = pageOf(ArtifactSummary);
export class ArtifactVersionView {
  @IsCount() version!: number;
  @IsSha256() sha256!: string;
  @IsCount() size!: number;
  /** By name; empty where it cannot be said. */
  @IsText(200, 0) writer!: string;
  @IsIn(ARTIFACT_WRITERS) by!: ArtifactWriter;
  /** It was written over a version that its writer had not seen. */
  @IsBoolean() overwrote!: boolean;
  @IsBoolean() erased!: boolean;
  @IsTime() at!: string;
}
/** Its `ETag` is the version. */
export class ArtifactDetail extends ArtifactSummary {
  /** A text's words; null where they were erased, and of a file, whose bytes are read by version. */
  @IsOptional() @IsText(MOST_CONTEXT, 0) content!: string | null;
  /** The newest first. */
  @IsListOf(() => ArtifactVersionView, 100) versions!: ArtifactVersionView[];
}
