import { createHash } from 'node:crypto';
import { IdPath, PersonId, RegisterDevice, RenameDevice, routes, type Created, type Device } from '@countersign/contracts';
import { Body, Controller, Param } from '@nestjs/common';
import { ApproverKeys } from '../postgres/approver-keys.js';
import { Devices } from '../postgres/devices.js';
import { Reach } from '../postgres/reach.js';
import { Sessions } from '../postgres/sessions.js';
import { demandRole } from './demand-role.js';
import { By, NewId, Operation, type Session } from './operation.js';

@Controller()
export class DevicesController {
  constructor(
    private readonly devices: Devices,
    private readonly keys: ApproverKeys,
    private readonly sessions: Sessions,
    private readonly reach: Reach,
  ) {}

  @Operation(routes.registerDevice)
  async register(@By() by: Session, @Body() body: RegisterDevice, @NewId() newId: string): Promise<Created> {
    if (body.key) demandRole(by, routes.addKey);
    const id = await this.devices.register(by, body, newId);
    await this.sessions.bind(by.key, PersonId.parse(by.personId), id);
    if (body.key) await this.keys.enrol(by, id, body.key, keyIdOf(newId));
    await this.reach.lookAgain(by.customerId);
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

  @Operation(routes.renameDevice)
  rename(@By() by: Session, @Param() { id }: IdPath, @Body() { name }: RenameDevice): Promise<Device> {
    return this.devices.rename(by, id, name.trim());
  }

  @Operation(routes.removeDevice)
  async remove(@By() by: Session, @Param() { id }: IdPath): Promise<void> {
    await this.devices.remove(by, id);
    await this.keys.pin(by);
  }

  @Operation(routes.loseDevice)
  async lose(@By() by: Session, @Param() { id }: IdPath): Promise<void> {
    await this.devices.read(by, id); // whose it is comes first
    await this.sessions.closeOnDevice(PersonId.parse(by.personId), id);
    await this.devices.remove(by, id, 'lost');
    await this.keys.pin(by);
  }
}

/** One request makes both, and repeating it the same two: a UUIDv8 (RFC 9562 §5.8) of the device's. */
function keyIdOf(newId: string): string {
  const bytes = createHash('sha256').update(`key of ${newId}`).digest().subarray(0, 16);
  bytes[6] = (bytes[6]! & 0x0f) | 0x80;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
