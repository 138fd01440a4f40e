import type { TeamId } from '@countersign/contracts';
import { Database } from '@countersign/database';
import { LOGGER, Sweep, type Logger } from '@countersign/service';
import { Inject, Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { TEAM_FILES_DIR, TeamFolder } from './adapters/files/team-folder.js';
import { readTeamFacts } from './adapters/postgres/team-facts.js';
import { inTurn, renderIndex, renderTeam } from './domain/team-files.js';

const SWEEP_MS = 2_000;
/** Teams that something happened in and that are written in one turn; the others have theirs in the next. */
const MOST_AT_ONCE = 50;
/** Teams whose files are looked at for edits in one turn, which reads the whole of their folders. */
const MOST_LOOKED_AT = 20;

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
  /** The last ones of the turn before: the next begins after them. */
  private lastWritten?: TeamId;
  private lastLookedAt?: TeamId;
  private refused = false;

  constructor(
    private readonly database: Database,
    @Inject(LOGGER) private readonly log: Logger,
    @Inject(TEAM_FILES_DIR) root: string,
  ) {
    this.folder = new TeamFolder(root);
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
    if (!(await this.folder.claim())) return this.refuse();
    const heads = new Map((await this.database.ops<Head>('team_heads')).map(({ team_id, next_seq }) => [team_id, next_seq]));
    const isWritten = (id: TeamId): boolean => this.written.get(id) === heads.get(id);
    const names = [...heads.keys()];
    const [moved, still] = [inTurn(names.filter((id) => !isWritten(id)), this.lastWritten, MOST_AT_ONCE), inTurn(names.filter(isWritten), this.lastLookedAt, MOST_LOOKED_AT)];
    for (const id of moved) await this.tryToWrite(id, heads.get(id)!);
    for (const id of still) if (!(await this.folder.isAsLeft(id))) await this.tryToWrite(id, heads.get(id)!);
    this.lastWritten = moved.at(-1) ?? this.lastWritten;
    this.lastLookedAt = still.at(-1) ?? this.lastLookedAt;
    await this.folder.index(renderIndex(names.filter((id) => this.written.has(id))), names);
  }

  private refuse(): void {
    if (!this.refused) this.log.error({ folder: this.folder.root }, 'the folder for team files holds something else: no team files are written until COUNTERSIGN_TEAM_FILES names one that is empty or not there');
    this.refused = true;
  }

  private tryToWrite(teamId: TeamId, head: number): Promise<void> {
    return this.write(teamId, head).catch((cause: unknown) => this.log.warn({ err: cause, teamId }, 'the files of a team were not written; they are tried again'));
  }

  /** What is read is at least as new as `head`; a row that came in between is written again. */
  private async write(teamId: TeamId, head: number): Promise<void> {
    const facts = await this.database.withTeam(teamId, readTeamFacts);
    if (!facts) return;
    await this.folder.put(teamId, renderTeam(facts));
    this.written.set(teamId, head);
  }
}
