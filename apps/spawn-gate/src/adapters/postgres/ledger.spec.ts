import { after, before, describe, it } from 'node:test';
import { BUDGET_UNITS, type Amounts, type InstanceId } from '@countersign/contracts';
import { expect } from 'expect';
import fc from 'fast-check';
import { setTimeout as sleep } from 'node:timers/promises';
import { desksOn } from '../../testing/desks.js';
import { GateBench, shippedBundle, type BenchTeam } from '../../testing/gate-bench.js';
import { MILESTONES, stoppingAt, type Milestone } from '../../testing/stopping.js';

let gate: GateBench;
before(async () => {
  gate = await GateBench.open();
});
after(() => gate.close());

const CAP = 500_000; // $0.50 in micro-dollars

interface Caller {
  readonly team: BenchTeam;
  readonly instanceId: InstanceId;
  /** What one call wants at most, needs at least and really uses. */
  readonly wanted: Amounts;
  readonly least: Amounts;
  use(granted: Amounts): Amounts;
}

/** Makes one call after the other until there is nothing left to make one with; where it is told to wait, it asks again when another call has ended. */
async function callUntilTheEnd({ team: { teamId }, instanceId, wanted, least, use }: Caller, waiting: (() => void)[]): Promise<void> {
  for (;;) {
    const callId = crypto.randomUUID();
    const reply = await gate.meter.reserve({ teamId, instanceId, callId, amounts: wanted, least });
    if (reply.code === 'wait') await Promise.race([new Promise<void>((wake) => waiting.push(wake)), sleep(1_000)]);
    else if (!reply.granted) return waiting.forEach((wake) => wake());
    else {
      await gate.meter.settle({ teamId, instanceId, callId, amounts: use(reply.amounts!), usageSource: 'provider' });
      for (const wake of waiting.splice(0, 2)) wake();
    }
  }
}

const spentOf = async (account: Promise<Record<string, string>>, unit: string): Promise<number> => Number((await account)[unit]!.split('/')[2]);

describe('a cap', () => {
  it('is used to ninety-five percent by sixty-four callers at once, and never exceeded', async () => {
    const team = await gate.team();
    const { instanceId, slice } = await gate.worker(team);
    const cap = slice.usd_micros!;
    // each of sixty-four wants an eighth of all there is and uses half of what it gets: all or nothing, most would be refused at once
    const caller: Caller = { team, instanceId, wanted: { usd_micros: cap / 8 }, least: { usd_micros: cap / 40 }, use: ({ usd_micros }) => ({ usd_micros: Math.ceil(usd_micros! / 2) }) };
    const waiting: (() => void)[] = [];
    await Promise.all(Array.from({ length: 64 }, () => callUntilTheEnd(caller, waiting)));
    const spent = await spentOf(gate.account(team, instanceId), 'usd_micros');
    expect(spent).toBeLessThanOrEqual(cap);
    expect(spent).toBeGreaterThanOrEqual(cap * 0.95);
    expect(await gate.brokenAccounts()).toEqual([]);
  });

  it('of half a dollar holds against twenty agents at once', async () => {
    const bundle = shippedBundle();
    const budget = { usd: 0.05, tokens: 1_000, steps: 10, minutes: 1, toolCalls: 0 };
    await gate.publish({ ...bundle, id: 'half', members: bundle.members.map((member) => ({ ...member, budget })), budgets: { ...bundle.budgets, goal: { ...bundle.budgets.goal, usd: 0.5 } } });
    await gate.setPolicy({ max_agents: 100, max_concurrent: 100, max_live_children: 100, child_budget_percent_of_parent_remaining: 8 });
    const team = await gate.team(['certify', 'deploy'], { id: 'half' });
    const goalId = await gate.goal(team);
    const agents: InstanceId[] = [];
    for (let agent = 0; agent < 20; agent += 1) agents.push((await gate.worker(team, goalId)).instanceId);
    await Promise.all(agents.map((instanceId) => callUntilTheEnd({ team, instanceId, wanted: { usd_micros: 20_000 }, least: { usd_micros: 500 }, use: (granted) => granted }, [])));
    await gate.setPolicy({});
    const spent = await spentOf(gate.account(team, goalId), 'usd_micros');
    expect(spent).toBeLessThanOrEqual(CAP);
    expect(spent).toBeGreaterThan(CAP / 2);
    expect((await gate.account(team, goalId))['usd_micros']).toMatch(/^500000\//);
    expect(await gate.brokenAccounts()).toEqual([]);
  });
});

type Act = 'reserve' | 'settle' | 'settle again' | 'settle too much' | 'end' | 'spawn';
interface Step {
  readonly act: Act;
  readonly pick: number;
  readonly amount: number;
  /** Where this step dies, the first time it is tried. */
  readonly dies: Milestone | 'connection' | null;
}
const acts: fc.Arbitrary<Act> = fc.constantFrom('reserve', 'reserve', 'reserve', 'settle', 'settle', 'settle again', 'settle too much', 'end', 'spawn');
const steps = fc.array(fc.record({ act: acts, pick: fc.nat(), amount: fc.integer({ min: 1, max: 9_000 }), dies: fc.constantFrom(null, null, ...MILESTONES, 'connection' as const) }), { minLength: 5, maxLength: 14 });

/** One team whose instances reserve, settle and end while the gate dies at this step or that; what is done is tried until it is answered. */
class Scene {
  private readonly calls: { readonly instanceId: InstanceId; readonly callId: string; granted: Amounts }[] = [];
  private constructor(
    readonly team: BenchTeam,
    private readonly goalId: Awaited<ReturnType<GateBench['goal']>>,
    private readonly instances: InstanceId[],
  ) {}

  static async open(): Promise<Scene> {
    const team = await gate.team();
    const { instanceId, goalId } = await gate.worker(team);
    return new Scene(team, goalId, [instanceId]);
  }

  async play({ act, pick, amount, dies }: Step): Promise<void> {
    const { teamId } = this.team;
    const instanceId = this.instances[pick % this.instances.length]!;
    const call = this.calls.length === 0 ? undefined : this.calls[pick % this.calls.length]!;
    if (act === 'spawn') return void this.instances.push((await this.try(null, () => gate.worker(this.team, this.goalId))).instanceId); // connections may have died a step before
    if (act === 'end') return void await this.try(dies, (desks) => desks.endings.end({ teamId, instanceId, status: 'completed', reason: 'done', drawn: { steps: 1 } }));
    if (act === 'reserve') {
      const callId = crypto.randomUUID();
      const reply = await this.try(dies, (desks) => desks.meter.reserve({ teamId, instanceId, callId, amounts: { tokens: amount, usd_micros: amount }, least: { tokens: Math.ceil(amount / 3) } }));
      if (reply.granted) this.calls.push({ instanceId, callId, granted: reply.amounts! });
      return;
    }
    if (!call) return;
    const used = act === 'settle too much' ? (call.granted.tokens ?? 0) + amount : Math.min(amount, call.granted.tokens ?? 0);
    for (let time = act === 'settle again' ? 2 : 1; time > 0; time -= 1) {
      expect(await this.try(dies, (desks) => desks.meter.settle({ teamId, instanceId: call.instanceId, callId: call.callId, amounts: { tokens: used }, usageSource: 'estimate' }))).toMatchObject({ granted: true });
    }
  }

  private async try<T>(dies: Step['dies'], work: (desks: ReturnType<typeof desksOn>) => Promise<T>): Promise<T> {
    if (dies === 'connection') {
      const [first] = await Promise.allSettled([work(desksOn(stoppingAt(gate.database, () => undefined), gate.audit)), gate.db.admin(`select pg_terminate_backend(pid) from pg_stat_activity where usename = 'svc_spawn_gate' and datname = current_database()`)]);
      if (first.status === 'fulfilled') return first.value;
    } else if (dies !== null && dies !== 'sending') {
      const stopped = new Error('the gate is gone');
      const dying = desksOn(stoppingAt(gate.database, (milestone) => {
        if (milestone === dies) throw stopped;
      }), gate.audit);
      await expect(work(dying)).rejects.toBeDefined();
    }
    for (;;) {
      try {
        return await work(gate);
      } catch (error) {
        if (!(error as { retryable?: boolean }).retryable) throw error;
      }
    }
  }
}

describe('the ledger', () => {
  // a script may start more than the shipped policy lets run at once
  before(() => gate.setPolicy({ max_agents: 100, max_concurrent: 100, max_live_children: 100 }));
  after(() => gate.setPolicy({}));

  it('keeps spent + held + free = granted at every node and books every call once, whatever dies in between', async () => {
    await fc.assert(fc.asyncProperty(steps, async (script) => {
      const scene = await Scene.open();
      for (const step of script) {
        await scene.play(step);
        expect(await gate.brokenAccounts()).toEqual([]);
      }
      const sums = await gate.db.admin<{ kind: string; unit: string; spent: number; booked: number }>(
        `select b.kind, b.unit, b.spent, (select coalesce(sum((e.amounts ->> b.unit)::bigint), 0)::bigint from app.budget_entry e where e.team_id = b.team_id and e.kind in ('settle', 'draw')) as booked from app.budget b where b.team_id = $1 and b.kind = 'team'`,
        [scene.team.teamId],
      );
      expect(sums.map(({ unit }) => unit).sort()).toEqual([...BUDGET_UNITS].sort());
      for (const { spent, booked } of sums) expect(spent).toBe(booked);
    }), { numRuns: 8 });
  });
});
