import { RefusedError, TaskId, writeContext, type ContextDetail, type WriteContext } from '@countersign/contracts';
import { Injectable } from '@nestjs/common';
import type { VisibleTeam } from '../postgres/team-access.js';
import { Workspaces } from '../postgres/workspaces.js';
import { Commands, requester } from './commands.js';
import { versionIn } from './if-match.js';
import type { Session } from './operation.js';

/** What somebody sends to have another version of a text, as the request carries it. */
export interface AnotherVersion {
  readonly content: string;
  readonly ifMatch: string | undefined;
  readonly overwrite: boolean;
}

/** How people write what a team shares, by whichever name they call it. The fleet keeps the versions and judges. */
@Injectable()
export class SharedTextDesk {
  constructor(
    private readonly workspaces: Workspaces,
    private readonly commands: Commands,
  ) {}

  async put(by: Session, team: VisibleTeam, contextId: string, { content, ifMatch, overwrite }: AnotherVersion, shown: (detail: ContextDetail) => object = (detail) => detail): Promise<void> {
    const { name, visibility, taskId } = await this.workspaces.detail(team.teamId, team.customerId, contextId);
    await this.write(by, team, { contextId, name, visibility, content, expected: versionIn(ifMatch, 'it'), overwrite, ...(taskId ? { taskId: TaskId.parse(taskId) } : {}) }, shown);
  }

  /** Whoever lost against another gets both: theirs they have, the other one comes with the refusal. */
  async write(by: Session, { teamId, customerId }: VisibleTeam, wanted: Omit<WriteContext, 'teamId' | 'by'>, shown: (detail: ContextDetail) => object = (detail) => detail): Promise<void> {
    const { ok, code, message } = await this.commands.ask(writeContext, { teamId, by: requester(by), ...wanted });
    if (ok) return;
    if (code !== 'stale_version') throw new RefusedError(code, message);
    throw new RefusedError(code, message, { current: shown(await this.workspaces.detail(teamId, customerId, wanted.contextId)), yours: { content: wanted.content, from: wanted.expected } });
  }
}
