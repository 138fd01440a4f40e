import type { Audit } from '@countersign/audit';
import { RefusedError, type SpawnReply, type SpawnRequest } from '@countersign/contracts';
import { Database } from '@countersign/database';
import { AUDIT } from '@countersign/service';
import { Inject, Injectable } from '@nestjs/common';
import { readSpawn, type Repeated } from './read-spawn.js';
import { allowedReply, deniedReply, settleCase } from './write-spawn.js';

/** The only constructor of instances (P2): one transaction reads, judges, holds the budget and writes the instance down. */
@Injectable()
export class SpawnDesk {
  constructor(
    private readonly database: Database,
    @Inject(AUDIT) private readonly audit: Audit,
  ) {}

  /** Idempotent by run: a run that has an instance gets the same answer again. A denied run may ask again and is judged anew. */
  spawn(request: SpawnRequest): Promise<SpawnReply> {
    return this.database.withTeam(request.teamId, async (tx) => {
      const spawn = await readSpawn(tx, request);
      if ('earlier' in spawn) return repeated(request, spawn);
      const decision = await settleCase(tx, this.audit, spawn);
      spawn.book.save(tx);
      return decision.allowed ? allowedReply(spawn.id, decision) : deniedReply(decision);
    });
  }
}

function repeated({ taskId }: SpawnRequest, { earlier }: Repeated): SpawnReply {
  if (earlier.task_id !== taskId) throw new RefusedError('run_of_other_task', 'this run has an instance for another task');
  const running = earlier.state === 'running' || earlier.state === 'queued';
  if (!running) return { allowed: false, code: 'instance_ended', reason: `the instance of this run is ${earlier.state}` };
  return allowedReply(earlier.id, { slice: earlier.slice, capabilities: earlier.capabilities, skillHash: earlier.skill_hash });
}
