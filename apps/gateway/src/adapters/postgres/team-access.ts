import { CustomerId, NotFoundError, TeamId, type ApprovalId, type GateApprovalKind, type GoalId, type InstanceId, type Role } from '@countersign/contracts';
import { Database } from '@countersign/database';
import { Injectable } from '@nestjs/common';
import { isStaff, maySeeTeam, type Caller } from '../../domain/access.js';

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

  async instance(caller: Caller, id: InstanceId): Promise<VisibleTeam> {
    const [row] = await this.database.ops<Owner>('owner_of_instance', id);
    return visible(caller, 'instance', row?.team_id, row?.customer_id);
  }

  async goal(caller: Caller, id: GoalId): Promise<VisibleTeam> {
    const [row] = await this.database.ops<Owner>('owner_of_goal', id);
    return visible(caller, 'mission', row?.team_id, row?.customer_id);
  }

  /** An account of a team or of a mission. */
  async account(caller: Caller, id: string): Promise<VisibleTeam> {
    const [row] = await this.database.ops<Owner>('owner_of_account', id);
    return visible(caller, 'account', row?.team_id, row?.customer_id);
  }

  /** A decision of the gate about a spawn. */
  async decision(caller: Caller, id: string): Promise<VisibleTeam> {
    const [row] = await this.database.ops<Owner>('owner_of_decision', id);
    return visible(caller, 'decision', row?.team_id, row?.customer_id);
  }

  /** Whose record an escalation stands in: a team's, or for platform staff the platform's. It exists for whoever it is for, and for nobody else. */
  async escalation(caller: Caller, id: string): Promise<TeamId> {
    const [row] = await this.database.ops<{ team_id: TeamId; customer_id: CustomerId | null; to_role: Role }>('owner_of_escalation', id);
    const mine = row !== undefined && caller.roles.includes(row.to_role) && (isStaff(caller) || caller.customerId === row.customer_id);
    if (!mine) throw new NotFoundError('escalation');
    return row.team_id;
  }

  /** A question of the gate, of this kind and no other. */
  async question(caller: Caller, kind: GateApprovalKind, id: string): Promise<VisibleTeam> {
    const [row] = await this.database.ops<Owner & { kind: GateApprovalKind }>('owner_of_question', id);
    return visible(caller, 'approval', row?.kind === kind ? row.team_id : undefined, row?.customer_id);
  }
}

interface Owner {
  readonly team_id: TeamId;
  readonly customer_id: CustomerId;
}

function visible(caller: Caller, what: string, teamId: TeamId | undefined, customerId: CustomerId | undefined): VisibleTeam {
  if (teamId === undefined || customerId === undefined || !maySeeTeam(caller, customerId)) throw new NotFoundError(what);
  return { teamId, customerId };
}
