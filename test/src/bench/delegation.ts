import { until, type LocalStack } from '@countersign/testing';
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import type { Original } from '../stack/copies.js';
import type { RawLimits } from './raw-limits.js';
import { latency, type Figure } from './report.js';

const GOALS = 14;
const WARM_UP = 2;
const TASKS_PER_GOAL = 2;

/**
 * From the manager's assignment to the fleet's queued run, by the database clock of the two rows.
 *
 * Nobody may take a run from the queue meanwhile (the fleet's leases are locked), so no worker's start is in the figure.
 */
export async function delegationHop(stack: LocalStack, client: pg.Client, original: Original, raw: RawLimits): Promise<Figure> {
  const [ours, bare]: [number[], number[]] = [[], []];
  const lock = new pg.Client({ connectionString: stack.databaseUrl });
  await lock.connect();
  try {
    await lock.query('begin');
    await lock.query('lock table app.lease in share mode');
    for (let index = 0; index < GOALS; index++) {
      const hops = await oneGoal(stack, client, original, index);
      for (const hop of hops) {
        const limit = await raw.hop(randomUUID());
        if (index < WARM_UP) continue;
        ours.push(hop);
        bare.push(limit);
      }
    }
    await client.query(`update app.worker_run set state = 'stopped', code = 'bench', ended_at = clock_timestamp() where team_id = $1 and state = 'queued'`, [original.teamId]);
  } finally {
    await lock.end();
  }
  return latency('delegation hop', 'publish to a JetStream stream of a plain nats-server, pull, one row committed', ours, bare);
}

/** Submits a goal, waits for the runs of its tasks, cancels it; returns each task's hop in milliseconds. */
async function oneGoal(stack: LocalStack, client: pg.Client, { teamId, goalId }: Original, index: number): Promise<number[]> {
  const { rows } = await client.query<{ repository: object }>('select repository from app.goal where team_id = $1 and id = $2', [teamId, goalId]);
  const { id } = await stack.post<{ id: string }>('asha', `/v1/teams/${teamId}/goals`, { text: 'Bench', repository: { ...rows[0]!.repository, branch: `countersign/bench-${index}` } });
  const hops = await until('queued runs', async () => {
    const found = await client.query<{ ms: number }>(
      `select (extract(epoch from r.queued_at - k.changed_at) * 1000)::float8 as ms from app.worker_run r join app.task k on k.team_id = r.team_id and k.id = r.task_id where k.team_id = $1 and k.goal_id = $2 and k.state = 'assigned'`,
      [teamId, id],
    );
    return found.rows.length === TASKS_PER_GOAL && found.rows.map(({ ms }) => ms);
  });
  await stack.post('asha', `/v1/teams/${teamId}/goals/${id}/cancel`);
  return hops;
}

