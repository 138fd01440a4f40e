import { BudgetQuery, routes, type BudgetTreePage } from '@countersign/contracts';
import { Controller, Query } from '@nestjs/common';
import { Budgets } from '../postgres/budgets.js';
import { TeamAccess } from '../postgres/team-access.js';
import { By, Operation, type Session } from './operation.js';

@Controller()
export class BudgetsController {
  constructor(
    private readonly budgets: Budgets,
    private readonly access: TeamAccess,
  ) {}

  @Operation(routes.listBudgets)
  async list(@By() by: Session, @Query() { scope, ...page }: BudgetQuery): Promise<BudgetTreePage> {
    return this.budgets.page(by, page, scope === undefined ? undefined : (await this.access.team(by, scope)).teamId);
  }
}
