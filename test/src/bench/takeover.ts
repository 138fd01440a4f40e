import { until, type LocalStack } from '@countersign/testing';
import type pg from 'pg';
import { randomUUID } from 'node:crypto';
import type { RawLimits } from './raw-limits.js';
import { latency, type Figure } from './report.js';
import { timed } from './sample.js';

const ROUNDS = 40;

/** From a person's order to stop until the helpdesk has told the customer why and what happens next, as its entry stands in the record. */
export async function takeover(stack: LocalStack, client: pg.Client, raw: RawLimits): Promise<Figure> {
  const team = await stack.activeTeam();
  const [ours, bare]: [number[], number[]] = [[], []];
  for (let round = 0; round < ROUNDS; round++) {
    const { rows: [before] } = await client.query<{ size: string }>('select max(seq) as size from audit.entry where team_id = $1', [team]);
    ours.push(await timed(async () => {
      await stack.post('asha', `/v1/teams/${team}/suspend`, { reason: 'Bench' });
      await until('the customer was told', async () => (await client.query(`select 1 from audit.entry where team_id = $1 and seq > $2 and convert_from(payload, 'UTF8')::jsonb ->> 'action' = 'HELPDESK-TOLD'`, [team, before!.size])).rowCount === 1, 30_000, 2);
    }));
    await stack.post('gov', `/v1/teams/${team}/reactivate`);
    bare.push(await timed(async () => {
      await fetch(raw.url, { method: 'POST', body: '{}' });
      await raw.hop(randomUUID());
    }));
  }
  return latency('order to stop until the helpdesk has told the customer', 'a bare node:http POST with one row committed, then publish to a stream of a plain nats-server, pull, one row committed', ours, bare, { p99Ms: 2_000 });
}
