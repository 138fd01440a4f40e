import { IsIn, IsInt, IsOptional, Max, Min } from 'class-validator';
import { defineCommand } from '../command.js';
import { MOST_DRAFT, MOST_REPLAYED, SIMULATED_KINDS, Simulation, type SimulatedKind } from '../http/policies.js';
import { IsNested, IsText } from '../rules.js';
import { CommandReply, Requester } from './gateway.js';

/** Judges recorded decisions again as if the draft were in force. Changes nothing; for the platform governor. */
export class SimulatePolicy {
  @IsNested(() => Requester) by!: Requester;
  @IsIn(SIMULATED_KINDS) kind!: SimulatedKind;
  @IsText(MOST_DRAFT, 0) draft!: string;
  @IsInt() @Min(1) @Max(MOST_REPLAYED) most!: number;
}
export class PolicySimulated extends CommandReply {
  @IsOptional() @IsNested(() => Simulation) simulation?: Simulation;
}
export const simulatePolicy = defineCommand({ service: 'spawn-gate', verb: 'simulate_policy', caller: 'gateway', request: SimulatePolicy, reply: PolicySimulated });
