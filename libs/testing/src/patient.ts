import { CommandClient, type Bus } from '@countersign/bus';
import { setTimeout as sleep } from 'node:timers/promises';

/** Finds what hangs; a machine that is busy with other tests is not to be mistaken for it. */
const LIMIT_MS = 120_000;
const AGAIN_MS = 500;

/** "Try again in a moment" is what a busy machine is told: the same request comes again, under its key where it changes something, so it is done once. */
export async function patiently<T extends { readonly status: number }>(ask: () => Promise<T>): Promise<T> {
  const deadline = performance.now() + LIMIT_MS;
  for (;;) {
    const answer = await ask();
    if (answer.status !== 503 || performance.now() > deadline) return answer;
    await sleep(AGAIN_MS);
  }
}

/** Asks as services do, where nothing is tried of how soon an answer comes. */
export const patientClient = (bus: Bus): CommandClient => new CommandClient(bus, LIMIT_MS);
