import { BudgetQuery, IdPath, RaiseBody, requestRaise, routes, wireId, type BudgetTreePage, type RaiseRequested } from '@countersign/contracts';
import { Body, Controller, Param, Query } from '@nestjs/common';
import { Budgets } from '../postgres/budgets.js';
import { TeamAccess } from '../postgres/team-access.js';
import { Commands, requester } from './commands.js';
import { By, Operation, type Session } from './operation.js';

@Controller()
export class BudgetsController {
  constructor(
    private readonly budgets: Budgets,
    private readonly access: TeamAccess,
    private readonly commands: Commands,
  ) {}

  @Operation(routes.raiseBudget)
  async raise(@By() by: Session, @Param() { id }: IdPath, @Body() { more, reason }: RaiseBody): Promise<RaiseRequested> {
    const { teamId } = await this.access.account(by, id);
    const { approvalId } = await this.commands.carry(requestRaise, { teamId, accountId: id, by: requester(by), more: { ...more }, reason });
    return { approvalId: wireId('budgetApproval', approvalId!) };
  }

  @Operation(routes.listBudgets)
  async list(@By() by: Session, @Query() { scope, ...page }: BudgetQuery): Promise<BudgetTreePage> {
    return this.budgets.page(by, page, scope === undefined ? undefined : (await this.access.team(by, scope)).teamId);
  }
}
