import { OnCommand } from '@countersign/bus';
import {
  askTool,
  endInstance,
  reportDenial,
  reserve,
  settle,
  spawn,
  spawnAgent,
  type AskTool,
  type BudgetReply,
  type DenialReport,
  type Done,
  type EndInstanceRequest,
  type ReserveRequest,
  type SettleRequest,
  type SpawnAgent,
  type SpawnOutcome,
  type SpawnReply,
  type SpawnRequest,
  type ToolAnswer,
} from '@countersign/contracts';
import { Controller } from '@nestjs/common';
import { ApprovalDesk } from '../postgres/approval-desk.js';
import { Endings } from '../postgres/endings.js';
import { Meter } from '../postgres/meter.js';
import { SpawnDesk } from '../postgres/spawn.js';

/** What the fleet may ask: the subject's only caller is its credential. */
@Controller()
export class FleetController {
  constructor(
    private readonly desk: SpawnDesk,
    private readonly approvals: ApprovalDesk,
    private readonly meter: Meter,
    private readonly endings: Endings,
  ) {}

  @OnCommand(spawn)
  spawn(request: SpawnRequest): Promise<SpawnReply> {
    return this.desk.spawn(request);
  }

  @OnCommand(spawnAgent)
  spawnAgent(request: SpawnAgent): Promise<SpawnOutcome> {
    return this.desk.spawnAgent(request);
  }

  @OnCommand(askTool)
  ask(request: AskTool): Promise<ToolAnswer> {
    return this.approvals.askTool(request);
  }

  @OnCommand(reserve)
  reserve(request: ReserveRequest): Promise<BudgetReply> {
    return this.meter.reserve(request);
  }

  @OnCommand(settle)
  settle(request: SettleRequest): Promise<BudgetReply> {
    return this.meter.settle(request);
  }

  @OnCommand(endInstance)
  end(request: EndInstanceRequest): Promise<Done> {
    return this.endings.end(request);
  }

  @OnCommand(reportDenial)
  deny(request: DenialReport): Promise<Done> {
    return this.endings.deny(request);
  }
}
