// `npm run bench`: a whole stack of its own, every figure beside its raw limit, and beside what is promised of it: beyond that it fails.
import { LocalStack, policyWith } from '@countersign/testing';
import pg from 'pg';
import { submitGoal, waitingApproval } from '../stack/goals.js';
import { sampleRepository } from '../stack/sample-repository.js';
import type { Original } from '../stack/copies.js';
import { coordinationLatency } from './coordination.js';
import { delegationHop } from './delegation.js';
import { BenchDatabase, governedWrite } from './governed-write.js';
import { decisions, reads } from './http.js';
import { firstVisits } from './phone.js';
import { RawLimits } from './raw-limits.js';
import { beyond, machineLine, tableOf, type Figure } from './report.js';
import { spawnFlatness, spawnRoundTrip } from './spawn.js';
import { takeover, takeoverByFlag } from './takeover.js';

const started = performance.now();
const say = (text: string): void => console.error(`  … ${text.padEnd(40)} ${((performance.now() - started) / 1000).toFixed(0)}s`);

/** Hundreds of noes, which are what is measured here, stop no team. */
const PATIENT = policyWith('team-policy', ['suspension', 'rejections', 'answers'], 10_000);

async function bench(stack: LocalStack): Promise<{ report: string; broken: string[] }> {
  const client = new pg.Client({ connectionString: stack.databaseUrl });
  await client.connect();
  await using database = await BenchDatabase.create(stack);
  await using raw = await RawLimits.start(database.url);
  try {
    const figures = await measure(stack, client, database, raw);
    const { rows } = await client.query<{ version: string; fsync: string }>(`select split_part(current_setting('server_version'), ' ', 1) as version, current_setting('fsync') as fsync`);
    const report = `\n${machineLine(`${rows[0]!.version} (fsync ${rows[0]!.fsync})`, raw.natsVersion)}\n\n${tableOf(figures)}`;
    return { report, broken: beyond(figures) };
  } finally {
    await client.end();
  }
}

async function measure(stack: LocalStack, client: pg.Client, database: BenchDatabase, raw: RawLimits): Promise<Figure[]> {
  say('a real goal, to copy from');
  const teamId = await stack.activeTeam('asha', 'production'); // its budget is large enough for the spawns of the bench
  await client.query(PATIENT);
  const goal = await submitGoal(stack, teamId, sampleRepository(), 'Bench');
  const approval = await waitingApproval(stack, goal);
  const original: Original = { teamId, goalId: goal.id };
  say('first visits of a phone'); // first: what is left of a hundred goals would be measured with them
  const visits = await firstVisits(stack, approval.id);
  say('governed writes');
  const writes = await governedWrite(database, raw);
  say('spawns');
  const spawns = await spawnRoundTrip(stack, client, original, raw);
  say('delegation');
  const hop = await delegationHop(stack, client, original, raw);
  say('goals at twenty a second');
  const coordinated = await coordinationLatency(stack, client, original, raw);
  say('decisions');
  const decided = await decisions(stack, client, original, approval.id, raw);
  say('reads');
  const read = await reads(stack, approval.id, original, raw);
  say('takeovers');
  const taken = [await takeover(stack, client, raw), await takeoverByFlag(stack, client, raw)];
  say('spawns in a crowd'); // last: the thousand teams stay
  const flat = await spawnFlatness(stack, client, original, raw);
  return [...writes, spawns, hop, coordinated, ...visits, ...decided, read, ...taken, ...flat];
}

async function run(): Promise<void> {
  say('the stack');
  const stack = await LocalStack.start();
  const stop = (): void => void stack.close().finally(() => process.exit(130));
  process.once('SIGINT', stop).once('SIGTERM', stop);
  try {
    const { report, broken } = await bench(stack);
    console.log(report);
    for (const line of broken) console.error(`  ✗ ${line}`);
    if (broken.length > 0) process.exitCode = 1;
  } finally {
    process.off('SIGINT', stop).off('SIGTERM', stop);
    await stack.close();
  }
}

await run();
