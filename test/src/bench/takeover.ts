import { until, type LocalStack } from '@countersign/testing';
import type pg from 'pg';
import { randomUUID } from 'node:crypto';
import { submitGoal } from '../stack/goals.js';
import { sampleRepository } from '../stack/sample-repository.js';
import type { RawLimits } from './raw-limits.js';
import { latency, type Figure } from './report.js';
import { timed } from './sample.js';

const ROUNDS = 40;
/** Each with a goal of its own, which has to come so far first. */
const FLAGS = 20;
const PROMISED = { p99Ms: 2_000 } as const;
const BARE = 'a bare node:http POST with one row committed, then publish to a stream of a plain nats-server, pull, one row committed';

/** From a person's order to stop until the helpdesk has told the customer why and what happens next, as its entry stands in the record. */
export async function takeover(stack: LocalStack, client: pg.Client, raw: RawLimits): Promise<Figure> {
  const team = await stack.activeTeam();
  const [ours, bare]: [number[], number[]] = [[], []];
  for (let round = 0; round < ROUNDS; round++) {
    ours.push(await untilTold(client, team, () => stack.post('asha', `/v1/teams/${team}/suspend`, { reason: 'Bench' })));
    await stack.post('gov', `/v1/teams/${team}/reactivate`);
    bare.push(await bareParts(raw));
  }
  return latency('order to stop until the helpdesk has told the customer', BARE, ours, bare, PROMISED);
}

/** The same from the guardian's flag, by which the platform itself stops a team, while members of it are at work. */
export async function takeoverByFlag(stack: LocalStack, client: pg.Client, raw: RawLimits): Promise<Figure> {
  const team = await stack.activeTeam();
  const repository = sampleRepository();
  const [ours, bare]: [number[], number[]] = [[], []];
  for (let round = 0; round < FLAGS; round++) {
    const goal = await submitGoal(stack, team, repository, `Bench ${round}`);
    await until('a member at work', async () => (await client.query(`select 1 from app.worker_run r join app.task k on k.team_id = r.team_id and k.id = r.task_id where k.team_id = $1 and k.goal_id = $2 and r.state <> 'queued'`, [team, goal.id])).rowCount !== 0, 30_000, 2);
    ours.push(await untilTold(client, team, () => stack.post('guardian', `/v1/teams/${team}/incidents`, { kind: 'ethics_violation', words: 'Bench' })));
    await stack.post('gov', `/v1/teams/${team}/reactivate`);
    await stack.post('asha', `/v1/teams/${team}/goals/${goal.id}/cancel`);
    bare.push(await bareParts(raw));
  }
  return latency('flag on a team at work until the helpdesk has told the customer', BARE, ours, bare, PROMISED);
}

const bareParts = (raw: RawLimits): Promise<number> =>
  timed(async () => {
    await fetch(raw.url, { method: 'POST', body: '{}' });
    await raw.hop(randomUUID());
  });

async function untilTold(client: pg.Client, team: string, stop: () => Promise<unknown>): Promise<number> {
  const { rows: [before] } = await client.query<{ size: string }>('select max(seq) as size from audit.entry where team_id = $1', [team]);
  return timed(async () => {
    await stop();
    await until('the customer was told', async () => (await client.query(`select 1 from audit.entry where team_id = $1 and seq > $2 and convert_from(payload, 'UTF8')::jsonb ->> 'action' = 'HELPDESK-TOLD'`, [team, before!.size])).rowCount === 1, 30_000, 2);
  });
}
