import { setTimeout as sleep } from 'node:timers/promises';
import { isRunning } from '../../../../scripts/lib/process-lock.mjs';
import { say } from '../../../../scripts/lib/report.mjs';
import { homeOf, type Home } from '../stack/home.js';
import { endLeftovers, runningStack, signal } from '../stack/record.js';
import { EXIT, type Command } from './command.js';

const DRAIN_MS = 30_000;
const POLL_MS = 50;

export const down: Command = {
  usage: '',
  summary: 'end the local stack',
  async run(call) {
    const ended = await endStack(homeOf(call.global.home));
    if (call.global.json) console.log(JSON.stringify({ ended }));
    else say(ended ? '  the stack has ended' : '  no stack is running here');
    return EXIT.done;
  },
};

/** Drains the stack of this home and ends what a killed one left. Holds on return: none of its processes runs. */
export async function endStack(home: Home): Promise<boolean> {
  const running = runningStack(home);
  if (running) {
    signal(running.supervisor, 'SIGTERM');
    for (const deadline = Date.now() + DRAIN_MS; isRunning(running.supervisor) && Date.now() < deadline; ) await sleep(POLL_MS);
    signal(running.supervisor, 'SIGKILL');
    while (isRunning(running.supervisor)) await sleep(POLL_MS);
  }
  const left = await endLeftovers(home);
  return running !== undefined || left.length > 0;
}
