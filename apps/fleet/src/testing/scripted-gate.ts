import { OnCommand } from '@countersign/bus';
import { endInstance, InstanceId, reportDenial, reserve, settle, spawn, type BudgetReply, type DenialReport, type Done, type EndInstanceRequest, type ReserveRequest, type SettleRequest, type SpawnReply, type SpawnRequest } from '@countersign/contracts';
import { Controller, Module } from '@nestjs/common';

const CAPABILITIES = { tool_allowlist: ['checks.run'], tool_denylist: [], fs_scopes: { read: ['.'], write: ['.'] }, net_scopes: { enabled: false, allow_hosts: [] }, secrets_scopes: [], git_caps: { read: false, commit: false, push: false, push_requires_approval: false } };

export const allow = (): SpawnReply => ({ allowed: true, code: 'ok', instanceId: InstanceId.next(), slice: { tool_calls: 10, steps: 10, ms: 60_000 }, capabilities: CAPABILITIES });

/** The gate's script: what it answers, and what it was told. */
export const gate = { answer: allow as (request: SpawnRequest) => SpawnReply, reserving: () => Promise.resolve(), asked: [] as SpawnRequest[], ended: [] as EndInstanceRequest[] };

@Controller()
class ScriptedGateController {
  @OnCommand(spawn)
  spawn(request: SpawnRequest): Promise<SpawnReply> {
    gate.asked.push(request);
    return Promise.resolve(gate.answer(request));
  }

  @OnCommand(endInstance)
  end(request: EndInstanceRequest): Promise<Done> {
    gate.ended.push(request);
    return Promise.resolve({ ok: true });
  }

  @OnCommand(reportDenial)
  denied(_: DenialReport): Promise<Done> {
    return Promise.resolve({ ok: true });
  }

  @OnCommand(reserve)
  async reserve(_: ReserveRequest): Promise<BudgetReply> {
    await gate.reserving();
    return { granted: true, code: 'ok', free: {} };
  }

  @OnCommand(settle)
  settle(_: SettleRequest): Promise<BudgetReply> {
    return Promise.resolve({ granted: true, code: 'ok', free: {} });
  }
}

/** Answers on the gate's subjects with the gate's credential, without its rules. */
@Module({ controllers: [ScriptedGateController] })
export class ScriptedGateModule {}
