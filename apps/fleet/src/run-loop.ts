import type { MemberId, RunId, TaskId, TeamId } from '@countersign/contracts';
import { Database, GuardError } from '@countersign/database';
import { forEachOf } from '@countersign/service';
import { randomUUID } from 'node:crypto';
import { ActiveRun } from './adapters/worker/active-run.js';
import type { FleetParts } from './fleet-parts.js';
import { hasRoom } from './domain/room.js';
import { INSTANCE_AFTER, type RunEnd } from './domain/run-ended.js';

const SWEEP_MS = 1_000;
const BEAT_MS = 500;

interface OpenRun {
  readonly team_id: TeamId;
  readonly id: RunId;
  readonly state: string;
  readonly stale: boolean;
}

interface MissedTask {
  readonly team_id: TeamId;
  readonly id: TaskId;
  readonly member_id: MemberId;
  readonly round: number;
  readonly epoch: number;
}

/** Takes queued runs from the rows, keeps theirs alive, and ends what another supervisor left behind. Messages only make it look sooner. */
export class RunLoop {
  readonly active = new Map<RunId, ActiveRun>();
  private readonly holder = randomUUID();
  private timers: NodeJS.Timeout[] = [];
  private sweeping: Promise<void> | undefined;
  private again = false;
  private draining = false;

  constructor(
    private readonly parts: FleetParts,
    private readonly database: Database,
    private readonly concurrency: number,
  ) {}

  start(): void {
    this.timers = [setInterval(() => this.look(), SWEEP_MS), setInterval(() => this.beat(), BEAT_MS)];
    this.look();
  }

  /** Stops every worker and waits until its end is written. */
  async close(): Promise<void> {
    this.draining = true;
    for (const timer of this.timers) clearInterval(timer);
    await this.sweeping; // a run it is just taking is stopped like the others
    const end: RunEnd = { kind: 'failed', code: 'supervisor_lost', detail: 'the supervisor was stopped' };
    for (const run of this.active.values()) run.stop(end);
    await Promise.allSettled([...this.active.values()].map(({ done }) => done));
  }

  /** Looks at the rows now, or once more when it is looking already. */
  look(): void {
    if (this.draining) return;
    if (this.sweeping) { this.again = true; return; }
    this.sweeping = this.sweep()
      .catch((error: unknown) => this.parts.log.warn({ err: error }, 'could not look for runs; trying again'))
      .finally(() => {
        this.sweeping = undefined;
        if (this.again) { this.again = false; this.look(); }
      });
  }

  /** Looks around for the runs of one team now instead of with the next beat. */
  async beatTeam(teamId: TeamId): Promise<void> {
    await Promise.allSettled([...this.active.values()].filter((run) => run.belongsTo(teamId)).map((run) => run.beat()));
  }

  private beat(): void {
    for (const run of this.active.values()) run.beat().catch((error: unknown) => this.parts.log.warn({ err: error }, 'a beat failed'));
  }

  private async sweep(): Promise<void> {
    await forEachOf(await this.database.ops<MissedTask>('unqueued_tasks'), (task) => this.queueMissed(task));
    await forEachOf(await this.database.ops<OpenRun>('open_runs'), async (run) => {
      if (this.draining || this.active.has(run.id)) return;
      if (run.state === 'queued' && this.hasRoom) await this.take(run);
      if (run.state === 'running' && run.stale) await this.recover(run);
    });
  }

  private get hasRoom(): boolean {
    const waiting = [...this.active.values()].filter((run) => run.waits).length;
    return hasRoom({ active: this.active.size, waiting }, this.concurrency);
  }

  /** An assignment that no message led to a run. */
  private async queueMissed({ team_id, id, member_id, round, epoch }: MissedTask): Promise<void> {
    try {
      const queued = await this.parts.runs.queueMissed(team_id, { taskId: id, memberId: member_id, round, epoch });
      if (queued) this.parts.log.warn({ teamId: team_id, taskId: id, round }, 'an assignment was not heard; it was found in its rows');
    } catch (error) {
      if (!(error instanceof GuardError)) throw error; // else the team was stopped: what it had given out is handed on when it works again
    }
  }

  private async take(open: OpenRun): Promise<void> {
    const order = await this.parts.runs.claim(open.team_id, open.id, this.holder);
    if (!order) return;
    const run = new ActiveRun(this.parts, order);
    this.active.set(open.id, run);
    void run.done
      .catch((error: unknown) => this.parts.log.error({ err: error, runId: open.id }, 'a run ended in an error of ours; its lease will run out and another attempt follows'))
      .finally(() => { this.active.delete(open.id); this.look(); });
  }

  private async recover(open: OpenRun): Promise<void> {
    const lost = await this.parts.runs.lost(open.team_id, open.id);
    if (!lost) return;
    const ended = await this.parts.runs.endLost(lost, { kind: 'failed', code: 'supervisor_lost', detail: 'its supervisor was not heard of' });
    if (!ended) return;
    this.parts.log.warn({ runId: open.id }, 'a run was left behind by its supervisor');
    if (lost.instanceId) await this.parts.gate.ended(open.team_id, lost.instanceId, INSTANCE_AFTER[ended.kind], ended.code, {});
  }
}
