import { IdPath, PersonId, RegisterDevice, routes, type Created, type Device } from '@countersign/contracts';
import { Body, Controller, Param } from '@nestjs/common';
import { Devices } from '../postgres/devices.js';
import { Sessions } from '../postgres/sessions.js';
import { By, NewId, Operation, type Session } from './operation.js';

@Controller()
export class DevicesController {
  constructor(
    private readonly devices: Devices,
    private readonly sessions: Sessions,
  ) {}

  @Operation(routes.registerDevice)
  async register(@By() by: Session, @Body() body: RegisterDevice, @NewId() newId: string): Promise<Created> {
    const id = await this.devices.register(by, body, newId);
    await this.sessions.bind(by.key, PersonId.parse(by.personId), id);
    return { id };
  }

  @Operation(routes.listDevices)
  async list(@By() by: Session) {
    return { items: await this.devices.list(by), nextCursor: null };
  }

  @Operation(routes.readDevice)
  read(@By() by: Session, @Param() { id }: IdPath): Promise<Device> {
    return this.devices.read(by, id);
  }

  @Operation(routes.removeDevice)
  remove(@By() by: Session, @Param() { id }: IdPath): Promise<void> {
    return this.devices.remove(by, id);
  }
}
