import { IsArray, IsIn, IsOptional } from 'class-validator';
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
  @IsTimeOrNull() lastSuccessAt!: string | null;
}
export const DevicePage = pageOf(Device);
