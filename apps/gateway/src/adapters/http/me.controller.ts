import { PersonId, routes, type Me } from '@countersign/contracts';
import { Controller } from '@nestjs/common';
import { isStaff } from '../../domain/access.js';
import { Sessions } from '../postgres/sessions.js';
import { Teams } from '../postgres/teams.js';
import { By, Operation, type Session } from './operation.js';

@Controller()
export class MeController {
  constructor(
    private readonly teams: Teams,
    private readonly sessions: Sessions,
  ) {}

  @Operation(routes.me)
  async me(@By() by: Session): Promise<Me> {
    const [teams, deviceId] = await Promise.all([this.teams.visibleTo(by), this.sessions.deviceOf(by.key, PersonId.parse(by.personId))]);
    const customer = isStaff(by) ? null : { id: by.customerId, name: by.customerName };
    return { personId: by.personId, login: by.login, displayName: by.displayName, customer, roles: [...by.roles], deviceId: deviceId ?? null, teams };
  }
}
