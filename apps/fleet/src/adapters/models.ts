import { WORKER_ERROR, type AgentSpec, type ModelCompleteParams, type ModelCompleteResult } from '@countersign/contracts';
import type { ModelPort, Purse } from '../fleet-parts.js';
import { WorkerRefusal } from './worker/session.js';

/** Seam until libs/models stands. */
export class FleetModels implements ModelPort {
  complete(_agent: AgentSpec, _params: ModelCompleteParams, _purse: Purse): Promise<ModelCompleteResult> {
    return Promise.reject(new WorkerRefusal({ code: WORKER_ERROR.unavailable, message: 'no model is configured' }));
  }
}
