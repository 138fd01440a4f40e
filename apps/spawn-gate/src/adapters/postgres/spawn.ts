import type { Audit } from '@countersign/audit';
import { RefusedError, type MissionSpawn, type RequestSpawn, type SpawnAgent, type SpawnOutcome, type SpawnReply, type SpawnRequest, type TeamId } from '@countersign/contracts';
import { Database, type Tx } from '@countersign/database';
import { AUDIT } from '@countersign/service';
import { Inject, Injectable } from '@nestjs/common';
import { isUnheard, markHeard, type QuestionRow } from './gate-approvals.js';
import { outcomeOf, outcomeOfDecision, outcomeOfInstance, outcomeOfQuestion, replyOf } from './outcomes.js';
import { readDoor, type Door } from './read-spawn.js';
import { orderOfAgent, orderOfMission, orderOfPerson, orderOfRun, type SpawnOrder } from './spawn-order.js';
import { SignalWatch } from './signal-watch.js';
import type { EarlierInstance } from './spawn-rows.js';
import { settleCase, skillsOf } from './write-spawn.js';

/** The doors of the gate. Each says who asks, from the caller's credential; then all are the same: one transaction reads, judges and writes down. */
@Injectable()
export class SpawnDesk {
  constructor(
    private readonly database: Database,
    private readonly watch: SignalWatch,
    @Inject(AUDIT) private readonly audit: Audit,
  ) {}

  /** A person asks, through the gateway. */
  requestSpawn(request: RequestSpawn): Promise<SpawnOutcome> {
    return this.enter(request.teamId, orderOfPerson(request));
  }

  /** A running agent asks, through the fleet that holds its process. */
  spawnAgent(request: SpawnAgent): Promise<SpawnOutcome> {
    return this.enter(request.teamId, orderOfAgent(request));
  }

  /** A mission's work item needs an instance. A task that has one gets no second. */
  missionSpawn(request: MissionSpawn): Promise<SpawnOutcome> {
    return this.enter(request.teamId, orderOfMission(request));
  }

  /** The fleet has a run for a task. Idempotent by run: a run that has an instance gets the same answer again. A denied run may ask again and is judged anew. */
  spawn(request: SpawnRequest): Promise<SpawnReply> {
    const order = orderOfRun(request);
    return this.database.withTeam(request.teamId, async (tx) => {
      const door = await readDoor(tx, order);
      const { earlier, question, spawn } = door;
      if (earlier) return runAgain(request, earlier);
      if (question && isStanding(question)) return replyOf(await outcomeOfQuestion(tx, question));
      const settled = await settleCase(tx, this.audit, spawn);
      spawn.book.save(tx);
      const { decision } = settled;
      return replyOf(outcomeOf(spawn, settled), decision.allowed ? { capabilities: decision.capabilities, skills: skillsOf(spawn, decision.templateId) } : undefined);
    });
  }

  private enter(teamId: TeamId, order: SpawnOrder): Promise<SpawnOutcome> {
    const work = async (tx: Tx): Promise<SpawnOutcome> => {
      const door = await readDoor(tx, order);
      const told = await answerFromBefore(tx, order, door);
      if (told) return told;
      const { spawn, question } = door;
      const settled = await settleCase(tx, this.audit, spawn, question?.state === 'pending' ? question.id : undefined);
      spawn.book.save(tx);
      if (!settled.decision.allowed) tx.afterCommit(() => this.watch.soon(teamId));
      return outcomeOf(spawn, settled);
    };
    return this.database.withTeam(teamId, work, order.requestedBy === 'service' ? {} : { principal: order.requestedBy });
  }
}

/**
 * The answer that is there already: the request came twice, its task has an instance, or it is the repeat by which an agent
 * learns what became of its question. A person's no to an agent stands; what nobody answered may be asked again.
 */
async function answerFromBefore(tx: Tx, order: SpawnOrder, { spawn, decided, question, earlier }: Door): Promise<SpawnOutcome | undefined> {
  if (decided && decided.digest !== spawn.digest) throw new RefusedError('request_id_reused', 'this request id was used for another request');
  if (decided && question && decided.code === 'spawn_requires_approval') return outcomeOfQuestion(tx, question);
  if (decided) return outcomeOfDecision(tx, order.id, decided);
  if (earlier) return outcomeOfInstance(earlier);
  if (!question || order.person) return undefined;
  if (isStanding(question)) return outcomeOfQuestion(tx, question);
  if (order.source !== 'tool_call' || !isUnheard(question, order.id)) return undefined;
  if (question.used_at === null) {
    tx.ledgerOnly();
    markHeard(tx, question, order.id);
  }
  return outcomeOfQuestion(tx, question);
}

/** It waits for its answer, or a person has said no. */
const isStanding = ({ state }: QuestionRow): boolean => state === 'pending' || state === 'denied';

function runAgain({ taskId }: SpawnRequest, earlier: EarlierInstance): SpawnReply {
  if (earlier.task_id !== taskId) throw new RefusedError('run_of_other_task', 'this run has an instance for another task');
  const open = earlier.state === 'running' || earlier.state === 'queued';
  return open ? replyOf(outcomeOfInstance(earlier), earlier) : { allowed: false, code: 'instance_ended', reason: `the instance of this run is ${earlier.state}` };
}
