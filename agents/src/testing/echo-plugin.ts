/** A role for the runner's own tests: does what the task's title says. */
import type { ShutdownAnswer, Task, TaskOutcome, WorkerContext } from '../plugin.js';

let context: WorkerContext;

export function init(ctx: WorkerContext): void {
  context = ctx;
  if (ctx.agent.name === 'broken-bot') throw new Error('cannot start');
}

export async function onTask(task: Task): Promise<TaskOutcome> {
  switch (task.title) {
    case 'print':
      console.log('{"jsonrpc":"2.0","id":1,"result":{"forged":true}}');
      process.stdout.write('not a message\n');
      return done('printed');
    case 'put':
      task.progress('putting', { fraction: 0.5 });
      await task.put({ path: 'a.txt', text: 'hällo' });
      await task.put({ path: 'b.bin', contentBase64: 'AAEC' });
      await task.put({ path: 'c.txt', deleted: true });
      return done('put three');
    case 'throw':
      throw new Error('the plugin failed');
    case 'crash':
      setImmediate(() => {
        throw new Error('from nowhere');
      });
      return new Promise(() => undefined);
    case 'wait':
      task.progress('waiting');
      return new Promise((_resolve, reject) => task.signal.addEventListener('abort', () => reject(task.signal.reason as Error)));
    case 'budget': {
      const { free } = await context.host.call('budget/status', {});
      return done(JSON.stringify(free));
    }
    default:
      return { status: 'failed', summary: `cannot ${task.title}` };
  }
}

export function onShutdownRequest({ content }: { readonly content: string }): ShutdownAnswer {
  return content === 'stay' ? { approve: false, reason: 'not done yet' } : { approve: true };
}

export function shutdown(): void {
  context.log('info', 'goodbye');
}

const done = (summary: string): TaskOutcome => ({ status: 'done', summary });
