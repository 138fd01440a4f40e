import { routes, type Me } from '@countersign/contracts';
import { Controller } from '@nestjs/common';
import { isStaff } from '../../domain/access.js';
import { GatewayConfig } from '../../config.js';
import { ApproverKeys } from '../postgres/approver-keys.js';
import { Devices } from '../postgres/devices.js';
import { Haste } from '../postgres/haste.js';
import { Teams } from '../postgres/teams.js';
import { By, Operation, type Session } from './operation.js';

@Controller()
export class MeController {
  constructor(
    private readonly teams: Teams,
    private readonly devices: Devices,
    private readonly keys: ApproverKeys,
    private readonly haste: Haste,
    private readonly config: GatewayConfig,
  ) {}

  @Operation(routes.me)
  async me(@By() by: Session): Promise<Me> {
    const [teams, device, hasty] = await Promise.all([this.teams.visibleTo(by), this.devices.ofSession(by, by.key), this.haste.of(by.personId)]);
    const customer = isStaff(by) ? null : { id: by.customerId, name: by.customerName };
    return { personId: by.personId, login: by.login, displayName: by.displayName, customer, roles: [...by.roles], deviceId: device?.removed === false ? device.id : null, teams, hasty, signing: { origin: this.config.publicUrl, rpId: this.keys.rpId } };
  }
}
