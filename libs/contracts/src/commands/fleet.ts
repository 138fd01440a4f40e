import { IsBoolean, IsIn, IsObject, IsOptional } from 'class-validator';
import { defineCommand } from '../command.js';
import { IsCount, IsId, IsListOf, IsSha256, IsText } from '../rules.js';
import type { Amounts } from '../states.js';
import type { InstanceId, RunId, TaskId, TeamId } from '../ids.js';

/** Names the task and the run, nothing else: the gate reads team, role and requester from the task row (design §3). */
export class SpawnRequest {
  @IsId() teamId!: TeamId;
  @IsId() taskId!: TaskId;
  @IsId() runId!: RunId;
  /** The level the fleet's self-test established: 0 (cooperative) … 4 (isolated). */
  @IsCount(4) sandboxLevel!: number;
  /** The epoch of the run: a run from before a suspension starts nothing. */
  @IsOptional() @IsCount() epoch?: number;
}
/** A skill of an instance: where its content lies below the policies folder, and what it was when it was judged. */
export class HeldSkill {
  @IsText(400) file!: string;
  @IsSha256() sha256!: string;
}
export class SpawnReply {
  @IsBoolean() allowed!: boolean;
  /** `ok` or one of the deny codes of the spawn policy. */
  @IsText(64) code!: string;
  @IsOptional() @IsText(500, 0) reason?: string;
  @IsOptional() @IsBoolean() requiresUserApproval?: boolean;
  /** The question to a person that waits; the same task may ask again when it is answered. */
  @IsOptional() @IsId() approvalId?: string;
  @IsOptional() @IsId() instanceId?: InstanceId;
  /** What the instance holds; tool calls, steps and time are drawn from it by the fleet, tokens and money by the gate. */
  @IsOptional() @IsObject() slice?: Amounts;
  @IsOptional() @IsObject() capabilities?: object;
  @IsOptional() @IsText(80) skillHash?: string;
  /** The worker gets exactly these bytes, or does not start. */
  @IsOptional() @IsListOf(() => HeldSkill, 100) skills?: HeldSkill[];
}
export const spawn = defineCommand({ service: 'spawn-gate', verb: 'spawn', caller: 'fleet', request: SpawnRequest, reply: SpawnReply });

class MeteredCall {
  @IsId() teamId!: TeamId;
  @IsId() instanceId!: InstanceId;
  @IsId() callId!: string;
  @IsObject() amounts!: Amounts;
}
/** Reserves before a model call; the call id makes it idempotent. `amounts` is the most that the call can use. */
export class ReserveRequest extends MeteredCall {
  /** With less than this the call is not worth making: where not all of `amounts` is free, a part from here on is granted. Absent: all or nothing. */
  @IsOptional() @IsObject() least?: Amounts;
  /** What the provider may report beyond a reservation that is smaller than `amounts`, however well the call keeps to it. Absent: nothing. */
  @IsOptional() @IsObject() beyond?: Amounts;
}
export class BudgetReply {
  @IsBoolean() granted!: boolean;
  /** `ok`; `wait`: what others hold would suffice when it comes back, so ask again; `paused`: a person is asked for more; `budget_exhausted`: neither; `instance_ended`; `not_reserved`. */
  @IsText(64) code!: string;
  @IsObject() free!: Amounts;
  /** What the call holds. */
  @IsOptional() @IsObject() amounts?: Amounts;
  /** The question to a person that a paused call waits for. */
  @IsOptional() @IsId() approvalId?: string;
}
export const reserve = defineCommand({ service: 'spawn-gate', verb: 'reserve', caller: 'fleet', request: ReserveRequest, reply: BudgetReply });

/** What a reserved call really used; the rest of its reservation is free again. */
export class SettleRequest extends MeteredCall {
  @IsIn(['provider', 'estimate']) usageSource!: 'provider' | 'estimate';
  /** Which model was paid: `rehearsal`, or provider and id. */
  @IsOptional() @IsText(200) model?: string;
}
export const settle = defineCommand({ service: 'spawn-gate', verb: 'settle', caller: 'fleet', request: SettleRequest, reply: BudgetReply });

/** The instance is over; its slice is settled by what was drawn and the remainder released. Idempotent. */
export class EndInstanceRequest {
  @IsId() teamId!: TeamId;
  @IsId() instanceId!: InstanceId;
  @IsIn(['completed', 'failed', 'cancelled']) status!: 'completed' | 'failed' | 'cancelled';
  @IsText(64) reason!: string;
  @IsObject() drawn!: Amounts;
}
export class Done {
  @IsBoolean() ok!: boolean;
}
export const endInstance = defineCommand({ service: 'spawn-gate', verb: 'end_instance', caller: 'fleet', request: EndInstanceRequest, reply: Done });

/** A capability refused where the call was made; the gate records it. */
export class DenialReport {
  @IsId() teamId!: TeamId;
  @IsId() instanceId!: InstanceId;
  @IsText(64) code!: string;
  /** The tool or method that was called; `worker` for a system call of the process itself. */
  @IsText(100) tool!: string;
  /** What the worker was told. */
  @IsText(500) reason!: string;
  /** The call in one line, without content. */
  @IsText(200) what!: string;
  /** Made by the caller: a report that is sent again is recorded once. */
  @IsOptional() @IsId() denialId?: string;
}
export const reportDenial = defineCommand({ service: 'spawn-gate', verb: 'report_denial', caller: 'fleet', request: DenialReport, reply: Done });
