import { AppError, askTool, endInstance, RefusedError, reportDenial, reserve, settle, spawn, spawnAgent, uuidv7, wireId, type Amounts, type BudgetReply, type Capabilities, type HeldSkill, type InstanceId, type ModelUsage, type SpawnOutcome, type SpawnReply, type SpawnWish, type TeamId } from '@countersign/contracts';
import { CommandClient, NoReplyError } from '@countersign/bus';
import type { Reservation } from '@countersign/models';
import { Inject, Injectable } from '@nestjs/common';
import { LOGGER, type Logger } from '@countersign/service';
import { setTimeout as sleep } from 'node:timers/promises';
import { GOAL_PAUSED } from '../../domain/must-stop.js';
import type { RunEnd } from '../../domain/run-ended.js';
import type { RunOrder } from '../postgres/rows.js';
import type { ToolAnswer, ToolQuestion } from '../tools/git-tool.js';
import { ToolProblem } from '../tools/outcomes.js';

export type Admission =
  | { readonly admitted: true; readonly instanceId: InstanceId; readonly slice: Amounts; readonly capabilities: Capabilities; readonly skills: readonly HeldSkill[] }
  | { readonly admitted: false; readonly end: Exclude<RunEnd, { kind: 'submitted' }> };

const SPAWN_TRIES = 6;
const END_TRIES = 20;
export const ASK_TRIES = 3;
const SETTLE_TRIES = 6;
/** Who answers at once that it cannot now is given a moment. */
const PAUSE_MS = 500;

/** The fleet's side of the spawn gate. Every command carries its own id, so asking again after a silence is safe. */
@Injectable()
export class Gate {
  constructor(
    private readonly commands: CommandClient,
    @Inject(LOGGER) private readonly log: Logger,
  ) {}

  /** Names the task and the run, and the epoch the run belongs to (P9, P12). Waits out a gate that is just restarting. */
  async admit(order: RunOrder, sandboxLevel: number, stopped: () => boolean): Promise<Admission> {
    for (let attempt = 1; ; attempt++) {
      try {
        return admission(await this.commands.request(spawn, { teamId: order.teamId, taskId: order.taskId, runId: order.runId, sandboxLevel, epoch: order.epoch }));
      } catch (error) {
        if (error instanceof RefusedError) return { admitted: false, end: { kind: 'failed', code: error.code, detail: error.message } };
        if (!(error instanceof NoReplyError) || attempt >= SPAWN_TRIES || stopped()) return { admitted: false, end: { kind: 'failed', code: 'gate_unreachable', detail: String(error) } };
      }
    }
  }

  reserve(teamId: TeamId, instanceId: InstanceId, callId: string, wanted: Reservation): Promise<BudgetReply> {
    return insist(ASK_TRIES, () => this.commands.request(reserve, { teamId, instanceId, callId, ...wanted }));
  }

  /** What was used is booked also by a gate that is just restarting. */
  async settle(teamId: TeamId, instanceId: InstanceId, callId: string, { inputTokens, outputTokens, usdMicros, source }: ModelUsage, model: string): Promise<void> {
    await insist(SETTLE_TRIES, () => this.commands.request(settle, { teamId, instanceId, callId, amounts: { tokens: inputTokens + outputTokens, usd_micros: usdMicros }, usageSource: source, model }));
  }

  /** Resolves once the gate has heard of it, or was asked often enough; never fails. */
  async denied(teamId: TeamId, instanceId: InstanceId, denial: { code: string; tool: string; reason: string; what: string }): Promise<void> {
    const report = { teamId, instanceId, ...denial, denialId: uuidv7() };
    await insist(END_TRIES, () => this.commands.request(reportDenial, report)).catch((error: unknown) => this.log.error({ err: error, code: denial.code }, 'a denial could not be reported'));
  }

  /** Asks a person whether a tool call may go on. The same question gets the same answer, so that asking again after a silence is safe. */
  async askTool(teamId: TeamId, instanceId: InstanceId, question: ToolQuestion): Promise<ToolAnswer> {
    const callId = uuidv7();
    const { outcome, approvalId, reason } = await insist(ASK_TRIES, () => this.commands.request(askTool, { teamId, instanceId, callId, ...question })).catch(unreachable);
    return { outcome, approvalId: wireId('toolApproval', approvalId), reason };
  }

  /** Asks for another agent, for the instance that this fleet bound to a process. Asking again for the same thing tells what became of the question it led to. */
  async spawnAgent(teamId: TeamId, instanceId: InstanceId, wish: Omit<SpawnWish, 'teamId' | 'requestId'>, drawn: Amounts): Promise<SpawnOutcome> {
    const requestId = uuidv7();
    return insist(ASK_TRIES, () => this.commands.request(spawnAgent, { teamId, requestId, instanceId, drawn, ...wish })).catch(unreachable);
  }

  /** Tells the gate that an instance is over, until it has heard: what the instance did not use is free again. */
  async ended(teamId: TeamId, instanceId: string, status: 'completed' | 'failed' | 'cancelled', reason: string, drawn: Amounts): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        await this.commands.request(endInstance, { teamId, instanceId: instanceId as InstanceId, status, reason, drawn });
        return;
      } catch (error) {
        if (!(error instanceof NoReplyError) || attempt >= END_TRIES) return this.log.error({ err: error, instanceId }, 'the gate was not told that an instance ended; its sweeper will see');
        await sleep(PAUSE_MS);
      }
    }
  }
}

/** Asks again after a silence, or where a retry may help: the command carries its own id. */
export async function insist<T>(tries: number, ask: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof AppError && error.retryable) || attempt >= tries) throw error;
      await sleep(PAUSE_MS);
    }
  }
}

const unreachable = (): never => {
  throw new ToolProblem('gate_unreachable', 'the gate cannot be asked now');
};

function admission(reply: SpawnReply): Admission {
  if (reply.code === 'mission_paused') return { admitted: false, end: GOAL_PAUSED };
  if (reply.allowed && reply.instanceId && reply.slice && reply.capabilities) return { admitted: true, instanceId: reply.instanceId, slice: reply.slice, capabilities: reply.capabilities as Capabilities, skills: reply.skills ?? [] };
  return { admitted: false, end: { kind: 'failed', code: reply.code, detail: reply.reason ?? 'the gate refused the spawn' } };
}
