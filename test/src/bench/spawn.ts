import { Bus, CommandClient } from '@countersign/bus';
import { endInstance, RunId, spawn, type TaskId, type TeamId } from '@countersign/contracts';
import type { LocalStack } from '@countersign/testing';
import type pg from 'pg';
import { copyTasks, type Original } from './copies.js';
import type { RawLimits } from './raw-limits.js';
import { latency, type Figure } from './report.js';
import { timed } from './sample.js';
import { join } from 'node:path';

const GOALS = 5;
/** Below the policy's 36 instances of one goal. */
const PER_GOAL = 30;
const WARM_UP = 15;
const ISOLATED = 4;

/** The gate's answer to the fleet: judged, budget held, instance and entry written. Each instance ends again, outside the timing. */
export async function spawnRoundTrip(stack: LocalStack, natsUrl: string, client: pg.Client, original: Original, raw: RawLimits): Promise<Figure> {
  const tasks = await copyTasks(client, original, GOALS, PER_GOAL);
  const bus = await Bus.connect({ url: natsUrl, credsFile: join(stack.home, 'keys', 'fleet.nats.creds'), user: 'fleet' });
  const commands = new CommandClient(bus);
  const teamId = original.teamId as TeamId;
  const [ours, bare]: [number[], number[]] = [[], []];
  try {
    for (const [index, taskId] of tasks.entries()) {
      const pair = [await spawned(commands, teamId, taskId as TaskId), await timed(raw.request)] as const;
      if (index < WARM_UP) continue;
      ours.push(pair[0]);
      bare.push(pair[1]);
    }
  } finally {
    await bus.close();
    await client.query(`update app.goal set state = 'cancelled', finished_at = clock_timestamp() where team_id = $1 and id in (select goal_id from app.task where team_id = $1 and id = any ($2::uuid[]))`, [teamId, tasks]);
  }
  return latency('spawn round trip over NATS', 'request-reply on a plain nats-server with one row committed before the reply', ours, bare);
}

async function spawned(commands: CommandClient, teamId: TeamId, taskId: TaskId): Promise<number> {
  const request = { teamId, taskId, runId: RunId.next(), sandboxLevel: ISOLATED };
  const start = performance.now();
  const reply = await commands.request(spawn, request);
  const ms = performance.now() - start;
  if (!reply.allowed || !reply.instanceId) throw new Error(`the gate said no: ${reply.code} ${reply.reason ?? ''}`);
  await commands.request(endInstance, { teamId, instanceId: reply.instanceId, status: 'completed', reason: 'bench', drawn: {} });
  return ms;
}
