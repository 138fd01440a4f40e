import { expect } from 'expect';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { approve, goalStatus, submitGoal, untilGoal, waitingApproval, type SubmittedGoal } from '../stack/goals.js';
import { until, type LocalStack } from '@countersign/testing';
import { sampleRepository } from '../stack/sample-repository.js';

/** Every process and broker of a stack, and the broker together with all it had stored. */
export const VICTIMS = ['executor', 'fleet', 'manager-agent', 'gateway', 'spawn-gate', 'nats', 'postgres', 'nats and its store'] as const;
export type Victim = (typeof VICTIMS)[number];

/** Moments of a goal's way in their order, each seen in rows that anyone may read. */
export const STEPS = ['submitted', 'working', 'reviewing', 'proposed', 'approved'] as const;
export type Step = (typeof STEPS)[number];

/** Who dies when. */
export interface Strike {
  readonly victim: Victim;
  readonly step: Step;
}

/** A small generator from a seed (mulberry32), so that a failing run can be had again. */
export function random(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

export const oneOf = <T>(choices: readonly T[], next: () => number): T => choices[Math.floor(next() * choices.length)]!;

/** One goal from submission to push, with `kill -9` on its way: it is done in the end, pushed once, and no worker is left. */
export async function finishesDespite(stack: LocalStack, team: string, strikes: readonly Strike[]): Promise<void> {
  const repository = sampleRepository();
  const goal = await submitGoal(stack, team, repository);
  for (const step of STEPS.slice(0, -1)) {
    const due = strikes.filter((each) => each.step === step);
    if (due.length > 0) await reach(stack, step, goal);
    for (const { victim } of due) await strike(stack, victim);
  }
  const approval = await waitingApproval(stack, goal);
  await until('decision', async () => (await approve(stack, approval.id)) !== undefined);
  for (const { victim } of strikes.filter(({ step }) => step === 'approved')) await strike(stack, victim);
  const done = await untilGoal(stack, goal, 'done');
  expect(done.effect?.state).toBe('executed');
  expect(repository.pushes().filter((line) => line.includes(goal.branch))).toHaveLength(1);
  expect(await leftOverWorkers(stack)).toEqual([]);
}

async function reach(stack: LocalStack, step: Step, submitted: SubmittedGoal): Promise<void> {
  if (step === 'submitted') return;
  await until(step, async () => {
    const goal = await goalStatus(stack, submitted);
    if (step === 'working') return goal.tasks.some(({ run }) => run?.state === 'running') || goal.state !== 'running';
    if (step === 'reviewing') return goal.tasks.some(({ state }) => state === 'review' || state === 'done') || goal.state !== 'running';
    return goal.approval?.state === 'pending' || goal.approval?.state === 'approved';
  });
}

/** A part that died just before is killed as soon as it runs again. */
async function strike(stack: LocalStack, victim: Victim): Promise<void> {
  const part = victim === 'nats and its store' ? 'nats' : victim;
  await until(`${part} runs`, () => Promise.resolve(isRunning(stack.pidOf(part))));
  if (victim === 'nats and its store') await stack.withoutRestarts(() => killWithStore(stack));
  else stack.signal(part, 'SIGKILL');
}

/** Everything stored is gone before the next server looks: one that had opened a half-deleted store could live on from its memory. */
async function killWithStore(stack: LocalStack): Promise<void> {
  const pid = stack.pidOf('nats');
  stack.signal('nats', 'SIGKILL');
  await until('nats is dead', () => Promise.resolve(!isRunning(pid)));
  const store = join(stack.home, 'js'); // the folder itself is the stack's, made for the server's own user
  for (const name of readdirSync(store)) rmSync(join(store, name), { recursive: true });
}

/** False also for a dead process that nobody has waited for yet. */
function isRunning(pid: number): boolean {
  const stat = procFile(pid, 'stat');
  return stat !== undefined && !/^[ZX]/.test(stat.slice(stat.lastIndexOf(')') + 2));
}

/** The team's chain, exported and checked without the stack. */
export async function leavesVerifiableChain(stack: LocalStack, team: string): Promise<void> {
  const file = join(stack.home, 'export.ndjson');
  await until('export', async () => (await stack.cli('audit', 'export', '--team', team, '--out', file)).code === 0);
  const verified = await stack.cli('audit', 'verify', file);
  expect([verified.code, verified.stderr]).toEqual([0, expect.anything()]);
}

/** Sandboxes of this stack's fleet that run although no run is open. */
async function leftOverWorkers(stack: LocalStack): Promise<string[]> {
  const workspaces = join(stack.home, 'fleet', 'work');
  return until('no worker left', () => {
    const lines = readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map((pid) => `${pid} ${procFile(Number(pid), 'cmdline')?.replaceAll('\0', ' ') ?? ''}`);
    const found = lines.filter((line) => line.includes(workspaces));
    return Promise.resolve(found.length === 0 && found);
  }, 10_000);
}

/** A file of a process below /proc (proc(5)); undefined when it has ended. */
function procFile(pid: number, name: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'utf8');
  } catch (error) {
    if (['ENOENT', 'ESRCH', 'EACCES'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}
