import { paint, say, SetupError } from '../../../../scripts/lib/report.mjs';
import type { StackRecord } from '../stack/record.js';
import { isSandbox, sandboxUse, sandboxWarning, type SandboxUse } from '../stack/sandbox.js';
import { textFlag, UsageError, type Call, type Options } from './command.js';

/** For every command that starts a stack. */
export const SANDBOX_OPTION = { sandbox: { type: 'string' } } as const satisfies Options;
export const SANDBOX_USAGE = '[--sandbox strict|process|none]';

export function readSandbox(call: Call, env: NodeJS.ProcessEnv = process.env): SandboxUse {
  const asked = textFlag(call, 'sandbox');
  if (asked !== undefined && !isSandbox(asked)) throw new UsageError(`--sandbox is one of strict, process, none, not "${asked}"`);
  const use = sandboxUse(asked, env);
  if (use.chosen && env.NODE_ENV === 'production') throw new UsageError('--sandbox is not for production', 'there the spawn policy says what is enough: minimum_sandbox');
  return use;
}

/** In red, before anything runs. */
export function warnOfSandbox(use: SandboxUse): void {
  const warning = sandboxWarning(use);
  if (warning) say(`  ${paint(31, warning)}\n`);
}

/** A stack that runs already was started with a choice of its own. */
export function requireSameSandbox(call: Call, running: StackRecord): void {
  if (textFlag(call, 'sandbox') === undefined || readSandbox(call).product === running.sandbox.product) return;
  throw new SetupError(`a stack is running with the sandbox "${running.sandbox.product}"`, { hint: 'end it with `countersign down`, then start it with the other one' });
}
