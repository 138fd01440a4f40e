import { OnCommand } from '@countersign/bus';
import { hireTeam, moveTeam, type CommandReply, type HireTeam, type MoveTeam } from '@countersign/contracts';
import { Controller } from '@nestjs/common';
import { HiringDesk } from '../postgres/hire.js';
import { TeamDesk } from '../postgres/move-team.js';

/** What people may ask, through the gateway: it knows who they are, the gate decides whether they may. */
@Controller()
export class GatewayController {
  constructor(
    private readonly hiring: HiringDesk,
    private readonly teams: TeamDesk,
  ) {}

  @OnCommand(hireTeam)
  hire(request: HireTeam): Promise<CommandReply> {
    return this.hiring.hire(request);
  }

  @OnCommand(moveTeam)
  move(request: MoveTeam): Promise<CommandReply> {
    return this.teams.move(request);
  }
}
