import { expect } from 'expect';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { approve, goalStatus, submitGoal, untilGoal, waitingApproval, type SubmittedGoal } from '../stack/goals.js';
import { LocalStack, until } from '../stack/local-stack.js';
import { sampleRepository } from '../stack/sample-repository.js';

/** Moments of a goal's way, each seen in rows that anyone may read. */
const STEPS = ['submitted', 'working', 'reviewing', 'proposed', 'approved'] as const;
type Step = (typeof STEPS)[number];

/** A small generator from a seed (mulberry32), so that a failing run can be had again. */
function random(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const SEED = Number(process.env['COUNTERSIGN_TEST_SEED'] ?? 7);
const VICTIMS = ['executor', 'fleet', 'manager-agent', 'gateway', 'spawn-gate', 'nats', 'postgres', 'nats and its store'] as const;

describe(`kill -9 in the flow (seed ${SEED})`, () => {
  const next = random(SEED);
  let stack: LocalStack;
  let team: string;

  before(async () => {
    stack = await LocalStack.start();
    team = await stack.activeTeam();
  });
  after(() => stack[Symbol.asyncDispose]());

  async function reach(step: Step, submitted: SubmittedGoal): Promise<void> {
    if (step === 'submitted') return;
    await until(step, async () => {
      const goal = await goalStatus(stack, submitted);
      if (step === 'working') return goal.tasks.some(({ run }) => run?.state === 'running') || goal.state !== 'running';
      if (step === 'reviewing') return goal.tasks.some(({ state }) => state === 'review' || state === 'done') || goal.state !== 'running';
      return goal.approval?.state === 'pending' || goal.approval?.state === 'approved';
    });
  }

  function strike(victim: (typeof VICTIMS)[number]): void {
    if (victim !== 'nats and its store') return stack.kill9(victim);
    stack.kill9('nats');
    rmSync(join(stack.home, 'js'), { recursive: true, force: true });
  }

  for (const victim of VICTIMS) {
    const step = STEPS[Math.floor(next() * STEPS.length)]!;
    it(`finishes the goal when ${victim} dies at "${step}", and pushes once`, async () => {
      const repository = sampleRepository();
      const goal = await submitGoal(stack, team, repository);
      if (step !== 'approved') {
        await reach(step, goal);
        strike(victim);
      }
      const approval = await waitingApproval(stack, goal);
      await until('decision', async () => (await approve(stack, approval.id)) !== undefined);
      if (step === 'approved') strike(victim);
      const done = await untilGoal(stack, goal, 'done');
      expect(done.effect?.state).toBe('executed');
      expect(repository.pushes().filter((line) => line.includes(goal.branch))).toHaveLength(1);
      expect(await leftOverWorkers(stack)).toEqual([]);
    });
  }

  it('leaves a chain that anyone can verify', async () => {
    const file = join(stack.home, 'export.ndjson');
    const exported = await until('export', async () => {
      const result = await stack.cli('audit', 'export', '--team', team, '--out', file);
      return result.code === 0 && result;
    });
    expect(exported.code).toBe(0);
    const verified = await stack.cli('audit', 'verify', file);
    expect([verified.code, verified.stderr]).toEqual([0, expect.anything()]);
  });
});

/** Sandboxes of this stack's fleet that run although no run is open. */
async function leftOverWorkers(stack: LocalStack): Promise<string[]> {
  return until('no worker left', () => {
    const found = readdirSync('/proc').filter((pid) => /^\d+$/.test(pid)).flatMap((pid) => {
      try {
        const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
        return line.includes(join(stack.home, 'fleet', 'work')) ? [`${pid} ${line}`] : [];
      } catch (error) {
        if (['ENOENT', 'ESRCH', 'EACCES'].includes((error as NodeJS.ErrnoException).code ?? '')) return []; // it has just ended
        throw error;
      }
    });
    return Promise.resolve(found.length === 0 && found);
  }, 10_000);
}
