import { until, type LocalStack } from '@countersign/testing';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { Original } from '../stack/copies.js';
import { copyTeams } from './crowd.js';
import type { RawLimits } from './raw-limits.js';
import { latency, type Figure } from './report.js';
import { timed } from './sample.js';

const PER_SECOND = 20;
const EVERY_MS = 1_000 / PER_SECOND;
const WARM_UP = 20;
const GOALS = 100;
/** Each gets no more goals than its members may have in hand at a time: what is measured is the way of an assignment, not the wait for a free member. */
const TEAMS = 24;

/**
 * From a person's request until the fleet has the goal's first assignment, at twenty goals a second, each sent in its turn whether those
 * before it have been answered or not. By this machine's clock, which is the database's. Nobody may take a run from the queue meanwhile
 * (the fleet's leases are locked), so no worker's start is in the figure.
 */
export async function coordinationLatency(stack: LocalStack, client: pg.Client, original: Original, raw: RawLimits): Promise<Figure> {
  const teams = await copyTeams(client, original, TEAMS);
  const { rows } = await client.query<{ repository: object }>('select repository from app.goal where team_id = $1 and id = $2', [original.teamId, original.goalId]);
  const lock = new pg.Client({ connectionString: stack.databaseUrl });
  await lock.connect();
  try {
    await lock.query('begin');
    await lock.query('lock table app.lease in share mode');
    const [ours, bare]: [Promise<number>[], Promise<number>[]] = [[], []];
    const start = performance.now();
    for (let index = 0; index < WARM_UP + GOALS; index++) {
      await sleep(Math.max(0, start + index * EVERY_MS - performance.now()));
      ours.push(noted(oneGoal(stack, client, teams[index % TEAMS]!, { ...rows[0]!.repository, branch: `countersign/coordination-${index}` })));
      await sleep(Math.max(0, start + (index + 0.5) * EVERY_MS - performance.now()));
      bare.push(noted(timed(async () => { await fetch(raw.url, { method: 'POST', body: '{}' }); await raw.hop(randomUUID()); })));
    }
    const figure = latency(`goal until its first assignment is received, ${PER_SECOND} goals/s`, 'a bare node:http POST with one row committed, then publish to a stream of a plain nats-server, pull, one row committed', (await Promise.all(ours)).slice(WARM_UP), (await Promise.all(bare)).slice(WARM_UP), { p99Ms: 500 });
    await client.query(`update app.worker_run set state = 'stopped', code = 'bench', ended_at = clock_timestamp() where team_id = any ($1) and state = 'queued'`, [teams]);
    await client.query(`update app.goal set state = 'cancelled', finished_at = clock_timestamp() where team_id = any ($1) and finished_at is null`, [teams]);
    return figure;
  } finally {
    await lock.end();
  }
}

/** Submits a goal; the time from before the request until the row that the fleet makes of the first assignment. */
async function oneGoal(stack: LocalStack, client: pg.Client, team: string, repository: object): Promise<number> {
  const sentAtMs = performance.timeOrigin + performance.now();
  const { id } = await stack.post<{ id: string }>('asha', `/v1/teams/${team}/goals`, { text: 'Bench', repository });
  return until('the first assignment', async () => {
    const { rows } = await client.query<{ ms: number | null }>(`select (extract(epoch from min(r.queued_at)) * 1000)::float8 as ms from app.worker_run r join app.task k on k.team_id = r.team_id and k.id = r.task_id where k.team_id = $1 and k.goal_id = $2`, [team, id]);
    const receivedAtMs = rows[0]!.ms;
    return receivedAtMs === null ? false : receivedAtMs - sentAtMs;
  }, 60_000, 500);
}

/** A failure is thrown where all are awaited, not before. */
function noted(duration: Promise<number>): Promise<number> {
  duration.catch(() => undefined);
  return duration;
}
