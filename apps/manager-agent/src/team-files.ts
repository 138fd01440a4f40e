import type { TeamId } from '@countersign/contracts';
import { Database } from '@countersign/database';
import { LOGGER, ServiceConfig, Sweep, type Logger } from '@countersign/service';
import { Inject, Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { join } from 'node:path';
import { TeamFolder } from './adapters/files/team-folder.js';
import { readTeamFacts } from './adapters/postgres/team-facts.js';
import { renderIndex, renderTeam } from './domain/team-files.js';

const SWEEP_MS = 2_000;
/** Teams written in one turn; the others have theirs in the next. */
const MOST_AT_ONCE = 50;

interface Head {
  readonly team_id: TeamId;
  readonly next_seq: number;
}

/**
 * Keeps each team's files as its rows are: written when its record has grown, and again when somebody has changed or removed them.
 * They are for people to read; nothing in the product reads them.
 */
@Injectable()
export class TeamFiles implements OnModuleInit, OnModuleDestroy {
  private readonly sweep: Sweep;
  private readonly folder: TeamFolder;
  private readonly written = new Map<TeamId, number>();

  constructor(
    private readonly database: Database,
    @Inject(LOGGER) private readonly log: Logger,
    config: ServiceConfig,
  ) {
    this.folder = new TeamFolder(process.env['COUNTERSIGN_TEAM_FILES'] ?? join(config.home, 'agent-teams'));
    this.sweep = new Sweep('team files', SWEEP_MS, () => this.look(), log);
  }

  onModuleInit(): void {
    this.sweep.start();
  }

  onModuleDestroy(): Promise<void> {
    return this.sweep.stop();
  }

  /** One turn. One team's trouble is not another's. */
  async look(): Promise<void> {
    const heads = await this.database.ops<Head>('team_heads');
    let left = MOST_AT_ONCE;
    for (const { team_id, next_seq } of heads) {
      if (left === 0) break;
      if (this.written.get(team_id) === next_seq && (await this.folder.isAsLeft(team_id))) continue;
      left -= 1;
      await this.write(team_id, next_seq).catch((cause: unknown) => this.log.warn({ err: cause, teamId: team_id }, 'the files of a team were not written; they are tried again'));
    }
    const names = heads.map(({ team_id }) => team_id);
    await this.folder.index(renderIndex(names.filter((id) => this.written.has(id))), names);
  }

  /** What is read is at least as new as `head`; a row that came in between is written again. */
  private async write(teamId: TeamId, head: number): Promise<void> {
    const facts = await this.database.withTeam(teamId, readTeamFacts);
    if (!facts) return;
    await this.folder.put(teamId, renderTeam(facts));
    this.written.set(teamId, head);
  }
}
