import { AppError } from './errors.js';

/** Thrown when text that should name something is not a UUID; nothing was looked up. */
export class MalformedIdError extends AppError {
  readonly code = 'malformed_id';
  readonly retryable = false;
  constructor(kind: string) {
    super(`not a ${kind}: expected a UUID`);
  }
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** An id of its own type: a `GoalId` cannot be passed where a `TaskId` is wanted. */
export interface IdKind<T extends string> {
  /** Returns the text as an id, lower-cased; throws `MalformedIdError` on anything but a UUID. */
  parse(text: string): T;
  /** A fresh UUIDv7 (RFC 9562): sortable by creation time, 74 random bits. */
  next(): T;
}

/** UUIDv7 of RFC 9562 §5.7: 48 bits of Unix milliseconds, version, 74 random bits. */
export function uuidv7(nowMs: number = Date.now()): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  new DataView(bytes.buffer).setUint32(0, Math.floor(nowMs / 0x10000));
  new DataView(bytes.buffer).setUint16(4, nowMs % 0x10000);
  bytes[6] = (bytes[6]! & 0x0f) | 0x70;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

function idOf<T extends string>(kind: string): IdKind<T> {
  return {
    parse(text) {
      const id = text.toLowerCase();
      if (!UUID.test(id)) throw new MalformedIdError(kind);
      return id as T;
    },
    next: () => uuidv7() as T,
  };
}

type Id<Kind extends string> = string & { readonly __id: Kind };

export type TeamId = Id<'TeamId'>;
export const TeamId = idOf<TeamId>('TeamId');
export type CustomerId = Id<'CustomerId'>;
export const CustomerId = idOf<CustomerId>('CustomerId');
export type PersonId = Id<'PersonId'>;
export const PersonId = idOf<PersonId>('PersonId');
export type DeviceId = Id<'DeviceId'>;
export const DeviceId = idOf<DeviceId>('DeviceId');
export type MemberId = Id<'MemberId'>;
export const MemberId = idOf<MemberId>('MemberId');
export type GoalId = Id<'GoalId'>;
export const GoalId = idOf<GoalId>('GoalId');
export type TaskId = Id<'TaskId'>;
export const TaskId = idOf<TaskId>('TaskId');
export type InstanceId = Id<'InstanceId'>;
export const InstanceId = idOf<InstanceId>('InstanceId');
export type RunId = Id<'RunId'>;
export const RunId = idOf<RunId>('RunId');
export type DraftId = Id<'DraftId'>;
export const DraftId = idOf<DraftId>('DraftId');
export type ArtifactId = Id<'ArtifactId'>;
export const ArtifactId = idOf<ArtifactId>('ArtifactId');
export type DeliverableId = Id<'DeliverableId'>;
export const DeliverableId = idOf<DeliverableId>('DeliverableId');
export type ApprovalId = Id<'ApprovalId'>;
export const ApprovalId = idOf<ApprovalId>('ApprovalId');
export type EffectId = Id<'EffectId'>;
export const EffectId = idOf<EffectId>('EffectId');
export type EntryId = Id<'EntryId'>;
export const EntryId = idOf<EntryId>('EntryId');

/** The platform's own audit chain stands under this id; no team can have it (RFC 9562 nil UUID). */
export const PLATFORM_CHAIN = '00000000-0000-0000-0000-000000000000';
