import { ArtifactId, ArtifactVersionPath, eraseArtifact, routes } from '@countersign/contracts';
import { Controller, Param, Res } from '@nestjs/common';
import { mayReadContent } from '../../domain/access.js';
import { HttpRefusal } from '../../domain/problem.js';
import { Artifacts, type ArtifactBytes } from '../postgres/artifacts.js';
import { TeamAccess, type VisibleTeam } from '../postgres/team-access.js';
import { Commands, requester } from './commands.js';
import { By, Operation, type GatewayReply, type Session } from './operation.js';

/** Bytes that agents wrote: always a download of unknown content, never a page of ours. */
@Controller()
export class ArtifactsController {
  constructor(
    private readonly artifacts: Artifacts,
    private readonly access: TeamAccess,
    private readonly commands: Commands,
  ) {}

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
    const { teamId } = await this.access.team(by, path.teamId);
    await this.commands.carry(eraseArtifact, { teamId, artifactId: ArtifactId.parse(path.artifactId), by: requester(by), version: path.version });
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
