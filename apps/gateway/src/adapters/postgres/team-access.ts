import { CustomerId, NotFoundError, TeamId, type ApprovalId } from '@countersign/contracts';
import { Database } from '@countersign/database';
import { Injectable } from '@nestjs/common';
import { maySeeTeam, type Caller } from '../../domain/access.js';

export interface VisibleTeam {
  readonly teamId: TeamId;
  readonly customerId: CustomerId;
}

/** Finds out whose a thing is. What does not exist and what belongs to another customer get the same answer after the same look. */
@Injectable()
export class TeamAccess {
  constructor(private readonly database: Database) {}

  async team(caller: Caller, id: string): Promise<VisibleTeam> {
    const [row] = await this.database.ops<{ customer_of_team: CustomerId | null }>('customer_of_team', id);
    return visible(caller, 'team', TeamId.parse(id), row?.customer_of_team ?? undefined);
  }

  async approval(caller: Caller, id: ApprovalId): Promise<VisibleTeam> {
    const [row] = await this.database.ops<{ team_id: TeamId; customer_id: CustomerId }>('owner_of_approval', id);
    return visible(caller, 'approval', row?.team_id, row?.customer_id);
  }
}

function visible(caller: Caller, what: string, teamId: TeamId | undefined, customerId: CustomerId | undefined): VisibleTeam {
  if (teamId === undefined || customerId === undefined || !maySeeTeam(caller, customerId)) throw new NotFoundError(what);
  return { teamId, customerId };
}
