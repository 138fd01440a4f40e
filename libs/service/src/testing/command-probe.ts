import { OnCommand, traceparent } from '@countersign/bus';
import { AppError, RefusedError, reserve, spawn, type BudgetReply, type ReserveRequest, type SpawnReply, type SpawnRequest } from '@countersign/contracts';
import { Controller, Module } from '@nestjs/common';

export class BusyError extends AppError {
  readonly code = 'busy';
  readonly retryable = true;
}

const none = { tokens: 0, steps: 0, tool_calls: 0, ms: 0, usd_micros: 0 };

/** What the gate's stand-in does with `spawn`; a test may change it. */
export const gateProbe: { spawn: (request: SpawnRequest) => Promise<SpawnReply>; traces: string[] } = {
  spawn: () => Promise.resolve({ allowed: true, code: 'ok' }),
  traces: [],
};

@Controller()
export class GateProbeController {
  @OnCommand(spawn)
  spawn(request: SpawnRequest): Promise<SpawnReply> {
    gateProbe.traces.push(traceparent());
    return gateProbe.spawn(request);
  }

  @OnCommand(reserve)
  reserve(request: ReserveRequest): Promise<BudgetReply> {
    if (request.callId === request.instanceId) throw new RefusedError('mission_cancelled', 'the goal was cancelled', { goal: 'g' });
    return Promise.resolve({ granted: true, code: 'ok', free: none });
  }
}

@Module({ controllers: [GateProbeController] })
export class GateProbeModule {}

/** A service that asks and has nothing to say. */
@Module({})
export class AskingModule {}
