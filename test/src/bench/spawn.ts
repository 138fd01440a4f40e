import { Bus, CommandClient } from '@countersign/bus';
import { endInstance, RunId, spawn, type TaskId, type TeamId } from '@countersign/contracts';
import type { LocalStack } from '@countersign/testing';
import type pg from 'pg';
import { copyTasks, type Original } from '../stack/copies.js';
import { copyTeams, givePast, tasksOf } from './crowd.js';
import type { RawLimits } from './raw-limits.js';
import { latency, type Figure } from './report.js';
import { timed } from './sample.js';
import { join } from 'node:path';

const GOALS = 5;
/** Below the policy's 36 instances of one goal. */
const PER_GOAL = 30;
const WARM_UP = 30;
const ISOLATED = 4;
const FEW_INSTANCES = 10;
const MANY_INSTANCES = 10_000;
const FEW_TEAMS = 10;
const MANY_TEAMS = 1_000;

/** One task of one team. */
interface Work {
  readonly teamId: string;
  readonly taskId: string;
}

/** The gate as the fleet asks it. */
class Asker implements AsyncDisposable {
  private constructor(
    private readonly bus: Bus,
    private readonly commands: CommandClient,
  ) {}

  static async connect(stack: LocalStack): Promise<Asker> {
    const bus = await Bus.connect({ url: stack.natsUrl, credsFile: join(stack.home, 'keys', 'fleet.nats.creds'), user: 'fleet' });
    return new Asker(bus, new CommandClient(bus));
  }

  /** The gate's answer: judged, budget held, instance and entry written, in milliseconds. The instance ends again, outside the timing. */
  async spawned(work: Work): Promise<number> {
    const teamId = work.teamId as TeamId;
    const request = { teamId, taskId: work.taskId as TaskId, runId: RunId.next(), sandboxLevel: ISOLATED };
    const start = performance.now();
    const reply = await this.commands.request(spawn, request);
    const ms = performance.now() - start;
    if (!reply.allowed || !reply.instanceId) throw new Error(`the gate said no: ${reply.code} ${reply.reason ?? ''}`);
    await this.commands.request(endInstance, { teamId, instanceId: reply.instanceId, status: 'completed', reason: 'bench', drawn: {} });
    return ms;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.bus.close();
  }
}

/** Two things measured in turns, so that both meet the same machine; the first ones warm up. */
async function inTurns(count: number, ours: (index: number) => Promise<number>, other: (index: number) => Promise<number>): Promise<[number[], number[]]> {
  const pairs: [number, number][] = [];
  for (let index = 0; index < count; index++) pairs.push([await ours(index), await other(index)]);
  const counted = pairs.slice(WARM_UP);
  return [counted.map(([one]) => one), counted.map(([, two]) => two)];
}

const finish = (client: pg.Client, tasks: readonly string[]): Promise<unknown> => client.query(`update app.goal set state = 'cancelled', finished_at = clock_timestamp() where id in (select goal_id from app.task where id = any ($1::uuid[]))`, [tasks]);

/** What the fleet waits for, beside the least that answers. */
export async function spawnRoundTrip(stack: LocalStack, client: pg.Client, original: Original, raw: RawLimits): Promise<Figure> {
  const tasks = await copyTasks(client, original, GOALS, PER_GOAL);
  await using gate = await Asker.connect(stack);
  const [ours, bare] = await inTurns(tasks.length, (index) => gate.spawned({ teamId: original.teamId, taskId: tasks[index]! }), () => timed(raw.request));
  await finish(client, tasks);
  return latency('spawn round trip over NATS', 'request-reply on a plain nats-server with one row committed before the reply', ours, bare, { timesRaw: 4 });
}

/** Whether a spawn stays what it costs when a team has much behind it, and when there are many teams. */
export async function spawnFlatness(stack: LocalStack, client: pg.Client, original: Original, raw: RawLimits): Promise<Figure[]> {
  await using gate = await Asker.connect(stack);
  const teams = await copyTeams(client, original, FEW_TEAMS);
  const [young, old] = teams as [string, string, ...string[]];
  await givePast(client, original, young, FEW_INSTANCES);
  await givePast(client, original, old, MANY_INSTANCES);
  const work = async (team: string): Promise<Work[]> => (await tasksOf(client, original, team, GOALS, PER_GOAL)).map((taskId) => ({ teamId: team, taskId }));
  const [ofYoung, ofOld] = [await work(young), await work(old)];
  const [afterMany, afterFew] = await inTurns(ofOld.length, (index) => gate.spawned(ofOld[index]!), (index) => gate.spawned(ofYoung[index]!));
  const history = latency(`spawn after ${MANY_INSTANCES} instances`, `the same, in turns, in a team that had ${FEW_INSTANCES}`, afterMany, afterFew);

  const alone = async (): Promise<number[]> => {
    const tasks = await work(young);
    const [ours] = await inTurns(tasks.length, (index) => gate.spawned(tasks[index]!), () => timed(raw.request));
    return ours;
  };
  const few = await alone();
  await copyTeams(client, original, MANY_TEAMS - FEW_TEAMS);
  await client.query('analyze app.team, app.member, app.instance, app.budget');
  const many = await alone();
  await finish(client, [...ofYoung, ...ofOld].map(({ taskId }) => taskId));
  return [history, latency(`spawn among ${MANY_TEAMS} teams`, `the same, just before, among ${FEW_TEAMS}`, many, few)];
}
