import { ArtifactId, ArtifactPath, ArtifactQuery, ArtifactVersionPath, eraseArtifact, eraseContext, NotFoundError, OverwriteQuery, PutContextBody, RefusedError, routes, TeamPath, type ArtifactDetail, type ArtifactSummary } from '@countersign/contracts';
import { Body, Controller, Headers, Param, Query, Res } from '@nestjs/common';
import { mayReadContent } from '../../domain/access.js';
import { artifactDetailWithoutContent, artifactOfText, artifactWithoutContent } from '../../domain/artifact-view.js';
import { shownTo } from '../../domain/content.js';
import { HttpRefusal } from '../../domain/problem.js';
import { Artifacts, type ArtifactBytes } from '../postgres/artifacts.js';
import type { Page } from '../postgres/pages.js';
import { TeamAccess, type VisibleTeam } from '../postgres/team-access.js';
import { Workspaces } from '../postgres/workspaces.js';
import { Commands, requester } from './commands.js';
import { By, Operation, type GatewayReply, type Session } from './operation.js';
import { SharedTextDesk } from './shared-text-desk.js';

/** What a team keeps: the texts that it shares, and the files of its drafts. Bytes that agents wrote are always a download of unknown content, never a page of ours. */
@Controller()
export class ArtifactsController {
  constructor(
    private readonly artifacts: Artifacts,
    private readonly access: TeamAccess,
    private readonly commands: Commands,
    private readonly workspaces: Workspaces,
    private readonly desk: SharedTextDesk,
  ) {}

  @Operation(routes.listArtifacts)
  async list(@By() by: Session, @Param() path: TeamPath, @Query() query: ArtifactQuery): Promise<Page<ArtifactSummary>> {
    const { teamId } = await this.access.team(by, path.teamId);
    return shownTo(by, await this.artifacts.list(teamId, query), ({ items, ...page }) => ({ ...page, items: items.map(artifactWithoutContent) }));
  }

  @Operation(routes.describeArtifact)
  async describe(@By() by: Session, @Param() path: ArtifactPath, @Res({ passthrough: true }) reply: GatewayReply): Promise<ArtifactDetail> {
    return this.shown(by, await this.access.team(by, path.teamId), ArtifactId.parse(path.artifactId), reply);
  }

  @Operation(routes.putArtifact)
  async put(@By() by: Session, @Param() path: ArtifactPath, @Query() { overwrite }: OverwriteQuery, @Body() { content }: PutContextBody, @Headers('if-match') ifMatch: string | undefined, @Res({ passthrough: true }) reply: GatewayReply): Promise<ArtifactDetail> {
    const [team, artifactId] = [await this.access.team(by, path.teamId), ArtifactId.parse(path.artifactId)];
    const kind = await this.artifacts.kind(team.teamId, artifactId);
    if (kind === undefined) throw new NotFoundError('artifact');
    if (kind === 'file') throw new RefusedError('artifact_read_only', 'a file of a draft is its member’s to write: say on the board or in a decision what should change');
    await this.desk.put(by, team, artifactId, { content, ifMatch, overwrite: overwrite === 'true' }, artifactOfText);
    return this.shown(by, team, artifactId, reply);
  }

  @Operation(routes.readArtifact)
  async content(@By() by: Session, @Param() path: ArtifactVersionPath, @Res({ passthrough: true }) reply: GatewayReply): Promise<Buffer | undefined> {
    const { teamId } = await this.mayRead(by, path);
    return sendBytes(reply, await this.artifacts.content(teamId, ArtifactId.parse(path.artifactId), path.version));
  }

  @Operation(routes.readArtifactBase)
  async base(@By() by: Session, @Param() path: ArtifactVersionPath, @Res({ passthrough: true }) reply: GatewayReply): Promise<Buffer | undefined> {
    const { teamId } = await this.mayRead(by, path);
    return sendBytes(reply, await this.artifacts.base(teamId, ArtifactId.parse(path.artifactId), path.version));
  }

  @Operation(routes.eraseArtifact)
  async erase(@By() by: Session, @Param() path: ArtifactVersionPath): Promise<void> {
    const [{ teamId }, artifactId] = [await this.access.team(by, path.teamId), ArtifactId.parse(path.artifactId)];
    const wanted = { teamId, by: requester(by), version: path.version };
    if ((await this.artifacts.kind(teamId, artifactId)) === 'text') await this.commands.carry(eraseContext, { ...wanted, contextId: artifactId });
    else await this.commands.carry(eraseArtifact, { ...wanted, artifactId });
  }

  private async shown(by: Session, { teamId, customerId }: VisibleTeam, artifactId: ArtifactId, reply: GatewayReply): Promise<ArtifactDetail> {
    const file = await this.artifacts.file(teamId, artifactId);
    const detail = file ?? artifactOfText(await this.workspaces.detail(teamId, customerId, artifactId));
    void reply.header('etag', `"${detail.version}"`);
    return shownTo(by, detail, artifactDetailWithoutContent);
  }

  private async mayRead(by: Session, path: ArtifactVersionPath): Promise<VisibleTeam> {
    const team = await this.access.team(by, path.teamId);
    if (!mayReadContent(by, team.customerId)) throw new HttpRefusal('content_not_yours', "the content belongs to the team's customer");
    return team;
  }
}

/** The stored media type is a word of the agent's: the browser is told plain text or nothing, and to keep it apart. */
export function sendBytes(reply: GatewayReply, { path, mediaType, sha256, content }: ArtifactBytes): Buffer | undefined {
  const isText = mediaType.startsWith('text/') || /[/+](json|javascript|typescript|xml|yaml)\b/.test(mediaType);
  const digest = Buffer.from(sha256, 'hex').toString('base64');
  void reply.headers({
    'content-type': isText ? 'text/plain; charset=utf-8' : 'application/octet-stream',
    'content-disposition': disposition(path),
    'content-security-policy': "default-src 'none'; sandbox",
    'x-content-type-options': 'nosniff',
    'repr-digest': `sha-256=:${digest}:`,
    digest: `sha-256=${digest}`,
    etag: `"${sha256}"`,
    // whoever uses the browser next asks, and is refused: what it keeps itself is used by nobody else's session
    'cache-control': 'private, no-cache',
  });
  if (!reply.request.headers['if-none-match']?.includes(`"${sha256}"`)) return content;
  void reply.status(304);
  return undefined;
}

/** RFC 6266 with the file's own name only, in ASCII and in UTF-8. */
function disposition(path: string): string {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const ascii = name.replaceAll(/[^\w.-]/g, '_');
  const encoded = encodeURIComponent(name.toWellFormed()).replaceAll(/['()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
  return `attachment; filename="${ascii}"; filename*=UTF-8''${encoded}`;
}
