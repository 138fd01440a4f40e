import { ArrayMinSize, IsArray, IsBoolean, IsIn, IsOptional, IsString, Matches } from 'class-validator';
import { KEY_KINDS, type KeyKind } from '../assertions/index.js';
import { IsBase64url, IsCount, IsId, IsListOf, IsNested, IsSha256, IsText } from '../rules.js';
import { ROLES, type Role } from '../states.js';
import { IsTime, IsTimeOrNull, pageOf } from './common.js';
import { AssertionBody } from './approvals.js';
import { TeamSummary } from './teams.js';

export class CustomerRef {
  @IsId() id!: string;
  @IsText(200) name!: string;
}
export class SigningFor {
  @IsText(500) origin!: string;
  @IsText(253) rpId!: string;
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
  /** They have approved faster than anybody reads, ten times lately: the screen has them go through what changes to its end. */
  @IsBoolean() hasty!: boolean;
  /** Where signatures are made for. */
  @IsNested(() => SigningFor) signing!: SigningFor;
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
/** Why somebody's data is erased, for the record; the words themselves can be erased with whoever wrote them. */
export class ErasePersonBody {
  @IsText(500) reason!: string;
}
export class ErasedPerson {
  @IsId() id!: string;
  /** Sealed values beside the record that are gone, in so many of its chains. */
  @IsCount() values!: number;
  @IsCount() chains!: number;
  @IsCount() devices!: number;
}
export const PersonPage = pageOf(PersonView);

/** A key of a browser's or program's own, to sign approvals with, and the proof that whoever enrols it holds it (docs/interface.md). */
export class EnrolKeyBody {
  @IsIn(['device', 'software']) kind!: 'device' | 'software';
  /** SPKI, P-256. */
  @IsBase64url(122) publicKey!: string;
  @IsNested(() => AssertionBody) proof!: AssertionBody;
}
export class ApproverKeyView {
  @IsId() id!: string;
  @IsId() deviceId!: string;
  @IsIn(KEY_KINDS) kind!: KeyKind;
  @IsBase64url(1400) credentialId!: string;
  /** A passkey that may be on several devices at once, so it signs nothing that cannot be undone. */
  @IsBoolean() backupEligible!: boolean;
  /** SHA-256 of its public key (SPKI): what another key vouches for. */
  @IsSha256() keySha256!: string;
  /** From when approvals signed with it are carried out; null: the executor has not said yet. */
  @IsTimeOrNull() effectiveFrom!: string | null;
  /** The same of the highest tier (3), for which a new key waits longer and no other can vouch. */
  @IsTimeOrNull() highestFrom!: string | null;
}
export const ApproverKeyPage = pageOf(ApproverKeyView);
/** What `navigator.credentials.create` is to be called with, besides what the browser knows. */
export class PasskeyWish {
  @IsBase64url(43) challenge!: string;
  @IsText(253) rpId!: string;
  @IsText(200) userName!: string;
  @IsBase64url(43) userId!: string;
  /** What is there already, and is not to be made twice. */
  @IsArray() @IsString({ each: true }) excludeCredentials!: string[];
}
/** Of WebAuthn's AuthenticatorAttestationResponse: `getAuthenticatorData()` and `clientDataJSON`, in base64url. */
export class RegisterPasskeyBody {
  @IsBase64url(43) challenge!: string;
  @IsBase64url(4000) authenticatorData!: string;
  @IsBase64url(4000) clientDataJSON!: string;
}

export const DEVICE_PLATFORMS = ['fcm', 'webpush', 'cli'] as const;
export type DevicePlatform = (typeof DEVICE_PLATFORMS)[number];
/** Registers this device (the same address again is the same device) and binds the session to it. */
export class RegisterDevice {
  @IsText(80) name!: string;
  @IsIn(DEVICE_PLATFORMS) platform!: DevicePlatform;
  /** FCM registration token, web-push subscription, or a name of the terminal. */
  @IsText(2000) address!: string;
  @IsOptional() @IsNested(() => EnrolKeyBody) key?: EnrolKeyBody;
}
export class RenameDevice {
  @IsText(80) @Matches(/\S/) name!: string;
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
