import { WORKER_ERROR, type AgentSpec, type ModelCompleteParams, type ModelCompleteResult, type WorkerModel } from '@countersign/contracts';
import { ModelCallError, ModelRefusedError, modelText, type ModelBudget, type Models } from '@countersign/models';
import type { ModelPort } from '../fleet-parts.js';
import { WorkerRefusal } from './worker/session.js';

const CALL_MS = 60_000;

/** A worker's model calls. An agent that names no model of its own gets the one this fleet is configured with. */
export class FleetModels implements ModelPort {
  constructor(private readonly models: Models) {}

  modelOf(agent: AgentSpec): WorkerModel {
    const { provider, id } = agent.model.provider === 'rehearsal' ? this.models.configured : agent.model;
    return { provider, id };
  }

  /** Reserved before, settled after, ended by `signal`; a refusal of the gate or of the price book reaches the worker as a typed error. */
  async complete(agent: AgentSpec, params: ModelCompleteParams, budget: ModelBudget, signal: AbortSignal): Promise<ModelCompleteResult> {
    const { provider, id } = this.modelOf(agent);
    try {
      const answer = await this.models.complete({
        model: provider === 'rehearsal' ? 'rehearsal' : `${provider}/${id}`, messages: params.messages, ...(params.schema ? { schema: params.schema } : {}),
        maxOutputTokens: Math.min(params.maxOutputTokens ?? agent.maxTokens, agent.maxTokens), deadline: new Date(Date.now() + CALL_MS), budget, signal,
      });
      return { text: answer.text, ...(answer.json === undefined ? {} : { json: answer.json }), model: { provider: answer.model.provider, id: modelText(answer.model) }, finishReason: answer.finishReason, usage: answer.usage };
    } catch (cause) {
      if (cause instanceof ModelRefusedError) throw new WorkerRefusal({ code: cause.code.startsWith('budget') ? WORKER_ERROR.budgetExhausted : WORKER_ERROR.unavailable, message: cause.message, data: { code: cause.code } });
      if (cause instanceof ModelCallError) throw new WorkerRefusal({ code: WORKER_ERROR.unavailable, message: cause.message, data: { code: cause.code } });
      throw cause;
    }
  }
}
