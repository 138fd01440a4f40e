import { DenialQuery, routes } from '@countersign/contracts';
import { Controller, Query } from '@nestjs/common';
import { denialWithoutContent, shownTo } from '../../domain/content.js';
import { Denials } from '../postgres/denials.js';
import { TeamAccess } from '../postgres/team-access.js';
import { By, Operation, type Session } from './operation.js';

@Controller()
export class DenialsController {
  constructor(
    private readonly denials: Denials,
    private readonly access: TeamAccess,
  ) {}

  @Operation(routes.listDenials)
  async list(@By() by: Session, @Query() { team, ...page }: DenialQuery) {
    const denials = await this.denials.page(by, page, team === undefined ? undefined : (await this.access.team(by, team)).teamId);
    return shownTo(by, denials, (all) => ({ ...all, items: all.items.map(denialWithoutContent) }));
  }
}
