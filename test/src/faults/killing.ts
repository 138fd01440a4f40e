import type { VerifyReport } from '@countersign/audit';
import { until, type LocalStack } from '@countersign/testing';
import { expect } from 'expect';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { startOf } from '../../../scripts/lib/process-lock.mjs';
import { approve, bindDevice, submitGoal, untilGoal, waitingApproval, type SubmittedGoal } from '../stack/goals.js';
import { sampleRepository, type SampleRepository } from '../stack/sample-repository.js';
import { HANDS, inHand, lookAtHands, STEPS, stepsOf, VICTIMS, type Step, type Victim } from './hands.js';

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

/** The notary signs every second; an export is two command lines. */
const EXPORT_EVERY_MS = 2_000;

/** Two on each goal's way: a third could use up the attempts that a round allows. */
const STRIKES_PER_GOAL = 2;

/** This many deaths, every victim in turn, in an order and at steps that the seed chooses; the two of one goal come at different steps. */
export function planOf(seed: number, deaths: number = VICTIMS.length): Strike[][] {
  const next = random(seed);
  const turns = Array.from({ length: Math.ceil(deaths / VICTIMS.length) }, () => VICTIMS.map((victim) => ({ victim, order: next() })).sort((a, b) => a.order - b.order));
  const victims = turns.reduce<Victim[]>((before, turn) => [...before, ...apart(before.at(-1), turn.map(({ victim }) => victim))], []).slice(0, deaths);
  return Array.from({ length: Math.ceil(deaths / STRIKES_PER_GOAL) }, (_, goal) => strikesOf(victims.slice(goal * STRIKES_PER_GOAL, (goal + 1) * STRIKES_PER_GOAL), next));
}

/** A turn after a victim: who can die at one step only cannot die twice on one goal's way. */
function apart(last: Victim | undefined, [first, ...rest]: readonly Victim[]): Victim[] {
  return first === last && stepsOf(first!).length === 1 ? [...rest, first!] : [first!, ...rest];
}

/** A step for each; drawn again where an earlier one has taken the only step of a later one. */
function strikesOf(victims: readonly Victim[], next: () => number): Strike[] {
  const taken = new Set<Step>();
  const strikes = victims.map((victim) => {
    const steps = stepsOf(victim).filter((each) => !taken.has(each));
    const step = steps[Math.floor(next() * steps.length)];
    if (step !== undefined) taken.add(step);
    return { victim, step };
  });
  return strikes.every((strike): strike is Strike => strike.step !== undefined) ? strikes : strikesOf(victims, next);
}

export const wordsOf = (strikes: readonly Strike[]): string =>
  inOrder(strikes).map(({ victim, step }) => `${victim} at "${step}" with ${inHand(victim, step)}`).join(', then ');

const inOrder = (strikes: readonly Strike[]): Strike[] => [...strikes].sort((a, b) => STEPS.indexOf(a.step) - STEPS.indexOf(b.step));

/** One goal from submission to push, with `kill -9` on its way: it is done in the end, pushed once, and no worker is left. */
export async function finishesDespite(stack: LocalStack, team: string, strikes: readonly Strike[]): Promise<void> {
  const repository = sampleRepository();
  const way = new Way(stack, repository, strikes);
  try {
    const goal = await way.submit(team);
    for (const step of ['working', 'reviewing', 'proposed'] as const) await way.pass(step, goal);
    await way.decide(goal);
    await way.pass('pushing', goal);
    const done = await untilGoal(stack, goal, 'done');
    expect(done.effect?.state).toBe('executed');
    expect(repository.pushes().filter((line) => line.includes(goal.branch))).toHaveLength(1);
    expect(way.deaths).toEqual(inOrder(strikes));
    expect(await leftOverWorkers(stack)).toEqual([]);
  } finally {
    repository.letPushes();
  }
}

/** A goal's way, on which victims die with work in hand. */
class Way {
  readonly deaths: Strike[] = [];

  constructor(
    private readonly stack: LocalStack,
    private readonly repository: SampleRepository,
    private readonly strikes: readonly Strike[],
  ) {}

  async submit(team: string): Promise<SubmittedGoal> {
    await bindDevice(this.stack); // an executor that is held later could not confirm it
    await this.seize('starting', undefined);
    const goal = await submitGoal(this.stack, team, this.repository);
    await this.kill('starting', goal);
    return goal;
  }

  async decide(goal: SubmittedGoal): Promise<void> {
    const approval = await waitingApproval(this.stack, goal);
    if (this.dieAt('pushing').length > 0) this.repository.holdPushes();
    await this.seize('approved', goal);
    await until('decision', async () => (await approve(this.stack, approval.id)) !== undefined);
    await this.kill('approved', goal);
  }

  async pass(step: Step, goal: SubmittedGoal): Promise<void> {
    await this.seize(step, goal);
    await this.kill(step, goal);
  }

  private dieAt(step: Step): Victim[] {
    return this.strikes.filter((each) => each.step === step).map(({ victim }) => victim);
  }

  /** Holds who dies at this step still, so that it cannot finish what it has. Postgres is not held: nobody could look at it then. */
  private async seize(step: Step, goal: SubmittedGoal | undefined): Promise<void> {
    for (const victim of this.dieAt(step)) {
      const part = partOf(victim);
      do {
        await until(`${victim} runs at "${step}"`, async () => startOf(this.stack.pidOf(part)) !== undefined && (await this.isDue(victim, step, goal)));
        if (victim !== 'postgres') this.stack.signal(part, 'SIGSTOP');
      } while (await this.letGoUnless(victim, this.isDue(victim, step, goal)));
    }
  }

  /** Whether this is the moment; a push has arrived at the remote then. */
  private async isDue(victim: Victim, step: Step, goal: SubmittedGoal | undefined): Promise<boolean> {
    if (goal === undefined) return true;
    return (step !== 'pushing' || this.repository.holdsPush()) && HANDS[victim][step]!.seize(await lookAtHands(this.stack, goal));
  }

  /** It was faster than the signal: it goes on, and is looked at again. */
  private async letGoUnless(victim: Victim, isDue: Promise<boolean>): Promise<boolean> {
    if (victim === 'postgres' || (await isDue)) return false;
    this.stack.signal(partOf(victim), 'SIGCONT');
    return true;
  }

  /** Waits until it has something in hand, kills it, and looks once more while nobody can have taken its place. */
  private async kill(step: Step, goal: SubmittedGoal): Promise<void> {
    for (const victim of this.dieAt(step)) {
      const { has } = HANDS[victim][step]!;
      const hasWork = async (): Promise<boolean> => (await lookAtHands(this.stack, goal))[has] > 0;
      await until(`${victim} has ${inHand(victim, step)}`, hasWork);
      await this.stack.withoutRestarts(async () => {
        await killed(this.stack, victim);
        expect([victim, victim === 'postgres' || (await hasWork())]).toEqual([victim, true]);
      });
      if (step === 'pushing') this.repository.letPushes();
      this.deaths.push({ victim, step });
    }
  }
}

const partOf = (victim: Victim): string => (victim === 'nats and its store' ? 'nats' : victim);

/** Returns when it is dead, and with it, where that is asked for, all it had stored: a server that had opened a half-deleted store could live on from its memory. */
async function killed(stack: LocalStack, victim: Victim): Promise<void> {
  const pid = stack.pidOf(partOf(victim));
  stack.signal(partOf(victim), 'SIGKILL');
  await until(`${victim} is dead`, () => startOf(pid) === undefined);
  if (victim !== 'nats and its store') return;
  rmSync(join(stack.home, 'js'), { recursive: true });
}

/** The team's chain, signed to its end, exported and checked without the stack. */
export async function leavesVerifiableChain(stack: LocalStack, team: string): Promise<void> {
  const file = join(stack.home, 'export.ndjson');
  const report = await until('the chain is signed to its end', async () => {
    await stack.cli('audit', 'export', '--team', team, '--out', file);
    const verified = await stack.json<VerifyReport>('audit', 'verify', file);
    return verified.coveredSize === verified.entries && verified;
  }, undefined, EXPORT_EVERY_MS);
  expect(report).toMatchObject({ ok: true, findings: [] });
}

/** Sandboxes of this stack's fleet that run although no run is open. */
async function leftOverWorkers(stack: LocalStack): Promise<string[]> {
  const workspaces = join(stack.home, 'fleet', 'work');
  return until('no worker left', () => {
    const lines = readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map((pid) => `${pid} ${commandOf(pid)}`);
    const found = lines.filter((line) => line.includes(workspaces));
    return found.length === 0 && found;
  });
}

/** What a process was started with (proc(5)); empty when it has ended. */
function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch (error) {
    if (['ENOENT', 'ESRCH', 'EACCES'].includes((error as NodeJS.ErrnoException).code ?? '')) return '';
    throw error;
  }
}
