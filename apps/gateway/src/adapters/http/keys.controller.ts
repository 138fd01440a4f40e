import { AssertionBody, EnrolKeyBody, IdPath, NotFoundError, PersonId, RegisterPasskeyBody, routes, type ApproverKeyView, type PasskeyWish } from '@countersign/contracts';
import { checkRegistration, fromBase64url, ofUuid, toBase64url } from '@countersign/contracts/assertions';
import { es256 } from '@countersign/service';
import { Body, Controller, Param } from '@nestjs/common';
import { randomBytes } from 'node:crypto';
import { GatewayConfig } from '../../config.js';
import { HttpRefusal } from '../../domain/problem.js';
import { ApproverKeys } from '../postgres/approver-keys.js';
import { Devices } from '../postgres/devices.js';
import { Sessions } from '../postgres/sessions.js';
import { By, NewId, Operation, type Session } from './operation.js';

/** Keys to sign approvals with: a browser's own, and passkeys. */
@Controller()
export class KeysController {
  constructor(
    private readonly keys: ApproverKeys,
    private readonly devices: Devices,
    private readonly sessions: Sessions,
    private readonly config: GatewayConfig,
  ) {}

  @Operation(routes.addKey)
  async add(@By() by: Session, @Param() { id }: IdPath, @Body() body: EnrolKeyBody, @NewId() newId: string): Promise<ApproverKeyView> {
    const device = await this.devices.find(by, id);
    if (!device || device.removed || device.personId !== by.personId) throw new NotFoundError('device');
    return this.keys.enrol(by, device.id, body, newId);
  }

  @Operation(routes.listKeys)
  async list(@By() by: Session) {
    return { items: await this.keys.list(by), nextCursor: null };
  }

  @Operation(routes.vouchForKey)
  vouch(@By() by: Session, @Param() { id }: IdPath, @Body() assertion: AssertionBody): Promise<ApproverKeyView> {
    return this.keys.vouch(by, id, assertion);
  }

  @Operation(routes.askPasskey)
  async ask(@By() by: Session): Promise<PasskeyWish> {
    const challenge = toBase64url(randomBytes(32));
    await this.sessions.askPasskey(challenge, PersonId.parse(by.personId));
    const known = await this.keys.list(by);
    return { challenge, rpId: this.keys.rpId, userName: by.login, userId: toBase64url(ofUuid(by.personId)), excludeCredentials: known.filter(({ kind }) => kind === 'passkey').map(({ credentialId }) => credentialId) };
  }

  @Operation(routes.registerPasskey)
  async register(@By() by: Session, @Body() body: RegisterPasskeyBody, @NewId() newId: string): Promise<ApproverKeyView> {
    const device = await this.devices.ofSession(by, by.key);
    if (!device || device.removed) throw new HttpRefusal('device_missing', 'register a device for this session first: POST /v1/devices');
    const challenge = fromBase64url(body.challenge);
    if (!challenge || !(await this.sessions.takePasskey(body.challenge, PersonId.parse(by.personId)))) throw new HttpRefusal('challenge_unknown', 'this challenge was never given to you, or was used: ask for a new one');
    const passkey = checkRegistration(body, { challenge, origin: this.config.publicUrl, rpId: this.keys.rpId }, es256);
    if (!passkey.ok) throw new HttpRefusal('key_invalid', `this is no passkey that can be taken: ${passkey.fault.replaceAll('_', ' ')}`, { fault: passkey.fault });
    return this.keys.enrolPasskey(by, device.id, passkey, newId);
  }
}
