import { OnCommand } from '@countersign/bus';
import { askTool, endInstance, InstanceId, reportDenial, reserve, settle, spawn, spawnAgent, type BudgetReply, type DenialReport, type Done, type EndInstanceRequest, type ReserveRequest, type SettleRequest, type AskTool, type Capabilities, type SpawnAgent, type SpawnOutcome, type SpawnReply, type SpawnRequest, type ToolAnswer } from '@countersign/contracts';
import { Controller, Module } from '@nestjs/common';
import { aGrant } from './capabilities.js';

const CAPABILITIES = aGrant({ tool_allowlist: ['checks.run'], fs_scopes: { read: ['.'], write: ['.'] } });

export const allow = (capabilities: Capabilities = CAPABILITIES): SpawnReply => ({ allowed: true, code: 'ok', instanceId: InstanceId.next(), slice: { tool_calls: 10, steps: 10, ms: 60_000 }, capabilities });

const notWithoutAPerson: SpawnOutcome = { ok: false, code: 'spawn_requires_approval', message: 'a person decides', violations: [], requiresUserApproval: true, approvalId: '01a1faa8-85f2-786b-9b67-420704a3cc04' };

export const startNobody = (_: SpawnAgent): Promise<SpawnOutcome> => Promise.resolve(notWithoutAPerson);

/** The gate's script: what it answers, and what it was told. */
export const gate = {
  answer: (_: SpawnRequest): SpawnReply => allow(), reserving: () => Promise.resolve(), denying: (_: DenialReport) => Promise.resolve(), decide: (_: AskTool): ToolAnswer['outcome'] => 'pending',
  start: startNobody, started: [] as SpawnAgent[],
  asked: [] as SpawnRequest[], ended: [] as EndInstanceRequest[], denied: [] as DenialReport[], questions: [] as AskTool[],
};

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
  async denied(report: DenialReport): Promise<Done> {
    await gate.denying(report);
    gate.denied.push(report);
    return { ok: true };
  }

  @OnCommand(spawnAgent)
  start(request: SpawnAgent): Promise<SpawnOutcome> {
    gate.started.push(request);
    return gate.start(request);
  }

  @OnCommand(askTool)
  ask(question: AskTool): Promise<ToolAnswer> {
    gate.questions.push(question);
    const outcome = gate.decide(question);
    return Promise.resolve({ outcome, approvalId: question.callId, code: outcome === 'approved' ? 'ok' : 'tool_requires_approval', reason: '' });
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
