import { FanOutBody, fanOut, routes, TeamPath, wireId, type PlacesView } from '@countersign/contracts';
import { Body, Controller, Param } from '@nestjs/common';
import { TeamAccess } from '../postgres/team-access.js';
import { Commands, requester } from './commands.js';
import { By, Operation, type Session } from './operation.js';

/** Places for agents that do not work yet. Each is the gate's decision, and so is each that is not there. */
@Controller()
export class FanOutController {
  constructor(
    private readonly access: TeamAccess,
    private readonly commands: Commands,
  ) {}

  @Operation(routes.fanOut)
  async fanOut(@By() by: Session, @Param() path: TeamPath, @Body() { places }: FanOutBody): Promise<PlacesView> {
    const { teamId } = await this.access.team(by, path.teamId);
    const { ready, refused } = await this.commands.ask(fanOut, { teamId, by: requester(by), places });
    return {
      wanted: places,
      ready: ready.map(({ instanceId, role, templateId, until, fresh }) => ({ instanceID: wireId('instance', instanceId), role, templateID: templateId, until, how: fresh ? 'granted' : 'kept' })),
      refused: refused.map(({ role, templateId, code, message, decisionId, approvalId }) => ({
        role, templateID: templateId, code, reason: message, decisionID: decisionId, ...(approvalId === undefined ? {} : { approvalID: wireId('spawnApproval', approvalId) }),
      })),
    };
  }
}
