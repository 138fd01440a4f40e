import type { Database } from '@countersign/database';

/** What agents said and used, of runs that ended so long ago: all of it, however much there is. */
export async function forgetTraces(database: Database, keptHours: number): Promise<void> {
  for (let left = true; left; ) {
    const [forgotten] = await database.ops<{ lines: string; samples: string }>('traces_prune', keptHours);
    left = forgotten !== undefined && Number(forgotten.lines) + Number(forgotten.samples) > 0;
  }
}
