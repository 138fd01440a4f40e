import { ArrayMinSize, IsArray, IsBoolean, IsIn, IsOptional } from 'class-validator';
import { IsId, IsListOf, IsNested, IsText } from '../rules.js';
import { ROLES, type Role } from '../states.js';
import { IsTime, IsTimeOrNull, pageOf } from './common.js';
import { TeamSummary } from './teams.js';

export class CustomerRef {
  @IsId() id!: string;
  @IsText(200) name!: string;
}
export class Me {
  @IsId() personId!: string;
  @IsText(200) login!: string;
  @IsText(200) displayName!: string;
  /** Platform staff belong to no customer. */
  @IsOptional() @IsNested(() => CustomerRef) customer!: CustomerRef | null;
  @IsArray() @IsIn(ROLES, { each: true }) roles!: Role[];
  /** The device this session is bound to. */
  @IsOptional() @IsId() deviceId!: string | null;
  @IsListOf(() => TeamSummary, 1000) teams!: TeamSummary[];
}

/** A person of an issuer of the operator's own: found by `iss` and `sub` and by nothing else. Whose person that is: a known customer, a new one, or (staff) nobody's. */
export class AddPersonBody {
  @IsText(500) issuer!: string;
  @IsText(255) subject!: string;
  @IsText(200) login!: string;
  @IsText(200) displayName!: string;
  @IsArray() @ArrayMinSize(1) @IsIn(ROLES, { each: true }) roles!: Role[];
  @IsOptional() @IsId() customerId?: string;
  @IsOptional() @IsText(200) newCustomer?: string;
}
export class PersonView {
  @IsId() id!: string;
  @IsText(200) login!: string;
  @IsText(200) displayName!: string;
  @IsArray() @IsIn(ROLES, { each: true }) roles!: Role[];
  /** Null: platform staff. */
  @IsOptional() @IsNested(() => CustomerRef) customer!: CustomerRef | null;
  /** Null: a persona of the local issuer. */
  @IsOptional() @IsText(500) issuer!: string | null;
  @IsOptional() @IsText(255) subject!: string | null;
}
export const PersonPage = pageOf(PersonView);

export const DEVICE_PLATFORMS = ['fcm', 'webpush', 'cli'] as const;
export type DevicePlatform = (typeof DEVICE_PLATFORMS)[number];
/** Registers this device (the same address again is the same device) and binds the session to it. */
export class RegisterDevice {
  @IsText(80) name!: string;
  @IsIn(DEVICE_PLATFORMS) platform!: DevicePlatform;
  /** FCM registration token, web-push subscription, or a name of the terminal. */
  @IsText(2000) address!: string;
}
export class Device {
  @IsId() id!: string;
  @IsText(80) name!: string;
  @IsIn(DEVICE_PLATFORMS) platform!: DevicePlatform;
  @IsTime() createdAt!: string;
  /** A push service took a push for it. */
  @IsTimeOrNull() lastSuccessAt!: string | null;
  @IsTimeOrNull() lastFailureAt!: string | null;
  /** Why the last push did not reach it; null once one does. */
  @IsOptional() @IsText(500) lastFailure!: string | null;
  /** It can be rung. */
  @IsBoolean() rings!: boolean;
}
export const DevicePage = pageOf(Device);
