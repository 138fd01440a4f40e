import { wireId, type SpawnAgentArgs, type SpawnAgentResult, type SpawnOutcome, type SpawnRequestParams, type SpawnRequestResult } from '@countersign/contracts';
import { refuse } from '../../domain/capability/refusal.js';
import { readSpawnArgs, type AgentWish, type Bound } from '../../domain/spawn-args.js';
import { DeniedError } from '../tools/outcomes.js';

export const SPAWN_INVALID = 'SPAWN_INVALID_ARGS';

/**
 * The two ways by which a worker asks for another agent, by tool and by method: one question to the gate, two forms of its answer.
 *
 * One at a time, and while one is asked nothing is drawn: a child's slice is taken from what the worker has left.
 */
export class Spawner {
  private turn: Promise<unknown> = Promise.resolve();
  private started = 0;

  constructor(
    private readonly bound: Bound,
    /** How many the agent's own spec lets it start. */
    private readonly most: number,
    private readonly ask: (wish: AgentWish) => Promise<SpawnOutcome>,
  ) {}

  /** Resolves when nothing is being asked. */
  get idle(): Promise<unknown> {
    return this.turn;
  }

  /** `spawn_agent`, in the original's words. Throws `DeniedError` where the agent's own spec says no. */
  async tool(args: SpawnAgentArgs): Promise<SpawnAgentResult> {
    const read = readSpawnArgs(args, this.bound);
    if (!read.ok) return { ok: false, code: SPAWN_INVALID, error: read.message, requiresUserApproval: false };
    const outcome = await this.start(read.wish);
    const { ok, code, message, missionId, instanceId, status, skillHash, requiresUserApproval, approvalId } = outcome;
    const question = approvalId === undefined ? {} : { approvalID: wireId('spawnApproval', approvalId) };
    if (!ok || instanceId === undefined) return { ok: false, code, error: message, requiresUserApproval, ...question };
    return { ok: true, missionID: missionId ?? this.bound.goalId, instanceID: wireId('instance', instanceId), sessionID: wireId('session', instanceId), runID: null, status: status ?? 'queued', skillHash: skillHash ?? '', ...question };
  }

  /** `spawn/request`. */
  async request({ role, justification }: SpawnRequestParams): Promise<SpawnRequestResult> {
    const read = readSpawnArgs({ role, justification }, this.bound);
    if (!read.ok) return { outcome: 'denied', code: SPAWN_INVALID, reason: read.message };
    const { ok, code, message, instanceId, requiresUserApproval, approvalId } = await this.start(read.wish);
    return {
      outcome: ok ? 'allowed' : requiresUserApproval ? 'approval_required' : 'denied',
      code,
      ...(message === '' ? {} : { reason: message }),
      ...(instanceId === undefined ? {} : { instanceId: wireId('instance', instanceId) }),
      ...(approvalId === undefined ? {} : { approvalId: wireId('spawnApproval', approvalId) }),
    };
  }

  private start(wish: AgentWish): Promise<SpawnOutcome> {
    const outcome = this.turn.then(async () => {
      if (this.started >= this.most) throw new DeniedError(refuse('spawn_not_allowed', this.most === 0 ? 'the agent spec lets it start nobody' : `the agent spec lets it start ${this.most}`));
      const answer = await this.ask(wish);
      if (answer.ok) this.started += 1;
      return answer;
    });
    this.turn = outcome.catch(() => undefined); // whoever asked hears of it; the next one has its turn
    return outcome;
  }
}
